package changes_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"countersign/pkg/changes"
	"countersign/pkg/guard"
	"countersign/pkg/otp"
)

// numbersOf are the numbers of every tag here.
var numbersOf = guard.Numbers{
	Client: "demo", Region: "MY", Shard: 5, Block: []byte("block..."), Source: []byte("source.."),
}

// tag gives a challenge a tag.
func tag(source, young, known bool) func(*otp.Challenge) {
	n := numbersOf
	if !source {
		n.Source = nil
	}
	return func(i *otp.Challenge) { i.Guard = []byte(n.Tag(young, known)) }
}

// watchedTag gives a challenge the tag of a message that went out without room.
func watchedTag(i *otp.Challenge) {
	tag(false, true, false)(i)
	i.Guard[0] |= 0x20
}

func refusedBy(o otp.Outcome) func(*otp.Challenge) {
	return func(i *otp.Challenge) { i.State, i.Result = otp.Failed, o }
}

// figured adds figures to the tag of a challenge, as they are stored: three numbers of four bytes, and the hours.
func figured(i *otp.Challenge) {
	i.Guard = append(i.Guard, 0, 0, 1, 44, 0, 0, 0, 58, 0, 0, 1, 45, 7)
}

// The event of a message that a budget refused has the figures behind that, and no other event has any.
func TestFiguresOfRefusals(t *testing.T) {
	want := guard.Figures{Unanswered: 300, Answered: 58, Allowance: 301, Hours: 7}
	for name, c := range map[string]struct {
		is  *otp.Challenge
		has bool
	}{
		"block":             {image(refusedBy(otp.OverBlock), tag(false, false, false), figured), true},
		"country":           {image(refusedBy(otp.OverCountry), tag(false, false, false), figured), true},
		"client":            {image(refusedBy(otp.OverClient), tag(false, true, false), figured), true},
		"source":            {image(refusedBy(otp.OverSource), tag(true, false, false), figured), true},
		"of before figures": {image(refusedBy(otp.OverBlock), tag(true, false, false)), false},
		"operator":          {image(refusedBy(otp.OperatorBlock)), false},
		"a limit":           {image(refused, tag(true, false, false), figured), false},
		"sent":              {image(state(sent), tag(true, false, false)), false},
	} {
		facts := changes.Facts(changes.Change{Was: image(), Is: c.is})
		if len(facts) != 1 || (facts[0].Guard != nil) != c.has || c.has && *facts[0].Guard != want {
			t.Errorf("%s: %+v", name, facts)
			continue
		}
		valid(t, facts[0])
		text, err := json.Marshal(facts[0])
		figures := `"guard":{"unanswered":300,"answered":58,"allowance":301,"hours":7}`
		if err != nil || strings.Contains(string(text), figures) != c.has {
			t.Errorf("%s: %s %v", name, text, err)
		}
	}
}

// credited keeps credits, or fails.
type credited struct {
	all   []guard.Credit
	calls int
	fail  error
	until time.Time
}

func (c *credited) Credit(ctx context.Context, all []guard.Credit) error {
	c.calls++
	c.all = append(c.all, all...)
	c.until, _ = ctx.Deadline()
	return c.fail
}

// creditsOf returns what the facts of a change credit, as "kind event", and checks what all credits have.
func creditsOf(t *testing.T, is *otp.Challenge) (list []string) {
	t.Helper()
	c := &credited{}
	facts := changes.Facts(changes.Change{Was: image(), Is: is, First: "7", Record: "9"})
	consumer := changes.Consumer{Numbers: &numbers{}, Events: &targets{}, Credits: c}
	if _, err := consumer.Work(t.Context(), facts); err != nil {
		t.Fatal(err)
	}
	keys := map[guard.Kind]string{
		guard.Country: numbersOf.CountryKey(), guard.Block: numbersOf.BlockKey(),
		guard.Young: numbersOf.YoungKey(), guard.Source: numbersOf.SourceKey(),
	}
	for _, got := range c.all {
		kind := guard.KindOf(got.Key)
		if got.Key != keys[kind] || got.Hour != is.SentAt.Time().Unix()/3600 || got.From != "7" || got.Record != "9" {
			t.Errorf("credit %+v", got)
		}
		if kind == guard.Block && got.Country != keys[guard.Country] {
			t.Errorf("%c depends on %s", kind, got.Country)
		}
		shows := got.Event == guard.WasRefused || got.Event == guard.WasWatched
		if named := got.Block != nil; named != (kind == guard.Country && shows) {
			t.Errorf("%c, event %d, names a block: %v", kind, got.Event, named)
		}
		list = append(list, fmt.Sprintf("%c%d", kind, got.Event))
	}
	return list
}

// What a right code, and a refusal, give to which entries.
func TestCredits(t *testing.T) {
	const answered, byKnown, wasRefused, notSent, wasWatched = "1", "2", "3", "4", "5"
	passed := []func(*otp.Challenge){state(sent), guessed(1), right}
	of := func(change ...func(*otp.Challenge)) *otp.Challenge {
		return image(append(slices.Clone(passed), change...)...)
	}
	test := func(i *otp.Challenge) { i.Test = true }
	for name, c := range map[string]struct {
		is   *otp.Challenge
		want string
	}{
		"right":                        {of(tag(false, false, false)), "c" + answered + " b" + answered},
		"right, an hour later":         {of(tag(false, false, false), late, late), "c" + answered + " b" + answered},
		"with a source":                {of(tag(true, false, false)), "c1 b1 s1"},
		"in a young country":           {of(tag(false, true, false)), "c1 b1 y1"},
		"in a young one with a source": {of(tag(true, true, false)), "c1 b1 y1 s1"},
		"a known number":               {of(tag(true, false, true)), "c" + byKnown + " b" + byKnown},
		"of an unclear message":        {of(state(unclear), tag(false, false, false)), "c1 b1"},
		"without the guard":            {of(), ""},
		"a damaged tag":                {of(func(i *otp.Challenge) { i.Guard = []byte("short") }), ""},
		"chosen":                       {of(tag(true, false, false), chosen), ""},
		"chosen, of a known number":    {of(tag(true, false, true), chosen), ""},
		"a test number":                {of(tag(true, true, false), test), ""},
		"wrong":                        {image(state(sent), guessed(1), tag(true, false, false)), ""},
		"exhausted":                    {image(state(sent), guessed(3), tag(true, false, false)), ""},
		"sent":                         {image(state(sent), tag(true, false, false)), ""},
		"watched":                      {image(state(sent), watchedTag), "c" + wasWatched},
		"watched, and right":           {of(watchedTag), "c5 c1 b1 y1"},
		"refused by the block":         {image(refusedBy(otp.OverBlock), tag(true, false, false)), "c3 b" + wasRefused},
		"refused by the country":       {image(refusedBy(otp.OverCountry), tag(false, false, false)), "c3 b3"},
		"refused by young countries":   {image(refusedBy(otp.OverClient), tag(false, true, false)), "c3 b3"},
		"refused by the source":        {image(refusedBy(otp.OverSource), tag(true, false, false)), "c3 b3"},
		"refused, a chosen code":       {image(refusedBy(otp.OverBlock), tag(false, false, false), chosen), "c3 b3"},
		"refused, with figures":        {image(refusedBy(otp.OverBlock), tag(true, false, false), figured), "c3 b3"},
		"refused by the operator":      {image(refusedBy(otp.OperatorBlock), tag(true, false, false)), ""},
		"refused by a limit":           {image(refused, tag(true, false, false)), ""},
		"undeliverable": {
			image(refusedBy(otp.Undeliverable), tag(false, false, false)), "c" + notSent + " b" + notSent,
		},
		"undeliverable, with a source": {image(refusedBy(otp.Undeliverable), tag(true, false, false)), "c4 b4 s4"},
		"undeliverable, young country": {image(refusedBy(otp.Undeliverable), tag(false, true, false)), "c4 b4 y4"},
		"undeliverable, known number":  {image(refusedBy(otp.Undeliverable), tag(true, false, true)), ""},
		"undeliverable, not counted":   {image(refusedBy(otp.Undeliverable)), ""},
	} {
		t.Run(name, func(t *testing.T) {
			if got := strings.Join(creditsOf(t, c.is), " "); got != c.want {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
}

// in returns the facts of a right code in a record.
func in(record int, change ...func(*otp.Challenge)) []changes.Fact {
	is := image(append([]func(*otp.Challenge){state(sent), guessed(1), right, tag(false, false, false)}, change...)...)
	return changes.Facts(changes.Change{
		Was: image(state(otp.Reserved)), Is: is, First: "1", Record: fmt.Sprint(record),
	})
}

// Credits are given last, for facts that are done with all others of their record. If that fails, the stream goes on
// with the first fact, since the marks name the first record.
func TestCreditsComeLast(t *testing.T) {
	facts := slices.Concat(in(3), in(5), in(7)) // two facts each
	for name, c := range map[string]struct {
		fails map[string]int
		fail  error
		done  int
		want  string // records, and where those that are not given come again
	}{
		"all is well":                 {nil, nil, 6, "3 3 5 5 7 7"},
		"the second record fails":     {map[string]int{"publish": 3}, nil, 2, "3 3 5>5 5>5 7>5 7>5"},
		"a part of the second record": {map[string]int{"publish": 4}, nil, 3, "3 3 5>5 5>5 7>5 7>5"},
		"the first one":               {map[string]int{"publish": 1}, nil, 0, ""},
		"a part of the first one":     {map[string]int{"publish": 2}, nil, 1, "3>3 3>3 5>3 5>3 7>3 7>3"},
		"the last number":             {map[string]int{"answered": 3}, nil, 5, "3 3 5 5 7>7 7>7"},
		"the credit":                  {nil, errAway, 0, "3 3 5 5 7 7"},
		"the bus, then the credit":    {map[string]int{"publish": 3}, errAway, 0, "3 3 5>5 5>5 7>5 7>5"},
	} {
		t.Run(name, func(t *testing.T) {
			to, credits := &targets{fails: c.fails}, &credited{fail: c.fail}
			done, err := changes.Consumer{Numbers: to, Events: to, Credits: credits}.Work(t.Context(), facts)
			if done != c.done || (err != nil) != (c.fails != nil || c.fail != nil) {
				t.Errorf("%d done, %v; want %d", done, err, c.done)
			}
			if c.fail != nil && !strings.Contains(err.Error(), "credit: away") {
				t.Errorf("the error %v does not name the step", err)
			}
			var got []string
			for _, g := range credits.all {
				if got = append(got, g.Record); g.Again != "" {
					got[len(got)-1] += ">" + g.Again
				}
			}
			if strings.Join(got, " ") != c.want || credits.calls > 1 {
				t.Errorf("credits of the records %v in %d calls, want %s", got, credits.calls, c.want)
			}
		})
	}
}

// deadlines notes how long a step may take.
type deadlines struct{ answered, published time.Time }

func (d *deadlines) Answered(ctx context.Context, _ otp.Answer) error {
	d.answered, _ = ctx.Deadline()
	return nil
}

func (d *deadlines) Publish(ctx context.Context, facts []changes.Fact) (int, error) {
	d.published, _ = ctx.Deadline()
	return len(facts), nil
}

// Each step leaves its turn to the later ones.
func TestTurns(t *testing.T) {
	end := time.Now().Add(time.Hour)
	ctx, cancel := context.WithDeadline(t.Context(), end)
	defer cancel()
	for _, credits := range []*credited{nil, {}} {
		d := &deadlines{}
		c := changes.Consumer{Numbers: d, Events: d, Turn: time.Minute}
		want := []time.Duration{time.Minute, 0}
		if credits != nil {
			c.Credits, want = credits, []time.Duration{2 * time.Minute, time.Minute}
		}
		if _, err := c.Work(ctx, in(1)); err != nil {
			t.Fatal(err)
		}
		if a, p := end.Sub(d.answered), end.Sub(d.published); a != want[0] || p != want[1] {
			t.Errorf("with credits %v: the first step ends %v before, the second %v", credits != nil, a, p)
		}
		if credits != nil && !credits.until.Equal(end) {
			t.Errorf("credits end at %v, want %v", credits.until, end)
		}
	}
}
