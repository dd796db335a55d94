package otp

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"time"
)

// Stored values, and values derived from them, are the same in every release: else a
// deployment refuses the codes that were sent just before it.
func TestKnownAnswers(t *testing.T) {
	k := testKeys(t, 1)
	seed := bytes.Repeat([]byte{5}, 16)
	code, _ := k.generate(1, "C#demo#id", seed, 8, Payment{})
	digest, _ := k.digest(1, "C#demo#id", "493817", Payment{})
	print, _ := k.fingerprint(1, []string{"OTP", "SMS"})
	long, _ := digits(&stream{key: k.code[1].codes, label: []byte("label")}, 80) // over three blocks
	for _, c := range []struct{ name, got, want string }{
		{"code", string(code), "37828985"},
		{"digest", hex.EncodeToString(digest), "c0c241bfbf623214933f954802d2545c21937701a65cb7d52ef74515efd0ca27"},
		{"print", hex.EncodeToString(print), "3d8cb5eb4227bb81ca3a428b718e47f88237c6816762aed62085bc143c0addff"},
		{"stream", long, "59998981325785723337730514707739043747281427772929791688299138613795866366857558"},
		{"ledger", k.LedgerKeys("demo", "+606543216353")[0], "N#Hgbc4a9w-_k5VBB6SNFCvD6UYM5SJKUqtqn3Yw2wu10"},
		{"shared ledger", k.SharedLedgerKeys("+606543216353")[0], "N#U1u_77XG_NfslI0oMrVRt4V-GigPd0PPROY77g_-chU"},
		{"send", SendID([]byte("20261122190077000000162140200586657"), "owner"), "MxD6tgTBApa"},
		{"challenge", ChallengeKey("demo", "id"), "C#demo#176003233610441753468731646"},
		{
			"odd client", ChallengeKey("a#b/c d", "id"),
			"C#~TRjAktPWgBwJvEfPJ8kFqKTJLHBwYY3QHVH5fc_MknY#320241877178939033912069872",
		},
		{"fields", hex.EncodeToString(fields("a", "", "bc")), "0000000161" + "00000000" + "000000026263"},
	} {
		if c.got != c.want {
			t.Errorf("%s: %s, want %s", c.name, c.got, c.want)
		}
	}
}

// No client has the ledger of all clients, or that of another client, whatever its id.
func TestLedgersAreApart(t *testing.T) {
	k := testKeys(t, 1)
	const to Phone = "+606543216353"
	seen := map[string]string{k.SharedLedgerKeys(to)[0]: "of all clients"}
	for _, client := range []string{
		"", "all clients", "all clients" + string(to), string(fields("all clients", string(to), "")), "N#", "demo",
	} {
		key := k.LedgerKeys(client, to)[0]
		if other, ok := seen[key]; ok {
			t.Errorf("client %q has the ledger %s", client, other)
		}
		seen[key] = fmt.Sprintf("of client %q", client)
	}
	if k.SharedLedgerKeys(to)[0] == k.SharedLedgerKeys(to + "1")[0] {
		t.Error("two numbers share a ledger")
	}
}

// Without entropy a call makes nothing and writes nothing.
func TestNoEntropy(t *testing.T) {
	now := func() time.Time { return time.UnixMilli(1_795_317_208_457) }
	start := Start{Client: "demo", ID: "id", Policy: DefaultPolicy()}
	for _, n := range []int64{0, 16, 31} { // bytes that the source has
		source := io.MultiReader(io.LimitReader(zero{}, n), iotest.ErrReader(errors.New("no entropy")))
		i := Issuer{Keys: testKeys(t, 1), Now: now, Rand: source} // a nil store panics
		if got, err := i.Init(context.Background(), start); err == nil || got.Outcome != "" {
			t.Errorf("init with %d bytes of entropy: %v %v, want an error", n, got, err)
		}
	}
	once := &failsOnce{}
	i := Issuer{Keys: testKeys(t, 1), Now: now, Rand: once}
	if got, err := i.Init(context.Background(), start); err == nil {
		t.Errorf("init after a failed read: %v, want an error", got)
	}
	v := Verifier{Keys: testKeys(t, 1), Now: now, Rand: iotest.ErrReader(errors.New("no entropy"))}
	if got, err := v.Verify(context.Background(), Check{}); err == nil || got.Outcome != "" {
		t.Errorf("verify without entropy: %v %v, want an error", got, err)
	}
}

// failsOnce is a source of entropy whose first read fails.
type failsOnce struct {
	zero
	failed bool
}

func (f *failsOnce) Read(p []byte) (int, error) {
	if !f.failed {
		f.failed = true
		return 0, errors.New("no entropy")
	}
	return f.zero.Read(p)
}

// zero is a source of zeros.
type zero struct{}

func (zero) Read(p []byte) (int, error) { clear(p); return len(p), nil }

// Each field is valid up to the ends of its range and not beyond.
func TestPolicyRanges(t *testing.T) {
	for _, c := range []struct {
		field   string
		ok, bad func(*Policy)
	}{
		{"Digits", func(p *Policy) { p.Digits = 4 }, func(p *Policy) { p.Digits = 3 }},
		{"Digits", func(p *Policy) { p.Digits = 8 }, func(p *Policy) { p.Digits = 9 }},
		{"Validity", func(p *Policy) { p.Validity = time.Minute }, func(p *Policy) { p.Validity = time.Minute - 1 }},
		{
			"Validity",
			func(p *Policy) { p.Validity = 10 * time.Minute }, func(p *Policy) { p.Validity = 10*time.Minute + 1 },
		},
		{"Attempts", func(p *Policy) { p.Attempts = 1 }, func(p *Policy) { p.Attempts = 0 }},
		{"Attempts", func(p *Policy) { p.Attempts = 5 }, func(p *Policy) { p.Attempts = 6 }},
		{"Cooldown", func(p *Policy) { p.Cooldown = 0 }, func(p *Policy) { p.Cooldown = -1 }},
		{"Cooldown", func(p *Policy) { p.Cooldown = time.Hour }, func(p *Policy) { p.Cooldown = time.Hour + 1 }},
		{"PerDay", func(p *Policy) { p.PerDay, p.PerHour = 3, 3 }, func(p *Policy) { p.PerDay, p.PerHour = 2, 2 }},
		{"PerDay", func(p *Policy) { p.PerDay = 20 }, func(p *Policy) { p.PerDay = 21 }},
		{"PerHour", func(p *Policy) { p.PerHour = 1 }, func(p *Policy) { p.PerHour = 0 }},
		{"PerHour", func(p *Policy) { p.PerHour = 10 }, func(p *Policy) { p.PerHour = 11 }},
		{"Unanswered", func(p *Policy) { p.Unanswered = 3 }, func(p *Policy) { p.Unanswered = 2 }},
		{"Unanswered", func(p *Policy) { p.Unanswered = 100 }, func(p *Policy) { p.Unanswered = 101 }},
		{"Pause", func(p *Policy) { p.Pause = time.Hour }, func(p *Policy) { p.Pause = time.Hour - 1 }},
		{"Pause", func(p *Policy) { p.Pause = 168 * time.Hour }, func(p *Policy) { p.Pause = 168*time.Hour + 1 }},
		{"Memory", func(p *Policy) { p.Memory = time.Hour }, func(p *Policy) { p.Memory = time.Hour - 1 }},
		{"Memory", func(p *Policy) { p.Memory = 168 * time.Hour }, func(p *Policy) { p.Memory = 168*time.Hour + 1 }},
	} {
		p := DefaultPolicy()
		if c.ok(&p); p.Validate() != nil {
			t.Errorf("%+v: %v, want no error", p, p.Validate())
		}
		p = DefaultPolicy()
		c.bad(&p)
		var out *RangeError
		if !errors.As(p.Validate(), &out) || out.Field != c.field {
			t.Errorf("%+v: %v, want an error for %s", p, p.Validate(), c.field)
		}
	}
	want := Policy{6, 5 * time.Minute, 5, 30 * time.Second, 5, 10, 20, 24 * time.Hour, 24 * time.Hour}
	if DefaultPolicy() != want {
		t.Errorf("defaults %+v, want %+v", DefaultPolicy(), want)
	}
	if got := (&RangeError{"Digits", 3, 4, 8}).Error(); got != "Digits is 3, must be 4 to 8" {
		t.Error(got)
	}
	if _, err := NewKeys(Secrets{1: make([]byte, 32)}, 1, Secrets{1: make([]byte, 32)}); err != nil || MinSecret != 32 {
		t.Error(err, MinSecret)
	}
}

// The wait for a number is the longest one of its ledgers, and the newer ones have
// neither pauses nor a reserve.
func TestWait(t *testing.T) {
	const hour, second = time.Hour, time.Second
	now, l, known := Millis(1_795_317_208_457), DefaultPolicy().Limits(), [][]byte{{1}}
	sends := func(d time.Duration, n int) (all []Send) {
		for k := range n {
			all = append(all, Send{At: now.Add(-d - time.Duration(k)*time.Second)})
		}
		return all
	}
	for name, c := range map[string]struct {
		ledgers []*Ledger // newest first
		want    time.Duration
	}{
		"no ledger":       {[]*Ledger{nil, nil}, 0},
		"the oldest":      {[]*Ledger{nil, {Sends: sends(second, 1)}}, 29 * second},
		"the newest":      {[]*Ledger{{Sends: sends(second, 1)}, {Sends: sends(60*second, 1)}}, 29 * second},
		"paused":          {[]*Ledger{nil, {Sends: sends(20*hour, 3), Unanswered: 40}}, 4*hour - 2*second},
		"not the newest":  {[]*Ledger{{Sends: sends(20*hour, 3), Unanswered: 40}, nil}, 0},
		"for known ones":  {[]*Ledger{{Sends: sends(20*hour, 7), Known: known}}, 4*hour + LongestLife - 6*second},
		"nobody is known": {[]*Ledger{{Sends: sends(20*hour, 7)}}, 0},
	} {
		if got := l.Wait(c.ledgers, now); got != c.want {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
	for unanswered, want := range map[int]time.Duration{
		0: 0, 19: 0, 20: hour, 22: hour, 23: 2 * hour, 34: 16 * hour, 35: 24 * hour, 99: 24 * hour,
	} {
		if got := DefaultPolicy().PauseAfter(unanswered); got != want {
			t.Errorf("%d unanswered: a pause of %v, want %v", unanswered, got, want)
		}
	}
}

// A refusal names the limit that refuses, and the longest wait.
func TestLimitsNamed(t *testing.T) {
	now := Millis(1_795_317_208_457)
	ago := func(ds ...time.Duration) (s []Send) {
		for n, d := range ds {
			s = append(s, Send{now.Add(-d), fmt.Sprint(n)})
		}
		return s
	}
	day := make([]time.Duration, 10) // ten in a day, two hours apart
	for n := range day {
		day[n] = time.Duration(n+1) * 2 * time.Hour
	}
	l := DefaultPolicy().Limits()
	two := Limits{Windows: []Window{{Sends: 2, In: time.Hour}}}
	longCooldown := Policy{PerHour: 2, PerDay: 3, Cooldown: time.Hour}.Limits()
	oneAnHour := Policy{PerHour: 1, PerDay: 3, Cooldown: 30 * time.Second}.Limits()
	for name, c := range map[string]struct {
		l    Limits
		n    Ledger
		why  Outcome
		wait time.Duration
	}{
		"nothing sent":   {l, Ledger{Unanswered: 99}, "", 0},
		"ten a day":      {l, Ledger{Sends: ago(day...)}, TooMany, 4*time.Hour + LongestLife},
		"two an hour":    {two, Ledger{Sends: ago(time.Minute, 2*time.Minute)}, TooMany, 58 * time.Minute},
		"paused":         {l, Ledger{Sends: ago(day[:3]...), Unanswered: 29}, TooMany, 2 * time.Hour},
		"longest pause":  {l, Ledger{Sends: ago(day[:3]...), Unanswered: 99}, TooMany, 18 * time.Hour},
		"one too few":    {l, Ledger{Sends: ago(day[:3]...), Unanswered: 28}, "", 0},
		"two in a pause": {l, Ledger{Sends: ago(day[:2]...), Unanswered: 99}, "", 0},
		"a whole hour":   {longCooldown, Ledger{Sends: ago(time.Second)}, TooSoon, time.Hour - time.Second},
		"one an hour":    {oneAnHour, Ledger{Sends: ago(time.Second)}, TooMany, time.Hour - time.Second},
		"pause the less": {l, Ledger{Sends: ago(time.Second), Unanswered: 19}, TooSoon, 29 * time.Second},
	} {
		if why, wait := c.l.Refusal(c.n, now); why != c.why || wait != c.wait {
			t.Errorf("%s: %q %v, want %q %v", name, why, wait, c.why, c.wait)
		}
	}
	// The order of the windows does not matter.
	back := Limits{Windows: []Window{{Sends: 2, In: time.Hour}, {Sends: 1, In: time.Minute, Cooldown: true}}}
	if why, _ := back.Refusal(Ledger{Sends: ago(time.Second, 2*time.Second)}, now); why != TooMany {
		t.Errorf("%q, want too many", why)
	}
	for n, want := range map[int]int{0: 0, 12: 12, 21: 21, 22: 12, 23: 12} { // depth 10
		if got := l.Trim(n); got != want {
			t.Errorf("trim %d: %d, want %d", n, got, want)
		}
	}
	for m, want := range map[Millis]int64{0: 0, 1: 1, 999: 1, 1000: 1, 1001: 2} {
		if m.Seconds() != want {
			t.Errorf("%d ms is %d s, want %d", m, m.Seconds(), want)
		}
	}
}

// Codes print as stars, numbers as stars and four digits, or fewer of a short number.
func TestSecretsPrintAs(t *testing.T) {
	for v, want := range map[any]string{
		Code("493817"): "******", Phone("+606543216353"): "*********6353",
		Phone("+6012345"): "********", Phone("+60123456"): "*******56", Phone("+50051234"): "*******34",
		Message{To: "+606543216353", Text: "x"}: "message to *********6353",
	} {
		if got := fmt.Sprint(v); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}

// Whatever its calling code, a number prints at most half of its national digits.
func TestPhoneShowsLittle(t *testing.T) {
	for n := 5; n <= 15; n++ {
		p := Phone("+" + "123456789012345"[:n])
		shown := strings.TrimLeft(p.String(), "*")
		if national := n - 3; len(p.String()) != len(p) || len(shown) > min(4, national/2) {
			t.Errorf("%s of %d digits shows %q", p, n, shown)
		}
		if n >= 11 && len(shown) != 4 {
			t.Errorf("%s of %d digits, want the last four", p, n)
		}
	}
}

// A write that is refused for no reason that the challenge shows is an error.
func TestJudgeUnexplained(t *testing.T) {
	c := Challenge{State: Delivered, Max: 5, SentAt: 1, ExpiresAt: 2, Code: []byte("a"), Guess: []byte("-"), Op: "-"}
	if got, err := judge(Write{Item: &c}, Guess{Op: "op", Now: 1}); err == nil || got.Outcome != "" {
		t.Errorf("%v %v, want an error", got, err)
	}
}
