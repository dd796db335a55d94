package functions

import (
	"fmt"
	"io"
	"math"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"countersign/pkg/clients"
	"countersign/pkg/dynamostore"
	"countersign/pkg/dynamostore/dynamotest"
	"countersign/pkg/guard"
	"countersign/pkg/otp"

	"countersign/pkg/filetest"
)

// learned gives countries a history in the budgets of the client "demo", as if it had sent there for some days: its
// messages then count in budgets of blocks, too.
func learned(t *testing.T, store *dynamostore.Store, table string, now time.Time, regions ...string) {
	t.Helper()
	hour := now.Unix() / 3600
	number := func(n int64) types.AttributeValue {
		return &types.AttributeValueMemberN{Value: strconv.FormatInt(n, 10)}
	}
	days := &types.AttributeValueMemberL{Value: []types.AttributeValue{number(33), number(33), number(33)}}
	for _, region := range regions {
		for shard := range (clients.Guard{}).Policy(0).Shards {
			country := otp.GuardNumbers("demo")
			country.Region, country.Shard = region, shard
			first := guard.Charge{Key: country.CountryKey(), Kind: guard.Country, Hour: hour, Base: 1000}
			if _, _, err := store.Charge(t.Context(), first); err != nil {
				t.Fatal(err)
			}
			_, err := dynamotest.Client(t, nil).UpdateItem(t.Context(), &dynamodb.UpdateItemInput{
				TableName: &table,
				Key:       map[string]types.AttributeValue{"pk": &types.AttributeValueMemberS{Value: first.Key}},
				UpdateExpression: aws.String(fmt.Sprintf(
					"SET days = :days, usual = :usual, #left = :left, a[%d] = :answered", hour%24)),
				ExpressionAttributeNames: map[string]string{"#left": "left"},
				ExpressionAttributeValues: map[string]types.AttributeValue{
					":days": days, ":usual": number(33), ":left": number(50_000), ":answered": number(1000),
				},
			})
			if err != nil {
				t.Fatal(err)
			}
		}
	}
}

// attack is one of the simulation, with its messages.
type attack struct {
	name          string
	without, with float64 // that go out, without the guard and with it
}

var figure = regexp.MustCompile(`^[0-9,]+`)

// attacks reads the table of docs/guard.md that the simulation writes: its second column has the messages without the
// guard, and the third those with it.
func attacks(t *testing.T) (all []attack) {
	t.Helper()
	_, page, _ := strings.Cut(string(filetest.Read(t, "../docs/guard.md")), "\n## What an attacker gets at most\n")
	page, _, _ = strings.Cut(page, "\n## ")
	page, _, _ = strings.Cut(page, "honest traffic alone")
	number := func(cell string) float64 {
		n, err := strconv.ParseFloat(strings.ReplaceAll(figure.FindString(strings.TrimSpace(cell)), ",", ""), 64)
		if err != nil {
			return math.NaN()
		}
		return n
	}
	for line := range strings.Lines(page) {
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|")
		if len(cells) < 3 {
			continue
		}
		a := attack{strings.TrimSpace(cells[0]), number(cells[1]), number(cells[2])}
		if a.without >= a.with {
			all = append(all, a)
		}
	}
	if len(all) < 6 {
		t.Fatalf("docs/guard.md has the figures of %d attacks, want 6 at least: %v", len(all), all)
	}
	return all
}

// ofGuard is what the guard makes of messages.
type ofGuard struct {
	kinds   []kind // a message to a number that is known, and one that is refused
	attacks []attack
}

// costsOfGuard sends to a number that is known, and to a block until the guard refuses. init sends to a number.
func costsOfGuard(t *testing.T, m *meter, known string, init func(id, number, want string) used) ofGuard {
	t.Helper()
	after := func() { m.ticks += int64(time.Minute / tick) }
	after()
	g := ofGuard{attacks: attacks(t)}
	g.kinds = append(g.kinds, kind{"init of a known number, sent", 0, init(id(1000), known, "SUCCESS")})
	for n := range 8 {
		init(id(n), fmt.Sprintf("60-122345%03d", n), "SUCCESS")
	}
	refused := init(id(10), "60-122345010", "TIMES_EXCEED_LIMIT")
	g.kinds = append(g.kinds,
		kind{"init of a new number, refused by the guard", 0, refused},
		kind{"init, repeated", 0, init(id(10), "60-122345010", "TIMES_EXCEED_LIMIT")})
	return g
}

func id(n int) string { return fmt.Sprintf("GUARD%039d", n) }

// write writes what the messages would have cost that the guard does not send in the simulated attacks.
func (g ofGuard) write(b io.Writer, p prices) {
	refused := g.kinds[1]
	refused.times = 1
	var each float64 // a refused request
	s := p.at([]kind{refused}, loads[1])
	for _, row := range p.billed() {
		each += row.of(s) * p.Prices[row.id].USD / p.Prices[row.id].Per
	}
	sms := p.SMS.USD + p.SMS.Carrier
	fmt.Fprintf(b, "## Messages not sent in the simulated attack\n\n"+
		"[The simulation](guard.md#what-an-attacker-gets-at-most) plays attacks inside honest traffic, without "+
		"[the guard](guard.md) and with it.\nA message to the US is %.5f USD here, and to other countries up to 0.30. "+
		"A request that the guard refuses is\n%.7f USD: its call takes as many writes as one that a limit refuses, "+
		"and the function that follows the stream counts it\nfor the operator's report. Calls at the same time may "+
		"all find room for the last message of a budget, or for the next message to\none number. Those that are "+
		"refused all the same take up to eight writes more, once when a budget ends and once for each\nmessage "+
		"that goes out.\n\n"+
		"| attack | messages without the guard | with it | not sent | would have cost, USD | refusing costs, USD |\n"+
		"|---|--:|--:|--:|--:|--:|\n", sms, each)
	for _, a := range g.attacks {
		saved := a.without - a.with
		fmt.Fprintf(b, "| %s | %s | %s | %s | %.2f | %.3f |\n", a.name, thousands(a.without), thousands(a.with),
			thousands(saved), saved*sms, saved*each)
	}
	fmt.Fprint(b, "\n")
}
