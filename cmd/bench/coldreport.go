package main

import (
	"fmt"
	"strings"
	"time"

	"countersign/pkg/standin"
)

// leastShare is what a package must take to have a line of its own.
const leastShare = 40 * time.Microsecond

// coldReport is the section about cold starts. The first of all is what the others
// are compared with.
func coldReport(all []*start) string {
	var b strings.Builder
	p := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	p("")
	p("## Cold start of the functions")
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
			s.Function, ms(s.Next), ratio(s.Next, all[0].Next), ms(s.Answer), ratio(s.Answer, all[0].Answer), s.Target, mb(s.Size), mb(s.Zip))
	}
	p("")
	p("What packages do before main (`GODEBUG=inittrace=1`, medians of %d):", initRounds)
	p("")
	p("| function | package | time | allocated |")
	p("|---|---|--:|--:|")
	for _, s := range all {
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

func ratio(a, b time.Duration) float64 { return float64(a) / float64(b) }

func mb(bytes int) float64 { return float64(bytes) / 1e6 }

// tried is what was done about it, with the figures of then.
const tried = `
TODO
`
