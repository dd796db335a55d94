package cognito_test

import (
	"context"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"countersign/pkg/otp"
	"countersign/pkg/telemetry"
	"countersign/pkg/telemetry/telemetrytest"
)

// lines returns the lines since the last call and the sums of their metrics. There must be one line for each event.
func (p *pool) lines() (lines []map[string]any, sums map[string]float64) {
	p.t.Helper()
	sums = map[string]float64{}
	for text := range strings.Lines(p.log.Take()) {
		p.quiet(text)
		line := telemetrytest.Read(p.t, text)
		lines = append(lines, line.Members)
		for name, value := range line.Metrics {
			if !strings.HasPrefix(name, "latency ") {
				sums[name] += value
			}
		}
	}
	if len(lines) != len(p.answers) {
		p.t.Errorf("%d lines for %d events: %v", len(lines), len(p.answers), lines)
	}
	p.answers = nil
	maps.DeleteFunc(sums, func(_ string, sum float64) bool { return sum == 0 })
	return lines, sums
}

// quiet checks that a line has no code, no number and no user name (P14).
func (p *pool) quiet(line string) {
	p.t.Helper()
	for _, m := range p.phone.got {
		if regexp.MustCompile(`\b` + string(m.Code) + `\b`).MatchString(line) {
			p.t.Errorf("the line has a code: %s", line)
		}
	}
	for _, secret := range []string{anasNumber[3:], bensNumber[3:], `"ana"`, `"ben"`, "canary"} {
		if strings.Contains(line, secret) {
			p.t.Errorf("the line has %q: %s", secret, line)
		}
	}
}

type fields = map[string]any

// wants checks the lines since the last call: members and their values, "" for a missing member. It returns the sums of
// their metrics.
func (p *pool) wants(step string, want ...fields) (sums map[string]float64) {
	p.t.Helper()
	lines, sums := p.lines()
	if len(lines) != len(want) {
		p.t.Errorf("%s: %d lines, want %d: %v", step, len(lines), len(want), lines)
		return sums
	}
	for i, line := range lines {
		for name, value := range want[i] {
			got := line[name]
			if got == nil {
				got = ""
			}
			if fmt.Sprint(got) != fmt.Sprint(value) {
				p.t.Errorf("%s: line %d: %s is %v, want %v: %v", step, i, name, got, value, line)
			}
		}
	}
	return sums
}

const (
	define = "DefineAuthChallenge"
	create = "CreateAuthChallenge"
	verify = "VerifyAuthChallengeResponse"
)

// counts compares sums of metrics. A test names them without the stack: "refusals reason=too_soon".
func counts(t *testing.T, step string, got, want map[string]float64) {
	t.Helper()
	bare := map[string]float64{}
	for name, n := range got {
		bare[strings.Replace(name, " stack=prod", "", 1)] = n
	}
	if !maps.Equal(bare, want) {
		t.Errorf("%s: counted %v, want %v", step, bare, want)
	}
}

// A sign-in with a message, an answer that is not a code, a wrong code and the right code has one line for each event,
// and counts one message and one pass.
func TestLines(t *testing.T) {
	p := newPool(t)
	p.phone.takes = 700 * time.Millisecond
	s := p.begin(ana)
	counts(t, "begin", p.wants("begin",
		fields{
			"level": "INFO", "msg": "request", "request": "an invocation", "contract": "cognito",
			"api": define, "client": "pool", "result": "challenge", "outcome": "", "latency": 0,
			"faults": 0,
		},
		fields{
			"level": "INFO", "contract": "cognito", "api": create, "client": "pool", "result": "challenge",
			"outcome": "sent", "number": "+60*****6789", "country": "MY",
			"attemptsLeft": 5, "latency": 1000, "sender": 700, "sends": 1, "passes": 0},
	), map[string]float64{"sends": 1, "sends country=MY": 1})

	s = p.goOn(s, "12 S4", nil)
	counts(t, "no code", p.wants("no code",
		fields{
			"api": verify, "result": "wrong", "outcome": "", "detail": "the answer is not of digits",
			"attemptsLeft": "",
		},
		fields{"api": define, "result": "challenge"}, fields{"api": create, "attemptsLeft": 4, "latency": 0},
	), map[string]float64{})

	s = p.goOn(s, not(p.code(1)), nil)
	counts(t, "wrong", p.wants("wrong",
		fields{
			"level": "INFO", "api": verify, "client": "pool", "result": "wrong", "outcome": "unmatched",
			"attemptsLeft": 4, "number": "+60*****6789", "country": "MY",
		},
		fields{"api": define, "result": "challenge", "outcome": ""},
		fields{"api": create, "result": "challenge", "outcome": "", "attemptsLeft": 3},
	), map[string]float64{"mismatches": 1})

	p.passes(s, p.code(1))
	counts(t, "right", p.wants("right",
		fields{
			"api": verify, "result": "right", "outcome": "passed", "attemptsLeft": 3, "country": "MY",
			"passes": 1, "sends": 0,
		},
		fields{"api": define, "result": "tokens", "outcome": "", "passes": ""},
	), map[string]float64{"passes": 1, "passes country=MY": 1})
}

// The end of a session is counted once, by the first trigger that finds it.
func TestLinesAtTheEnd(t *testing.T) {
	p := newPool(t)
	s := p.begin(ana)
	for range 4 {
		s = p.goOn(s, not(p.code(1)), nil)
	}
	p.lines()
	p.fails(s, not(p.code(1)))
	counts(t, "locked", p.wants("locked",
		fields{"api": verify, "result": "wrong", "outcome": "exhausted", "attemptsLeft": 0},
		fields{"level": "INFO", "api": define, "result": "refused", "outcome": ""},
	), map[string]float64{"mismatches": 1, "lockouts": 1})

	p.clock.Advance(time.Minute)
	s = p.begin(ana)
	p.lines()
	p.clock.Advance(20 * time.Second)
	p.goOn(s, "", resend)
	counts(t, "too soon", p.wants("too soon",
		fields{"api": verify, "result": "resend", "outcome": "", "attemptsLeft": ""},
		fields{"api": define, "result": "challenge"},
		fields{"api": create, "result": "challenge", "outcome": "too_soon", "waitSeconds": 9},
	), refusedFor("too_soon"))

	p.clock.Advance(5 * time.Minute)
	p.fails(s, p.code(2))
	counts(t, "late", p.wants("late",
		fields{"api": verify, "result": "wrong", "outcome": "expired"},
		fields{"api": define, "result": "refused", "outcome": ""},
	), refusedFor("expired"))
	if got, err := p.answer(s, "", resend); err != nil || !got.refused {
		t.Errorf("%+v %v", got, err)
	}
	counts(t, "too late to send again", p.wants("too late to send again",
		fields{"api": verify, "result": "resend"}, fields{"api": define, "result": "refused", "outcome": "expired"},
	), refusedFor("expired"))

	password := []any{object{"challengeName": "SRP_A", "challengeResult": true}}
	if got, err := p.define(&sealed{user: ana, rounds: password}, nil); err != nil || !got.refused {
		t.Errorf("a password: %+v %v, want a refusal", got, err)
	}
	counts(t, "a password", p.wants("a password",
		fields{"level": "INFO", "api": define, "result": "refused", "reason": "session"},
	), refusedFor("session"))
}

// A refused message counts by its reason, and so does an answer to a code that was never sent. The line is no error:
// nobody has to act.
func TestLinesOfRefusals(t *testing.T) {
	for name, c := range refusals {
		p := newPool(t)
		switch name {
		case "limited":
			p.begin(ana)
			p.lines()
		case "refused":
			p.phone.answers = []otp.Delivery{otp.Refused}
		default:
			strangers[name](p)
		}
		s := p.begin(ana)
		first := fields{
			"level": "INFO", "api": create, "client": "pool", "result": "challenge", "attemptsLeft": 5,
			"sends": "", "fault": "",
		}
		maps.Copy(first, c.first)
		sums := p.wants(name, fields{"outcome": "", "result": "challenge"}, first)
		counts(t, name, sums, refusedFor(c.first["outcome"]))

		p.goOn(s, "123456", nil)
		answer := fields{"level": "INFO", "result": "wrong"}
		maps.Copy(answer, c.answer)
		sums = p.wants(name, answer, fields{"result": "challenge"}, fields{"result": "challenge", "outcome": ""})
		counts(t, name, sums, refusedFor(c.answer["outcome"]))
	}
}

// refusedFor is the count of one refusal.
func refusedFor(reason any) map[string]float64 {
	return map[string]float64{"refusals": 1, fmt.Sprint("refusals reason=", reason): 1}
}

// refusals are the lines of a refused message and of an answer to it, by the reason.
var refusals = map[string]struct{ first, answer fields }{
	"unknown": {fields{"outcome": "no_user", "number": "", "country": ""}, fields{"outcome": "no_user"}},
	"gone":    {fields{"outcome": "no_user", "number": ""}, fields{"outcome": "no_user"}},
	"no number": {
		fields{"outcome": "undeliverable", "detail": "phone_number: the user has none"},
		fields{"outcome": "unknown"},
	},
	"unverified": {
		fields{"outcome": "undeliverable", "detail": "phone_number_verified: is not true", "number": ""},
		fields{"outcome": "unknown"},
	},
	"no verified flag": {
		fields{"outcome": "undeliverable", "detail": "phone_number_verified: is not true"},
		fields{"outcome": "unknown"},
	},
	"no such":   {fields{"outcome": "bad_number", "number": ""}, fields{"outcome": "unknown"}},
	"not E.164": {fields{"outcome": "bad_number", "number": ""}, fields{"outcome": "unknown"}},
	"not allowed": {
		fields{"outcome": "barred", "number": "+1******0123", "country": "US"},
		fields{"outcome": "unknown"},
	},
	"no mobile": {fields{"outcome": "bad_number", "country": "MY"}, fields{"outcome": "unknown"}},
	"premium":   {fields{"outcome": "barred"}, fields{"outcome": "unknown"}},
	"limited": {
		fields{"outcome": "too_soon", "waitSeconds": 29, "number": "+60*****6789", "country": "MY"},
		fields{"outcome": "unknown"},
	},
	"refused": {
		fields{"outcome": "undeliverable", "cause": "refused, as the test wants it", "country": "MY"},
		fields{"outcome": "unknown"},
	},
}

// A user who is deleted after the message does not pass, and no pass is counted.
func TestLinesOfUserGone(t *testing.T) {
	p := newPool(t)
	s := p.begin(ana)
	p.gone = ana
	p.lines()
	p.goOn(s, p.code(1), nil)
	counts(t, "gone", p.wants("gone",
		fields{"api": verify, "result": "wrong", "outcome": "no_user"}, fields{}, fields{},
	), refusedFor("no_user"))
	rounds := slices.Clone(s.rounds)
	rounds[0].(object)["challengeResult"] = true
	if got, err := p.define(&sealed{user: ana, rounds: rounds}, nil); err != nil || !got.refused {
		t.Errorf("%+v %v", got, err)
	}
	counts(t, "passed before", p.wants("passed before",
		fields{"api": define, "result": "refused", "outcome": "no_user"},
	), refusedFor("no_user"))
}

// Above the client's rate nothing is decided, and the line is a refusal.
func TestLinesAboveTheRate(t *testing.T) {
	p := newPool(t)
	s := p.begin(ana)
	p.lines()
	p.triggers.Limiter = traffic(func() (bool, error) { return false, nil })
	if _, err := p.answer(s, p.code(1), nil); err == nil {
		t.Error("answered")
	}
	counts(t, "verify", p.wants("verify",
		fields{"level": "INFO", "api": verify, "result": "error", "reason": "rate", "fault": ""},
	), refusedFor("rate"))
	if _, err := p.signIn(ana); err == nil {
		t.Error("answered")
	}
	counts(t, "create", p.wants("create", fields{},
		fields{"level": "INFO", "api": create, "result": "error", "reason": "rate"},
	), refusedFor("rate"))
}

// An event out of its order is a fault. A payload that is not an event of these triggers is a stranger's.
func TestLinesOfStrangeEvents(t *testing.T) {
	p := newPool(t)
	for _, api := range []string{create, verify} {
		e := p.event(api+"_Authentication", ana, nil)
		e.request["session"], e.request["challengeName"], e.request["challengeAnswer"] =
			[]any{nil}, "CUSTOM_CHALLENGE", "123456"
		if out, err := p.invoke(e); err == nil {
			t.Errorf("%s: %v", api, out)
		}
		p.wants(api, fields{"level": "ERROR", "api": api, "client": "pool", "result": "error", "fault": "session"})
	}
	p.triggers.Lines.Every = telemetry.SampleEvery
	for _, payload := range []string{
		"canary", `{"triggerSource":"canary"}`,
		`{"triggerSource":"DefineAuthChallenge_Authentication","request":"canary"}`,
	} {
		if out, err := p.triggers.Invoke(context.Background(), []byte(payload)); err == nil {
			t.Errorf("%s", out)
		}
	}
	p.answers = []string{"the first of them"}
	p.wants("the first", fields{
		"level": "INFO", "contract": "cognito", "api": "none", "client": "", "result": "error",
		"detail": "unknown event", "strangers": 1, "reason": "",
	})
	p.begin(ana)
	p.wants("then", fields{"strangers": 2, "client": "pool"}, fields{"strangers": ""})
}

// Without metrics the triggers serve as before.
func TestLinesWithoutMetrics(t *testing.T) {
	p := newPool(t)
	p.triggers.Lines = nil
	p.passes(p.begin(ana), p.code(1))
	if log := p.log.String(); strings.Contains(log, "_aws") || strings.Count(log, `"contract":"cognito"`) != 4 {
		t.Error(log)
	}
}
