package main

import (
	"fmt"
	"strings"
	"time"

	"countersign/pkg/standin"
)

// leastShare is the least time with which a package has a line of its own.
const leastShare = 40 * time.Microsecond

// coldTitle begins the section, which is the last one.
const coldTitle = "\n## Cold start of the functions\n"

// coldReport is the section about cold starts. All others are compared with the first function.
func coldReport(all []*start) string {
	var b strings.Builder
	p := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	b.WriteString(coldTitle)
	p("")
	p(
		"The binaries that are deployed (`%s`), but for this processor, under a stand-in for",
		strings.Join(standin.BuildFlags, " "),
	)
	b.WriteString(coldIntroduction)
	p("")
	p("Medians of %d starts each, one function after the other in each round.", coldRounds)
	p("")
	p("| function | to the first next | x hello | to the first answer | x hello | aim | binary | zipped |")
	p("|---|--:|--:|--:|--:|--:|--:|--:|")
	for _, s := range all {
		p("| %s | %.2f ms | %.2f | %.2f ms | %.2f | %s | %.1f MB | %.1f MB |",
			s.name(), ms(s.Near.Next()), ratio(s.Near.Next(), all[0].Near.Next()), ms(s.Near.Answer()),
			ratio(s.Near.Answer(), all[0].Near.Answer()), s.Target, mb(s.Size), mb(s.Zip))
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
		if s.Function != "init" && s.Function != "verify" { // the others are between
			continue
		}
		var all, rest share
		others := 0
		for _, i := range s.Inits {
			all.Time, all.KB = all.Time+i.Time, all.KB+i.KB
			if i.Time < leastShare || s.Before {
				rest.Time, rest.KB, others = rest.Time+i.Time, rest.KB+i.KB, others+1
				continue
			}
			p("| %s | %s | %.2f ms | %.0f KB |", s.Function, i.Package, ms(i.Time), i.KB)
		}
		if !s.Before {
			p("| %s | %d others | %.2f ms | %.0f KB |", s.Function, others, ms(rest.Time), rest.KB)
		}
		p("| %s | all %d | %.2f ms | %.0f KB |", s.name(), len(s.Inits), ms(all.Time), all.KB)
	}
	b.WriteString(tried)
	return b.String()
}

const coldIntroduction = `Lambda's Runtime API: from the start of the process until it asks for its first event, and
until its first answer is there. Times are also multiples of those of hello, the least function that
aws-lambda-go can be. Floor is hello with clients of the SDK for DynamoDB and SNS, and one UpdateItem.
Secrets Manager and SNS answer at once, and DynamoDB with the answers that an engine gave to the same
requests before, all on loopback without TLS: this is the functions' own work. Init and otp send a
code, verify checks a right one, cognito defines a challenge (its create waits a second on purpose),
changes puts the events of a right code. The aims are multiples of hello.
`

// farAims are the aims at a distance, in multiples of the floor.
var farAims = map[string]string{"init": "1.5", "verify": "1.3"}

// farReport is the table of starts with the services at a distance.
func farReport(all []*start) string {
	var b strings.Builder
	p := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	floor := all[1].Far
	p("")
	p("The same rounds with all services behind TLS, and %v for each round trip. The handshake of TCP takes", roundTrip)
	p("one, that of TLS 1.3 one, and each request one. The aims are multiples of the floor.")
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
			s.name(), ms(s.Far.Next()), ms(s.Far.Answer()), ratio(s.Far.Answer(), floor.Answer()), aim)
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

// tried has the variants that were measured, with the figures of their day.
const tried = `
Variants that were tried (2026-11-22, medians of 60 starts in turn, as multiples of hello's 1.9 and 2.3 ms):

| | to the first next | to the first answer | binary |
|---|--:|--:|--:|
| init with the Go port of libphonenumber, which unpacks and parses all plans at package init | 6.5 | 7.0 | 20.0 MB |
| init with a copy of the port that does so at the first number | 3.3 | 6.6 | 20.0 MB |
| **init with the port's metadata as constants in pkg/phone/plan** | 2.4 | 3.7 | 10.7 MB |
| init, verify: the keyring fetched without the Secrets Manager SDK | 2.3, 2.2 | 3.7, 3.0 | 10.4, 9.6 MB |
| init, verify: the SDK's modules from before its schemas (dynamodb v1.68.0) | 2.2, 2.1 | 3.5, 2.8 | 10.2, 9.4 MB |
| init, verify: both of these | 1.9, 1.8 | 3.4, 2.7 | 10.0, 9.2 MB |
| init, verify: built without flags, as sam build does where GOFLAGS is not set | 2.7, 2.6 | 4.0, 3.3 | 23.4, 20.8 MB |

Kept: the third, which halved the cold start and the package of init, and patterns that are compiled
when they are first needed (0.3 ms of init). Not kept: an own client of Secrets Manager (0.4 ms, and
edits of the keyring need the SDK), and older SDKs (0.5 ms, until something in them has to be mended).

What End User Messaging beside SNS, receipts, senders by country, autofill, test numbers and payments cost
(2026-11-27, medians of 100 starts in turn with the commit before them, c9c2d3e:
` + "`go run ./cmd/bench -cold -starts 100 -before c9c2d3e`" + `):

| | to the first next | to the first answer | at a distance | binary | allocated before main |
|---|--:|--:|--:|--:|--:|
| init, before | 5.86 ms | 12.43 ms | 39.4 ms | 11.0 MB | 1299 KB |
| init | 5.89 ms | 13.05 ms | 40.7 ms | 11.5 MB | 1196 KB |
| verify, before | 5.82 ms | 9.80 ms | 22.3 ms | 10.1 MB | 1187 KB |
| verify | 5.22 ms | 9.78 ms | 21.4 ms | 10.2 MB | 989 KB |

Init's first answer differs by some 0.6 ms between such runs: another one had 13.04 ms, and 13.03 before. Of its 0.5
MB, 0.3 MB were there when commit 1b45211 had the second sender and its SDK's client. Verify has the checks of a
payment, and the new members of a client's record.

What passwords cost (2026-11-28, linux/arm64, ` + "`" + `go run ./cmd/bench -sizes -before 1b3c3c4` + "`" + `): function
init has 11.01 MB instead of 10.81, function verify 9.63 MB instead of 9.50. The keyring of all kinds is read in 0.20
ms, as one without them: its key to which passwords are encrypted would take 0.16 ms more, and is read at its first use
(` + "`" + `go test ./pkg/keyring -bench New` + "`" + `). The pattern of their digests is compiled then, too.
That is why neither function starts slower (medians of 30 starts in turn, to the first next and the first answer,
while other work disturbed the machine): init 6.0 and 13.5 ms, 6.0 and 13.9 before; verify 5.1 and 9.3 ms, 5.3 and 9.3
before.

Variants with the services at a distance (2026-11-27, as multiples of the floor, in the same rounds):

| | init | verify |
|---|--:|--:|
| one after the other: the keyring, then the first event | 3.1 | 2.1 |
| **the keyring is read while the first event is awaited; connections are opened meanwhile** | 2.2 | 1.4 |
| the connection to Secrets Manager is dialled ahead too | 2.3 | 1.5 |
| the garbage collector waits for more (SetGCPercent 400) | 2.4 | 1.6 |

Kept: the second of the table. On loopback nothing is opened ahead, and it changes nothing there. In Lambda (not
measured) it moves the end of the read into the first invocation. That is waiting rather than work;
the work of it, about a millisecond, is done with the share of a processor that the memory buys.

Since 0.17.0 an init does more at a time: while it reserves its challenge, it reads the ledger and the budgets and
reserves the client's first block of messages of the day, over connections that are opened ahead; then ledger and
budgets count the message at the same time. It took 3.3 times the floor before, and takes 2.7 (2026-11-28, medians of
40 starts in turn: ` + "`" + `go run ./cmd/bench -cold -starts 40 -before 55403ac` + "`" + `).

Why the aims are missed on loopback: floor takes 1.5 and 1.8 already. Until the first answer verify makes
one more request to the table (0.3 ms), reads the keyring (1.2 ms), parses an RSA key (0.2 ms) and
signs with it (0.7 ms); init makes three more requests to the table and one to SNS.

Why they are missed at a distance: the floor waits for three round trips, two of handshakes and its request. Verify
waits for four: the client is read, then the attempt is made. Init waits for nine: the client is read; the challenge is
reserved, while the day's first block of messages takes two requests; the ledger counts the message; the budget of the
block counts it after that of the country; the message goes out; the result is stored. Each of these needs the one
before.
`
