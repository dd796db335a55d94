package cognito_test

import (
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"countersign/pkg/clients"
	"countersign/pkg/otp"
	"countersign/pkg/snssender"
)

// found returns a directory with one answer.
func found(c *clients.Client, err error) clients.Directory {
	return directory(func() (*clients.Client, error) { return c, err })
}

// undecided are faults that keep a trigger from deciding.
var undecided = map[string]struct {
	set    func(*pool)
	fault  string // of a message
	answer string // of a guess, "" for none
	cause  string
}{
	"table": {
		func(p *pool) { p.store.fails = func(int) bool { return true } }, "send", "verify",
		errFault.Error(),
	},
	"client": {func(p *pool) { p.triggers.Clients = found(nil, errFault) }, "client", "client", errFault.Error()},
	"disabled": {
		func(p *pool) { p.triggers.Clients = found(nil, nil) }, "client", "client",
		"it is unknown or disabled",
	},
	"traffic": {
		func(p *pool) { p.triggers.Limiter = traffic(func() (bool, error) { return true, errFault }) },
		"traffic", "traffic", errFault.Error(),
	},
	"text":    {func(p *pool) { p.client.Brand = "a\nb" }, "text", "", "control characters"},
	"entropy": {func(p *pool) { p.triggers.Rand = iotest.ErrReader(errFault) }, "entropy", "", errFault.Error()},
	"panic": {func(p *pool) {
		p.triggers.Clients = directory(func() (*clients.Client, error) { panic("canary 123456") })
	}, "panic", "panic", "panic with a value of type string"},
}

// A request that cannot be decided has a fault in its line. The app gets an error that does not state the cause.
func TestLinesOfFaults(t *testing.T) {
	for name, c := range undecided {
		p := newPool(t)
		s := p.begin(ana)
		p.clock.Advance(time.Minute)
		p.lines()
		c.set(p)
		_, err := p.signIn(ana)
		p.undecided(name, c.cause, err)
		sums := p.wants(name, fields{"level": "INFO", "api": define}, faultOf(create, c.fault))
		counts(t, name, sums, map[string]float64{"faults": 1, "faults fault=" + c.fault: 1})
		if c.answer == "" {
			continue
		}
		_, err = p.answer(s, p.code(1), nil)
		p.undecided(name, c.cause, err)
		sums = p.wants(name, faultOf(verify, c.answer))
		counts(t, name, sums, map[string]float64{"faults": 1, "faults fault=" + c.answer: 1})
	}
}

func faultOf(api, fault string) fields {
	return fields{
		"level": "ERROR", "api": api, "client": "pool", "result": "error", "fault": fault,
		"faults": 1, "operatorFaults": "", "reason": "",
	}
}

// undecided checks the error that an app gets, and that the log has the cause.
func (p *pool) undecided(name, cause string, err error) {
	p.t.Helper()
	if err == nil || err.Error() != "the sign-in could not be decided: try again from the beginning" {
		p.t.Errorf("%s: the app gets %v", name, err)
	}
	log := p.log.String()
	trace := strings.Contains(log, "runtime/debug.Stack")
	if !strings.Contains(log, cause) || trace != (name == "panic") {
		p.t.Errorf("%s: logged %s, want the cause %q and a trace of a panic only", name, log, cause)
	}
}

// An unclear answer of the sender is a fault. A refusal that every message gets is for the operator. The app gets
// neither.
func TestLinesOfTheSender(t *testing.T) {
	p := newPool(t)
	p.phone.answers = []otp.Delivery{otp.MaybeSent}
	p.begin(ana)
	counts(t, "unclear", p.wants("unclear", fields{}, fields{
		"level": "ERROR", "result": "challenge", "outcome": "unclear", "fault": "sender",
		"cause": "unclear, as the test wants it",
	}), map[string]float64{"faults": 1, "faults fault=sender": 1})
	p.phone.answers, p.phone.cause = []otp.Delivery{otp.Refused}, &snssender.Error{
		Sender: "sns", Code: "AuthorizationError", Status: 403, Reason: "not allowed", Operator: true,
	}
	p.begin(ben)
	counts(t, "operator", p.wants("operator", fields{}, fields{
		"level": "ERROR", "result": "challenge", "outcome": "undeliverable", "operator": true,
		"fault": "", "number": "+60*****6543",
	}), map[string]float64{"operatorFaults": 1, "refusals": 1, "refusals reason=undeliverable": 1})
}
