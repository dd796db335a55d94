package telemetry_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"maps"
	"testing"
	"time"

	"countersign/pkg/documents"
	"countersign/pkg/guard"
	"countersign/pkg/otp"
	"countersign/pkg/telemetry"
	"countersign/pkg/telemetry/telemetrytest"
)

// write returns the log line of one request of 40 ms, as CloudWatch reads it.
func write(t *testing.T, set func(*telemetry.Request)) telemetrytest.Line {
	t.Helper()
	var log bytes.Buffer
	now := time.UnixMilli(1_795_317_208_457)
	ctx, r := telemetry.Begin(t.Context(), now)
	set(r)
	lines := &telemetry.Lines{Stack: "prod"}
	lines.Write(ctx, slog.New(slog.NewJSONHandler(&log, nil)), r, now.Add(40*time.Millisecond))
	return telemetrytest.Read(t, log.String())
}

// metrics are values by name and dimensions, as in [telemetrytest.Line].
type metrics = map[string]float64

// Dimensions of the metrics below.
const stack, ofAPI, ofCountry = " stack=prod", " stack=prod api=otp.send", " stack=prod country=MY"

var (
	// ofClients are the metrics of every request of a client.
	ofClients = metrics{"latency" + stack: 40, "latency" + ofAPI: 40, "faults" + stack: 0}
	sent      = metrics{"sends" + stack: 1, "passes" + stack: 0, "sends" + ofCountry: 1, "passes" + ofCountry: 0}
)

// counted are requests with the sets of metrics that they have.
var counted = map[string]struct {
	set  func(*telemetry.Request)
	want []metrics
}{
	"sent": {func(r *telemetry.Request) {
		r.Outcome, r.OK, r.Sends, r.Country = otp.Sent, true, 1, "MY"
	}, []metrics{ofClients, sent}},
	"sent to a number of no country": {func(r *telemetry.Request) {
		r.Outcome, r.OK, r.Sends = otp.Sent, true, 1
	}, []metrics{ofClients, {"sends" + stack: 1, "passes" + stack: 0}}},
	"sent, and the answer failed": {func(r *telemetry.Request) {
		r.Outcome, r.Sends, r.Country, r.Fault = otp.Sent, 1, "MY", "sign"
	}, []metrics{ofClients, sent, {"faults" + stack: 1, "faults" + stack + " fault=sign": 1}}},
	"passed": {func(r *telemetry.Request) {
		r.Outcome, r.OK, r.Country = otp.Passed, true, "MY"
	}, []metrics{
		ofClients,
		{"sends" + stack: 0, "passes" + stack: 1, "sends" + ofCountry: 0, "passes" + ofCountry: 1},
	}},
	"passed, and answered as not known": {func(r *telemetry.Request) {
		r.Outcome, r.Country, r.Fault = otp.Passed, "MY", "panic"
	}, []metrics{ofClients, {"faults" + stack: 1, "faults" + stack + " fault=panic": 1}}},
	"refused under a number": {func(r *telemetry.Request) { // Unimatrix's codes are numbers
		r.Result, r.Reason = "104002", "InvalidParams"
	}, []metrics{ofClients, {"refusals" + stack: 1, "refusals" + stack + " reason=InvalidParams": 1}}},
	"refused under a word": {func(r *telemetry.Request) {
		r.Result = "PARAM_ILLEGAL"
	}, []metrics{ofClients, {"refusals" + stack: 1, "refusals" + stack + " reason=PARAM_ILLEGAL": 1}}},
	"refused by the domain": {func(r *telemetry.Request) {
		r.Result, r.Reason, r.Outcome = "105300", "LimitExceed", otp.TooSoon
	}, []metrics{ofClients, {"refusals" + stack: 1, "refusals" + stack + " reason=too_soon": 1}}},
	"refused by the provider, for the operator to mend": {func(r *telemetry.Request) {
		r.Outcome, r.Operator = otp.Undeliverable, true
	}, []metrics{
		ofClients,
		{"operatorFaults" + stack: 1, "refusals" + stack: 1, "refusals" + stack + " reason=undeliverable": 1},
	}},
	"the last wrong code": {func(r *telemetry.Request) {
		r.Outcome = otp.Exhausted
	}, []metrics{ofClients, {"mismatches" + stack: 1, "lockouts" + stack: 1}}},
	"asked for a password": {func(r *telemetry.Request) {
		r.Outcome, r.OK, r.Password, r.Country = otp.AskedPassword, true, "PAYMENT", "MY"
	}, []metrics{ofClients}},
	"set a password": {func(r *telemetry.Request) {
		r.Outcome, r.OK, r.Password, r.Country = otp.PasswordSet, true, "LOGIN", "MY"
	}, []metrics{ofClients}},
	"asked for a password that there is none of": {func(r *telemetry.Request) {
		r.Outcome, r.Password, r.Country = otp.NoPassword, "LOGIN", "MY"
	}, []metrics{ofClients, {"refusals" + stack: 1, "refusals" + stack + " reason=no_password": 1}}},
	"the right password": {func(r *telemetry.Request) {
		r.Outcome, r.OK, r.Password, r.Country = otp.Passed, true, "PAYMENT", "MY"
	}, []metrics{ofClients, {"passwordPasses" + stack: 1, "passwordMismatches" + stack: 0}}},
	"a wrong password": {func(r *telemetry.Request) {
		r.Outcome, r.Password, r.Country = otp.Unmatched, "PAYMENT", "MY"
	}, []metrics{ofClients, {"passwordPasses" + stack: 0, "passwordMismatches" + stack: 1}}},
	"the wrong password that locks it": {func(r *telemetry.Request) {
		r.Outcome, r.Password, r.Country = otp.Exhausted, "LOGIN", "MY"
	}, []metrics{ofClients, {
		"passwordPasses" + stack: 0, "passwordMismatches" + stack: 1, "passwordLocks" + stack: 1,
	}}},
	"a locked password": {func(r *telemetry.Request) {
		r.Outcome, r.Password, r.Country = otp.Locked, "LOGIN", "MY"
	}, []metrics{ofClients, {"refusals" + stack: 1, "refusals" + stack + " reason=locked": 1}}},
	"the password of a test number": {func(r *telemetry.Request) {
		r.Outcome, r.OK, r.Password, r.Test = otp.Passed, true, "PAYMENT", true
	}, []metrics{ofClients, {"tests" + stack: 1}}},
	"sent to a test number": {func(r *telemetry.Request) {
		r.Outcome, r.OK, r.Test, r.Country = otp.Sent, true, true, "US"
	}, []metrics{ofClients, {"tests" + stack: 1}}},
	"passed for a test number": {func(r *telemetry.Request) {
		r.Outcome, r.OK, r.Test = otp.Passed, true, true
	}, []metrics{ofClients, {"tests" + stack: 1}}},
	"the last wrong code of a test number": {func(r *telemetry.Request) {
		r.Outcome, r.Test = otp.Exhausted, true
	}, []metrics{ofClients, {"tests" + stack: 1}}},
	"refused for a test number": {func(r *telemetry.Request) {
		r.Outcome, r.Test = otp.Expired, true
	}, []metrics{ofClients, {"tests" + stack: 1}}},
	"a stranger": {func(r *telemetry.Request) {
		r.Admitted, r.Result = false, "INVALID_SIGNATURE"
	}, []metrics{{"strangers" + stack: 1}}},
	"a stranger, and the table did not answer": {func(r *telemetry.Request) {
		r.Admitted = false
		r.Fail("client", errors.New("timeout"))
	}, []metrics{ofClients, {"faults" + stack: 1, "faults" + stack + " fault=client": 1}}},
}

// Each kind of request has these metrics with these dimensions in CloudWatch, and no others.
func TestMetrics(t *testing.T) {
	for name, c := range counted {
		t.Run(name, func(t *testing.T) {
			want := metrics{}
			for _, some := range c.want {
				maps.Copy(want, some)
			}
			line := write(t, func(r *telemetry.Request) {
				r.API, r.Admitted = "otp.send", true
				c.set(r)
			})
			if !maps.Equal(line.Metrics, want) {
				t.Errorf("metrics\n%v, want\n%v", line.Metrics, want)
			}
		})
	}
}

// table is a store. Each write takes a time of its own and returns the item that the test sets.
type table struct {
	now  time.Time
	item *otp.Challenge
}

func (s *table) takes(ms int) { s.now = s.now.Add(time.Duration(ms) * time.Millisecond) }

func (s *table) write(ms int) (otp.Write, error) {
	s.takes(ms)
	return otp.Write{Applied: true, Item: s.item}, nil
}

func (s *table) Challenge(context.Context, string) (*otp.Challenge, error) { return s.item, nil }
func (s *table) Reserve(context.Context, otp.Challenge, *otp.Challenge, otp.Millis) (otp.Write, error) {
	return s.write(1)
}
func (s *table) TakeOver(context.Context, otp.TakeOver) (otp.Write, error)   { return s.write(2) }
func (s *table) Claim(context.Context, otp.Claim) (otp.Write, error)         { return s.write(4) }
func (s *table) Settle(context.Context, otp.Settlement) (otp.Write, error)   { return s.write(8) }
func (s *table) Attempt(context.Context, otp.Guess) (otp.Write, error)       { return s.write(16) }
func (s *table) Spend(context.Context, otp.Spend) (spent otp.Spent, _ error) { s.takes(32); return }
func (s *table) Refund(context.Context, string, string, ...guard.Charged) error {
	s.takes(64)
	return nil
}
func (s *table) Answered(context.Context, otp.Answer) error { return nil }

// The record has the total time of all writes.
func TestTimeOfEachWrite(t *testing.T) {
	for want, call := range map[time.Duration]func(context.Context, telemetry.Store){
		1:  func(ctx context.Context, s telemetry.Store) { s.Reserve(ctx, otp.Challenge{}, nil, 0) },
		2:  func(ctx context.Context, s telemetry.Store) { s.TakeOver(ctx, otp.TakeOver{}) },
		4:  func(ctx context.Context, s telemetry.Store) { s.Claim(ctx, otp.Claim{}) },
		8:  func(ctx context.Context, s telemetry.Store) { s.Settle(ctx, otp.Settlement{}) },
		16: func(ctx context.Context, s telemetry.Store) { s.Attempt(ctx, otp.Guess{}) },
		32: func(ctx context.Context, s telemetry.Store) { s.Spend(ctx, otp.Spend{}) },
		64: func(ctx context.Context, s telemetry.Store) { s.Refund(ctx, "", "") },
		3: func(ctx context.Context, s telemetry.Store) {
			s.Reserve(ctx, otp.Challenge{}, nil, 0)
			s.TakeOver(ctx, otp.TakeOver{})
		},
	} {
		store := &table{}
		ctx, record := telemetry.Begin(t.Context(), store.now)
		call(ctx, telemetry.Store{Challenges: store, Ledgers: store, Now: func() time.Time { return store.now }})
		if record.Storing != want*time.Millisecond {
			t.Errorf("recorded %v of the store's time, want %d ms", record.Storing, want)
		}
	}
}

// slow is a table of documents whose writes take a second.
type slow struct {
	documents.Table
	now time.Time
}

func (s *slow) Put(context.Context, string, []byte, int64) (bool, error) {
	s.now = s.now.Add(time.Second)
	return false, nil
}

// The record has the time of documents that a request writes, too.
func TestTimeOfDocuments(t *testing.T) {
	store := &slow{}
	ctx, record := telemetry.Begin(t.Context(), store.now)
	documents := telemetry.Documents{Table: store, Now: func() time.Time { return store.now }}
	if _, err := documents.Put(ctx, "", nil, 0); err != nil || record.Storing != time.Second {
		t.Errorf("recorded %v of the table's time, want 1s: %v", record.Storing, err)
	}
}

// The record gets the masked number from the challenge that a write returns, if it has one, and the number of attempts
// left, which is never below 0.
func TestRecordOfAWrite(t *testing.T) {
	shown := otp.Reported{Mask: "+60******6353", Region: "MY", AuthID: "1"}
	for name, c := range map[string]struct {
		item                *otp.Challenge
		mask, country, auth string
		left                int
	}{
		"a challenge": {&otp.Challenge{Reported: shown, Max: 5, Attempts: 2}, "+60******6353", "MY", "1", 3},
		"no item":     {nil, "+1******0123", "US", "2", -1},
		"an item without mask": {
			&otp.Challenge{Reported: otp.Reported{Region: "MY", AuthID: "1"}, Max: 5, Attempts: 5},
			"+1******0123", "US", "2", 0,
		},
		"more attempts than max": {&otp.Challenge{Reported: shown, Max: 3, Attempts: 5}, "+60******6353", "MY", "1", 0},
	} {
		t.Run(name, func(t *testing.T) {
			if c.item != nil {
				c.item.Test = true
			}
			store := &table{item: c.item}
			ctx, r := telemetry.Begin(t.Context(), store.now)
			r.Mask, r.Country, r.AuthID = "+1******0123", "US", "2" // known from the request
			s := telemetry.Store{Challenges: store, Ledgers: store, Now: func() time.Time { return store.now }}
			if _, err := s.Attempt(ctx, otp.Guess{}); err != nil {
				t.Fatal(err)
			}
			if test := c.item != nil; r.Test != test {
				t.Errorf("recorded test %v, want %v", r.Test, test)
			}
			if r.Mask != c.mask || r.Country != c.country || r.AuthID != c.auth || r.Left != c.left {
				t.Errorf("recorded %s %s %s, %d left; want %s %s %s, %d",
					r.Mask, r.Country, r.AuthID, r.Left, c.mask, c.country, c.auth, c.left)
			}
		})
	}
}

// always is a sender with one answer.
type always otp.Delivery

func (s always) Send(context.Context, otp.Message) (otp.Delivery, string, error) {
	return otp.Delivery(s), "", nil
}

// Only a message that the sender accepted counts as a send, not one with an unclear answer.
func TestSends(t *testing.T) {
	for delivery, want := range map[otp.Delivery]int{otp.Accepted: 1, otp.MaybeSent: 0, otp.Refused: 0} {
		ctx, r := telemetry.Begin(t.Context(), time.Time{})
		sender := telemetry.Sender{Sender: always(delivery), Now: func() time.Time { return time.Time{} }}
		if d, _, err := sender.Send(ctx, otp.Message{}); d != delivery || err != nil || r.Sends != want {
			t.Errorf("delivery %d, %v: %d sends, want %d", d, err, r.Sends, want)
		}
	}
}
