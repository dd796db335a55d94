package functions

import (
	"bytes"
	"fmt"
	"io"
	"math"
	"strings"
)

// load is a rate of verified numbers.
type load struct {
	name   string
	second float64 // verified numbers a second
}

var loads = []load{{"one a minute", 1. / 60}, {"ten a second", 10}, {"500 a second", 500}}

// spent is the use of everything that AWS bills for one verified number at a load.
type spent struct {
	used
	calls, seconds float64 // of functions
	batch          float64 // records in an invocation of the stream's function
	processes      float64 // of the API's functions
	cold           float64 // share of their calls that begins a process
	keyring        float64 // reads of it by processes that begin
	refreshes      float64 // reads of the keyring by processes that stay, a month
	lookUps        float64 // of clients, read units a month
}

// month is one of thirty days, in seconds.
const month = 30 * 24 * 3600

// at returns the use of one verified number at a load.
func (p prices) at(kinds []kind, l load) spent {
	var s spent
	for _, k := range kinds {
		s.used = s.used.plus(k.used, k.times)
	}
	a := p.Assumed
	for name, milliseconds := range a.Milliseconds {
		n := s.used.calls[name]
		rate := n * l.second
		processes := max(1, a.Peak*rate*milliseconds/1000)
		begin := min(rate, processes/(a.LifeHours*3600)) // a second
		s.calls += n
		s.seconds += (n*milliseconds + begin/l.second*a.ColdMilliseconds) / 1000
		s.processes += processes
		s.cold += begin
		s.keyring += begin / l.second
		s.refreshes += min(rate, processes/a.KeyringSeconds) * month
		s.lookUps += min(rate, processes/a.ClientSeconds) * month
	}
	s.cold /= (s.calls * l.second)
	p.follow(&s, l)
	return s
}

// follow adds the function that follows the stream. Lambda polls each shard Assumed.Polls times a second, and invokes
// the function for each poll that finds records.
func (p prices) follow(s *spent, l load) {
	a := p.Assumed
	records := s.used.calls["change"]
	shards := max(a.Shards, s.writes*l.second/a.ShardWrites)
	each := records * l.second / shards // records a second in one shard
	invocations := shards * max(a.Polls*(1-math.Exp(-each/a.Polls)), each/a.Batch) / l.second
	s.batch = records / invocations
	s.calls += invocations
	requests := max(min(invocations, s.events), s.events/a.Entries)
	s.seconds += (invocations*a.Change.Call + requests*a.Change.Publish + s.used.follow*a.Change.Answered) / 1000
}

// billed are the rows of what is billed for each verified number, with the ids of their prices.
func (p prices) billed() []billed {
	return []billed{
		{"lambda.requests", func(s spent) float64 { return s.calls }},
		{"lambda.time", func(s spent) float64 { return s.seconds * p.Assumed.MemoryMB / 1024 }},
		{"api.requests", func(s spent) float64 { return s.request }},
		{"dynamodb.writes", func(s spent) float64 { return s.writes }},
		{"dynamodb.reads", func(s spent) float64 { return s.reads }},
		{"events", func(s spent) float64 { return s.events }},
		{"secrets.calls", func(s spent) float64 { return s.keyring }},
		{"logs", func(s spent) float64 { return rounded(s.logged) / 1e9 }},
	}
}

type billed struct {
	id string
	of func(s spent) float64
}

// traffic writes the costs of a million verified numbers, and returns the sum at the dearest load.
func (p prices) traffic(b io.Writer, kinds []kind) (dearest float64) {
	million := thousands(p.Model.Verified)
	fmt.Fprintf(b, "## %s verified numbers\n\n"+
		"USD at three loads, in numbers that are verified all day; %g sends and %g checks for each; without the "+
		"fees for SMS and\n"+
		"without free tiers; us-east-1.\n\n", million, p.Model.Sends, p.Model.Checks)
	var sums [3]float64 // one for each load
	header(b, "| | price |")
	for _, row := range p.billed() {
		price := p.Prices[row.id]
		fmt.Fprintf(b, "| %s | %s |", price.What, p.price(row.id))
		for i, l := range loads {
			cost := row.of(p.at(kinds, l)) * p.Model.Verified * price.USD / price.Per
			sums[i] += cost
			fmt.Fprintf(b, " %.2f |", cost)
		}
		fmt.Fprintln(b)
	}
	fmt.Fprintf(b, "| **together** | | **%.2f** | **%.2f** | **%.2f** |\n\n", sums[0], sums[1], sums[2])
	messages := p.Model.Sends * p.Model.Verified * (p.SMS.USD + p.SMS.Carrier)
	fmt.Fprintf(b, "The messages themselves, to the US: %g + %g for each, %s USD for all of them.\n\n",
		p.SMS.USD, p.SMS.Carrier, thousands(math.Round(messages)))
	p.differences(b, kinds)
	return max(sums[0], sums[1], sums[2])
}

func header(b io.Writer, first string) {
	fmt.Fprint(b, first)
	for _, l := range loads {
		fmt.Fprintf(b, " %s |", l.name)
	}
	fmt.Fprintf(b, "\n|---%s|\n", strings.Repeat("|--:", strings.Count(first, "|")+1))
}

// differences writes the amounts that depend on the load.
func (p prices) differences(b io.Writer, kinds []kind) {
	fmt.Fprint(b, "For one verified number:\n\n")
	header(b, "| |")
	for _, row := range []struct {
		what string
		of   func(s spent) float64
	}{
		{"functions called", func(s spent) float64 { return s.calls }},
		{"records of the stream in one call", func(s spent) float64 { return s.batch }},
		{"processes of the API's functions, in all", func(s spent) float64 { return s.processes }},
		{"cold starts in a thousand calls of theirs", func(s spent) float64 { return 1000 * s.cold }},
		{"GB-seconds", func(s spent) float64 { return s.seconds * p.Assumed.MemoryMB / 1024 }},
	} {
		fmt.Fprintf(b, "| %s |", row.what)
		for _, l := range loads {
			fmt.Fprintf(b, " %s |", short(row.of(p.at(kinds, l))))
		}
		fmt.Fprintln(b)
	}
	var all used
	for _, k := range kinds {
		all = all.plus(k.used, k.times)
	}
	fmt.Fprintf(b, "\nAt every load: %.4g API requests, %.4g write units, %.4g events and %.4g KB of log lines.\n\n",
		all.request, all.writes, all.events, rounded(all.logged)/1e3)
}

// month writes the monthly costs that do not come from calls, and returns the sum at the dearest load.
func (p prices) month(b io.Writer, kinds []kind, metrics float64, template []byte) (dearest float64) {
	fmt.Fprint(b, "And each month, USD:\n\n")
	header(b, "| | price |")
	resources := func(kind string) float64 { return float64(bytes.Count(template, []byte("Type: "+kind+"\n"))) }
	watched, _ := watched(template)
	fixed := func(n float64) func(spent) float64 { return func(spent) float64 { return n } }
	var sums [3]float64 // one for each load
	for _, row := range []struct {
		id, more string
		of       func(s spent) float64
	}{
		{"secrets.month", "", fixed(1)},
		{"secrets.calls", ": processes that stay read the keyring again", func(s spent) float64 { return s.refreshes }},
		{"dynamodb.reads", ": and look clients up again", func(s spent) float64 { return s.lookUps }},
		{"metrics.month", fmt.Sprintf(": %g", metrics), fixed(metrics)},
		{"alarms.month", fmt.Sprintf(": %g", watched), fixed(watched)},
		{"rules.month", ": the first one is free", fixed(resources("AWS::CloudWatch::InsightRule"))},
		{"dashboards.month", "", fixed(resources("AWS::CloudWatch::Dashboard"))},
	} {
		price := p.Prices[row.id]
		fmt.Fprintf(b, "| %s%s | %s |", price.What, row.more, p.price(row.id))
		for i, l := range loads {
			cost := row.of(p.at(kinds, l)) * price.USD / price.Per
			sums[i] += cost
			fmt.Fprintf(b, " %.2f |", cost)
		}
		fmt.Fprintln(b)
	}
	fmt.Fprintf(b, "| **together** | | **%.2f** | **%.2f** | **%.2f** |\n", sums[0], sums[1], sums[2])
	fmt.Fprint(b, "| months until a million numbers are verified | |")
	for _, l := range loads {
		fmt.Fprintf(b, " %s |", short(p.Model.Verified/l.second/month))
	}
	fmt.Fprint(b, "\n\nThe metrics are those of one country and of the calls above: each further country has two, "+
		"each reason of refusals and each\nkind of fault one.\n\n")
	return max(sums[0], sums[1], sums[2])
}

// short formats an amount with two digits, from 10 on as a whole number.
func short(n float64) string {
	if n >= 10 {
		return thousands(n)
	}
	return fmt.Sprintf("%.2g", n)
}
