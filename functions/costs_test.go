package functions

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"testing"

	"countersign/pkg/filetest"
	"countersign/pkg/otp"
)

// prices has the content of docs/prices.json.
type prices struct {
	Prices map[string]struct {
		What, Unit        string
		USD, Per          float64
		Of, Source, Trust string
	}
	Model   struct{ Verified, Sends, Receipts, Checks float64 }
	Assumed struct {
		MemoryMB         float64
		Milliseconds     map[string]float64 // of a call of a function of the API
		ColdMilliseconds float64            // more, for a call that begins a process
		Peak             float64            // processes for each call that runs on average
		LifeHours        float64            // of a process
		KeyringSeconds   float64            // after which a process in use reads the keyring again
		ClientSeconds    float64            // likewise its clients
		Change           struct{ Call, Publish, Answered float64 }
		Receipt          struct {
			Call, Each    float64 // milliseconds
			Window, Batch float64 // seconds, receipts
			Polls         float64 // of an empty queue, a minute
			Feedback      float64 // milliseconds of a request
		}
		Password       struct{ Ask, Evaluate float64 } // milliseconds of a call, without and with an evaluation
		Polls          float64                         // of a shard, a second
		Shards         float64                         // at least
		ShardWrites    float64                         // units a second that a shard bears
		Batch, Entries float64                         // records in a batch, events in a request
		Why            []string
	}
	SMS struct {
		What, Of, Source, Trust string
		USD, Carrier            float64
	}
	Others []struct {
		Name, Currency, Each, Of, Source, Trust, More string
		Fee, Free                                     float64
	}
	NotFound string
}

// kind is one of the things that happen to a number until it is verified.
type kind struct {
	name  string
	times float64
	used
}

// docs/costs.md follows from the counts and from docs/prices.json.
func TestCosts(t *testing.T) {
	var p prices
	if err := json.Unmarshal(filetest.Read(t, "../docs/prices.json"), &p); err != nil {
		t.Fatal(err)
	}
	m := newMeter(t)
	const initPath, verifyPath = "/v1/customers/initAuthentication", "/v1/users/verifyAuthentication"
	asked := func(id, number, want string) used {
		return m.post(m.init, "send", initPath, fmt.Sprintf(
			`{"authenticationRequestId":%q,"authenticationMethod":"OTP","authenticationType":"SMS",`+
				`"identityType":"MOBILENO","identityValue":%q}`, id, number), want)
	}
	init := func(id, number string) used { return asked(id, number, "SUCCESS") }
	verify := func(id string, code otp.Code, want string) used {
		return m.post(m.verify, "check", verifyPath, fmt.Sprintf(
			`{"authenticationType":"OTP","authenticationRequestId":%q,"authenticationValue":%q}`, id, string(code),
		), want)
	}
	const id, other = "MDEDUCT001bd856ad81cec1e91a620c270bcba5a4223", "MDEDUCT001bd856ad81cec1e91a620c270bcba5a4224"
	kinds := []kind{
		{"init of a new number, sent", p.Model.Sends, init(id, "60-6543216353")},
		{"verify, wrong code", p.Model.Checks - 1, verify(id, "0", "VERIFY_UNMATCHED")},
		{"verify, right code", 1, verify(id, m.codes["+606543216353"], "SUCCESS")},
	}
	init(other, "60-6543216354")
	expire := func(id string) used { return m.expire(otp.ChallengeKey("demo", id)) }
	kinds = append(kinds,
		kind{"a code that nobody typed, when it is swept", p.Model.Sends - 1, expire(other)},
		kind{"a code that was right, when it is swept", 1, expire(id)})

	if usd := p.traffic(io.Discard, kinds); usd > 20 {
		t.Errorf("a million verified numbers cost up to %.2f USD, want at most 20", usd)
	}
	fixed := len(m.metrics)
	receipts := costsOfReceipts(p, m)
	guarded := costsOfGuard(t, m, "60-6543216353", asked)
	passwords, right := costsOfPasswords(m, init)
	guarded.kinds = append(guarded.kinds, passwords...)
	got := p.page(kinds, right, fixed, receipts, guarded, filetest.Read(t, "../template.yaml"))
	filetest.Golden(t, "../docs/costs.md", got, *update, "go test ./functions -run TestCosts -update")
}

// page returns docs/costs.md.
func (p prices) page(
	kinds, passwords []kind, metrics int, receipts ofReceipts, guarded ofGuard, template []byte,
) []byte {
	var b bytes.Buffer
	b.WriteString("# What it costs\n\n" +
		"`go test ./functions -run TestCosts -update` writes this page. The test counts requests and\n" +
		"multiplies them by the prices in [prices.json](prices.json), which names their sources. It fails\n" +
		"when this page is out of date.\n\n")
	traffic := p.traffic(&b, kinds)
	fixed := p.month(&b, kinds, float64(metrics), template)
	receipts.write(&b, p, kinds, template)
	p.writePasswords(&b, passwords)
	guarded.write(&b, p)
	p.counted(&b, slices.Concat(kinds, guarded.kinds, receipts.kinds))
	p.assumed(&b, kinds)
	p.others(&b, traffic, fixed)
	p.sources(&b)
	return b.Bytes()
}

func (p prices) counted(b *bytes.Buffer, kinds []kind) {
	b.WriteString("## What was counted\n\n" +
		"One call each on DynamoDB's protocol, and all that follows from it in the stream: events, and the\n" +
		"mark that a number answered. The table reports the write units, here first those of the call and\n" +
		"then those of the function that follows the stream.\n\n" +
		"| | times | functions called | write units | read units | events | log bytes |\n" +
		"|---|--:|--:|--:|--:|--:|--:|\n")
	for _, k := range kinds {
		called := 0.0
		for _, n := range k.calls {
			called += n
		}
		times := "–" // not among those of a verified number
		if k.times > 0 {
			times = fmt.Sprintf("%.1f", k.times)
		}
		fmt.Fprintf(b, "| %s | %s | %g | %g + %g | %g | %g | %s |\n",
			k.name, times, called, k.writes-k.follow, k.follow, k.reads, k.events, thousands(rounded(k.logged)))
	}
	b.WriteString("\nA re-send by `triggerChallenge` takes two write units more than an init. " +
		"Lambda's reads of the stream\nare free of charge.\n\n")
}

func (p prices) assumed(b *bytes.Buffer, kinds []kind) {
	b.WriteString("## What was assumed\n\n")
	for _, why := range p.Assumed.Why {
		fmt.Fprintf(b, "- %s\n", why)
	}
	seconds := p.at(kinds, loads[0]).seconds
	price := p.Prices["lambda.time"]
	fmt.Fprintf(b, "- Were all durations twice as long, it would be up to %.2f more.\n"+
		"- Not counted: storage (below a gigabyte), backups, data out (some 3 GB), X-Ray, WAF, KMS (the tables' key,"+
		" asked for once in minutes), numbers and the registration of senders.\n\n",
		seconds*p.Assumed.MemoryMB/1024*p.Model.Verified*price.USD/price.Per)
}

// others compares with the fees of others. traffic and month are the highest sums of the two tables.
func (p prices) others(b *bytes.Buffer, traffic, month float64) {
	million := thousands(p.Model.Verified)
	fmt.Fprintf(b, "## What others ask for\n\n"+
		"Published fees for the same %s, without the messages, which come on top of each. Countersign's is\n"+
		"the sum of the dearest load in each table above, %.2f + %.2f, if all are verified within one\n"+
		"month. Each further month adds its sum of the second table.\n\n"+
		"| | fee | for %s | messages | source |\n|---|--:|--:|---|---|\n| **Countersign** | | **%s USD** | SNS | "+
		"above |\n",
		million, traffic, month, million, thousands(math.Round(traffic+month)))
	for _, o := range p.Others {
		fmt.Fprintf(b, "| %s | %g %s per %s | %s %s | %s | %s |\n", o.Name, o.Fee, o.Currency, o.Each,
			thousands(math.Round((p.Model.Verified-o.Free)*o.Fee)), o.Currency, o.More, source(o.Of, o.Source, o.Trust))
	}
	fmt.Fprintf(b, "\nNot in the table: %s\n\n", p.NotFound)
}

func (p prices) sources(b *bytes.Buffer) {
	b.WriteString("## Sources\n\nRead in November 2026, from stored copies.\n\n| | USD | source |\n|---|--:|---|\n")
	for _, id := range []string{
		"lambda.requests", "lambda.time", "api.requests", "dynamodb.writes", "dynamodb.reads", "events", "logs",
		"secrets.month", "secrets.calls", "metrics.month", "alarms.month", "rules.month", "dashboards.month",
		"sns.publishes", "sqs.requests",
	} {
		price := p.Prices[id]
		fmt.Fprintf(b, "| %s | %s | %s |\n", price.What, p.price(id), source(price.Of, price.Source, price.Trust))
	}
	fmt.Fprintf(b, "| %s | %g + %g | %s |\n",
		p.SMS.What, p.SMS.USD, p.SMS.Carrier, source(p.SMS.Of, p.SMS.Source, p.SMS.Trust))
}

// price returns a price in the form of a price list.
func (p prices) price(id string) string {
	price := p.Prices[id]
	amount := fmt.Sprintf("%.2f", price.USD)
	if exact := fmt.Sprintf("%g", price.USD); len(exact) > len(amount) {
		amount = exact
	}
	switch price.Per {
	case 1:
		return amount + " per " + strings.TrimSuffix(price.Unit, "s")
	case 1e6:
		return amount + " per million"
	}
	return amount + " per " + thousands(price.Per)
}

func source(of, url, trust string) string {
	if of == "" {
		of = "undated"
	}
	return fmt.Sprintf("[%s](%s), %s", of, url, trust)
}

// rounded rounds up to hundreds: the length of lines varies a little.
func rounded(bytes float64) float64 { return math.Ceil(bytes/100) * 100 }

// thousands returns a whole number with commas.
func thousands(n float64) string {
	text := fmt.Sprintf("%.0f", n)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}
