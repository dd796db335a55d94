package main

import (
	"fmt"
	"strings"
	"time"

	"countersign/pkg/standin"
)

// leastShare is what a package must take to have a line of its own.
const leastShare = 40 * time.Microsecond

// coldTitle begins the section, which is the last one.
const coldTitle = "\n## Cold start of the functions\n"

// coldReport is the section about cold starts. The first of all is what the others
// are compared with.
func coldReport(all []*start) string {
	var b strings.Builder
	p := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	b.WriteString(coldTitle)
	p("")
	p("The binaries that are deployed (`%s`), but for this processor, under a stand-in for Lambda's", strings.Join(standin.BuildFlags, " "))
	p("Runtime API: from the start of the process until it asks for its first event, and until its first answer is there. Medians")
	p("of %d starts each, one function after the other in each round, as multiples of hello, the least function that aws-lambda-go", coldRounds)
	p("can be; floor is hello with clients of the SDK for DynamoDB and SNS made by hand, and one UpdateItem. Secrets Manager and SNS")
	p("answer at once, DynamoDB with what an engine said to the same requests before, all on loopback without TLS: what is")
	p("measured is the functions' own work. Init and otp send a code, verify checks a right one, cognito defines a challenge (its")
	p("create waits a second on purpose), changes tells of a right code. Aim: at most so many times hello.")
	p("")
	p("| function | to the first next | x hello | to the first answer | x hello | aim | binary | zipped |")
	p("|---|--:|--:|--:|--:|--:|--:|--:|")
	for _, s := range all {
		p("| %s | %.2f ms | %.2f | %.2f ms | %.2f | %s | %.1f MB | %.1f MB |",
			s.name(), ms(s.Near.Next), ratio(s.Near.Next, all[0].Near.Next), ms(s.Near.Answer),
			ratio(s.Near.Answer, all[0].Near.Answer), s.Target, mb(s.Size), mb(s.Zip))
	}
	p("")
	p("%s.", machine())
	b.WriteString(farReport(all))
	p("")
	p("What packages do before main (`GODEBUG=inittrace=1`, medians of %d):", initRounds)
	p("")
	p("| function | package | time | allocated |")
	p("|---|---|--:|--:|")
	for _, s := range all {
		if s.Before || s.Function != "init" && s.Function != "verify" { // the others are between
			continue
		}
		rest := s.InitSum
		for _, i := range s.Inits {
			if i.Time >= leastShare {
				p("| %s | %s | %.2f ms | %.0f KB |", s.Function, i.Package, ms(i.Time), i.KB)
				rest -= i.Time
			}
		}
		p("| %s | %d others | %.2f ms | |", s.Function, len(s.Inits), ms(rest))
	}
	b.WriteString(tried)
	return b.String()
}

// farAims are the aims at a distance, in multiples of the floor.
var farAims = map[string]string{"init": "1.5", "verify": "1.3"}

// farReport is the table of starts with the services at a distance.
func farReport(all []*start) string {
	var b strings.Builder
	p := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	floor := all[1].Far
	p("")
	p("The same in the same rounds, but with all services behind TLS and %v for each round trip: the handshake of TCP takes", roundTrip)
	p("one, that of TLS 1.3 one, and each request one. The floor is the least that a function with a table can take there.")
	p("")
	p("| function | to the first next | to the first answer | x floor | aim |")
	p("|---|--:|--:|--:|--:|")
	for _, s := range all {
		if !s.answersFromAfar() {
			continue
		}
		aim := farAims[s.Function]
		if s.Before {
			aim = ""
		}
		p("| %s | %.2f ms | %.2f ms | %.2f | %s |",
			s.name(), ms(s.Far.Next), ms(s.Far.Answer), ratio(s.Far.Answer, floor.Answer), aim)
	}
	return b.String()
}

// name is the function, with its checkout where that is not this one.
func (s *start) name() string {
	if s.Before {
		return s.Function + ", before"
	}
	return s.Function
}

func ratio(a, b time.Duration) float64 { return float64(a) / float64(b) }

func mb(bytes int) float64 { return float64(bytes) / 1e6 }

// tried is what was done about it, with the figures of then.
const tried = `
What was tried (2026-11-22, medians of 60 starts in turn, as multiples of hello's 1.9 and 2.3 ms):

| | to the first next | to the first answer | binary |
|---|--:|--:|--:|
| init with the Go port of libphonenumber, which unpacks and parses all plans at package init | 6.5 | 7.0 | 20.0 MB |
| init with a copy of the port that does so at the first number | 3.3 | 6.6 | 20.0 MB |
| **init with the port's metadata as constants in pkg/phone/plan** | 2.4 | 3.7 | 10.7 MB |
| init, verify: the keyring fetched without the Secrets Manager SDK, a request of our own signed by the SDK's signer | 2.3, 2.2 | 3.7, 3.0 | 10.4, 9.6 MB |
| init, verify: dynamodb v1.68.0, secretsmanager v1.49.0 and (init) sns v1.45.0, from before the SDK's schemas | 2.2, 2.1 | 3.5, 2.8 | 10.2, 9.4 MB |
| init, verify: both of these | 1.9, 1.8 | 3.4, 2.7 | 10.0, 9.2 MB |
| verify: the keyring fetched while the first event is waited for already | 1.95 | 3.0 | 9.9 MB |
| init, verify: built without flags, as sam build does where GOFLAGS is not set | 2.7, 2.6 | 4.0, 3.3 | 23.4, 20.8 MB |

Kept: the third, which made half of init's cold start and of its package go away, and patterns that are compiled when they
are first needed (0.3 ms of init). Not kept: an own client of Secrets Manager (0.4 ms; and what is kept there is edited by the SDK),
older SDKs (0.5 ms, until something in them has to be mended), and a fetch that goes on behind the first next: on this machine it
moves 0.9 ms without a gain for whoever waits for the answer, and in Lambda (not measured) it would move work from the start, said to have a
whole processor, into the first invocation, which at 256 MB has a seventh of one (1,769 MB are one). Also looked at: another well-kept library (the
other Go ports are forks of this one; one made of generated tables, phonex, is not served by the module proxy), a build tag or
lazy loading in the port (v1.8.1 has neither, and no issue about it was found), a patch by go build -overlay (refused below the
module cache), and a read from the table while the keyring is fetched, to have its connection and code warm (no gain on
loopback; in AWS it would save a TLS handshake of the first answer, and is worth a measurement there).

Why the aims are missed: floor takes 1.5 and 1.8 already. To the first answer, verify makes one request more to the table
(0.3 ms), fetches the keyring (1.2 ms), parses an RSA key (0.2 ms) and signs with it (0.7 ms), which alone is 1.0 times hello;
init makes three more and one to SNS. What would be left to take away is the SDK itself, by a client of our own.
`
