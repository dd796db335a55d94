package functions

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"regexp"
	"strings"
)

// ofReceipts is what receipts use beside all else.
type ofReceipts struct {
	kinds   []kind
	metrics float64 // of one country and one network
}

// costsOfReceipts receives a message's receipt, and another one of the same state.
func costsOfReceipts(p prices, m *meter) ofReceipts {
	const event = `{"eventType":%q,"eventVersion":"1.0","eventTimestamp":%d,"isFinal":true,` +
		`"destinationPhoneNumber":"+606543216353","isoCountryCode":"MY","mcc":"502","mnc":"12",` +
		`"messageId":"94f20ce6-13c5-43a0-9a9e-ca52d816e90b",` +
		`"context":{"client":"demo","authenticationId":"20261122437425557736678104585624226"},` +
		`"totalMessageParts":1,"totalMessagePrice":0.0025}`
	before := maps.Clone(m.metrics)
	clear(m.metrics)
	first := m.receipt(fmt.Sprintf(event, "TEXT_SUCCESSFUL", m.now().UnixMilli()))
	second := m.receipt(fmt.Sprintf(event, "TEXT_DELIVERED", m.now().UnixMilli()))
	r := ofReceipts{metrics: float64(len(m.metrics)), kinds: []kind{
		{"a receipt", p.Model.Sends, first},
		{"another one of the same message and state", p.Model.Sends * (p.Model.Receipts - 1), second},
	}}
	m.metrics = before
	return r
}

var (
	// alarm is an alarm of template.yaml, with its text.
	alarm = regexp.MustCompile(`(?m)^  \w+:\n    Type: AWS::CloudWatch::Alarm\n(?:    .*\n)+`)
	// watchedMetric is a metric in such a text.
	watchedMetric = regexp.MustCompile(`MetricStat:|\n      MetricName:|SELECT SUM|INSIGHT_RULE_METRIC`)
)

// watched returns how many metrics the alarms watch: those of every deployment, and those of receipts. An alarm by
// country watches one for each.
func watched(template []byte) (always, receipts float64) {
	for _, text := range alarm.FindAll(template, -1) {
		n := float64(len(watchedMetric.FindAll(text, -1)))
		if bytes.Contains(text, []byte("Condition: HasReceipts")) {
			receipts += n
		} else {
			always += n
		}
	}
	return always, receipts
}

// at returns what receipts use for one verified number at a load, the function's invocations and seconds included.
func (r ofReceipts) at(p prices, kinds []kind, l load) spent {
	without, s := p.at(kinds, l), p.at(append(kinds[:len(kinds):len(kinds)], r.kinds...), l)
	a, each := p.Assumed.Receipt, r.each()
	s.batch = r.batch(p, l)
	s.calls += each/s.batch - without.calls
	s.seconds += (each/s.batch*a.Call+each*a.Each)/1000 - without.seconds
	s.writes -= without.writes
	s.events -= without.events
	s.logged -= without.logged
	return s
}

// batch returns the receipts in one invocation.
func (r ofReceipts) batch(p prices, l load) float64 {
	a := p.Assumed.Receipt
	return min(a.Batch, max(1, r.each()*l.second*a.Window))
}

// direct returns what it would cost if the topic called the function for each receipt, without a queue.
func (r ofReceipts) direct(p prices) float64 {
	a := p.Assumed.Receipt
	seconds := r.each() * (a.Call + a.Each) / 1000 * p.Assumed.MemoryMB / 1024
	return p.Model.Verified * (r.each()*p.Prices["lambda.requests"].USD/p.Prices["lambda.requests"].Per +
		seconds*p.Prices["lambda.time"].USD/p.Prices["lambda.time"].Per)
}

// each returns the receipts of one verified number.
func (r ofReceipts) each() (n float64) {
	for _, k := range r.kinds {
		n += k.times
	}
	return n
}

// write writes the costs of receipts.
func (r ofReceipts) write(b io.Writer, p prices, kinds []kind, template []byte) {
	fmt.Fprintf(b, "## With receipts\n\nOn top, where [receipts](senders.md#what-became-of-a-message) are on, for %s "+
		"verified numbers: %.3g receipts for each.\n\n", thousands(p.Model.Verified), r.each())
	header(b, "| | price |")
	var sums [3]float64 // one for each load
	for _, row := range []struct {
		id string
		of func(s spent) float64
	}{
		{"sns.publishes", func(spent) float64 { return r.each() }},
		{"sqs.requests", func(s spent) float64 { return r.each() * (1 + 2/min(10, s.batch)) }},
		{"lambda.requests", func(s spent) float64 { return s.calls }},
		{"lambda.time", func(s spent) float64 { return s.seconds * p.Assumed.MemoryMB / 1024 }},
		{"dynamodb.writes", func(s spent) float64 { return s.writes }},
		{"events", func(s spent) float64 { return s.events }},
		{"logs", func(s spent) float64 { return rounded(s.logged) / 1e9 }},
	} {
		price := p.Prices[row.id]
		fmt.Fprintf(b, "| %s | %s |", price.What, p.price(row.id))
		for i, l := range loads {
			cost := row.of(r.at(p, kinds, l)) * p.Model.Verified * price.USD / price.Per
			sums[i] += cost
			fmt.Fprintf(b, " %.2f |", cost)
		}
		fmt.Fprintln(b)
	}
	fmt.Fprintf(b, "| **together** | | **%.2f** | **%.2f** | **%.2f** |\n\n", sums[0], sums[1], sums[2])
	_, alarms := watched(template)
	cost := func(id string, n float64) float64 { return n * p.Prices[id].USD / p.Prices[id].Per }
	polls := p.Assumed.Receipt.Polls * month / 60
	fmt.Fprintf(b, "And each month %.2f USD for %g metrics, %.2f for %g that alarms watch, and up to %.2f for asking "+
		"an empty queue %s times.\n", cost("metrics.month", r.metrics), r.metrics, cost("alarms.month", alarms), alarms,
		cost("sqs.requests", polls), thousands(polls))
	fmt.Fprint(b, strings.Join([]string{
		"Each further country has two more metrics and one that an alarm watches, each further network one metric.",
		"A receipt takes one write unit, whether it changes anything or not, and its item one of the stream's records",
		"if it does.\n\n"}, "\n"))
	verdicts := p.Model.Sends // each message is one of a right code, or of one that nobody typed
	seconds := verdicts * p.Assumed.Receipt.Feedback / 1000 * p.Assumed.MemoryMB / 1024
	fmt.Fprintf(b, "`MessageFeedback` is %g requests to End User Messaging for each verified number, for which no "+
		"price was found, and up to %.2f USD of\nLambda compute for a million, at %g ms each.\n\n",
		verdicts, cost("lambda.time", seconds*p.Model.Verified), p.Assumed.Receipt.Feedback)
	fmt.Fprintf(b, "The topic could call the function itself, once for each receipt: that would be %.2f in place of "+
		"the rows of SQS and of the function's own\ncalls. The queue is not there for the money: it bounds how many "+
		"processes a wave of receipts begins, and keeps what cannot be stored for a day.\n\n", r.direct(p))
}
