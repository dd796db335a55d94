package cognito_test

import (
	"context"
	"encoding/json"
	"regexp"
	"strings"
	"testing"
	"time"

	"countersign/pkg/cognito"
	"countersign/pkg/otp"
	"countersign/pkg/phone"
)

// transcript plays a whole session: wrong answers, requests to send again, what
// would be right, and the end. It returns all that an app hears, and when.
func (p *pool) transcript(user string) string {
	p.t.Helper()
	begun := p.clock.Now()
	var heard []any
	hear := func(got turn, err error) *sealed {
		if err != nil {
			heard = append(heard, err.Error())
		}
		heard = append(heard, got.tokens, got.refused, p.clock.Now().Sub(begun).String())
		if got.next != nil {
			heard = append(heard, got.next.public)
		}
		return got.next
	}
	s := hear(p.signIn(user))
	for _, step := range []struct {
		after    time.Duration
		text     string
		metadata object
	}{
		{time.Second, "", resend}, {time.Minute, "", resend}, {0, "111111", nil}, {0, "", nil},
		{time.Minute, "", resend},
		{0, "222222", nil}, {time.Second, "x", nil}, {time.Second, "333333", nil},
	} {
		if s == nil {
			break
		}
		p.clock.Advance(step.after)
		s = hear(p.answer(s, step.text, step.metadata))
	}
	text, err := json.Marshal(heard)
	if err != nil {
		p.t.Fatal(err)
	}
	return string(text)
}

// strangers are users who get no message, by what is the matter with them.
var strangers = map[string]func(*pool){
	"unknown":     func(p *pool) { delete(p.users, ana) },
	"gone":        func(p *pool) { p.gone = ana },
	"no number":   func(p *pool) { delete(p.users[ana], "phone_number") },
	"unverified":  func(p *pool) { p.users[ana]["phone_number_verified"] = "false" },
	"not said":    func(p *pool) { delete(p.users[ana], "phone_number_verified") },
	"no such":     func(p *pool) { p.users[ana]["phone_number"] = "+6012" },
	"not E.164":   func(p *pool) { p.users[ana]["phone_number"] = "012-345 6789" },
	"not allowed": func(p *pool) { p.users[ana]["phone_number"] = "+12068800123" },
	"no mobile":   func(p *pool) { p.users[ana]["phone_number"] = "+60312345678"; p.client.Numbers = phone.Mobile },
	"premium":     func(p *pool) { p.users[ana]["phone_number"] = "+979123456789"; p.client.Countries = []string{"*"} },
}

// Neither the answers nor their time show whether a user exists.
func TestAlike(t *testing.T) {
	p := newPool(t)
	p.phone.takes = 700 * time.Millisecond
	want := p.transcript(ana)
	if p.code(3); strings.Count(want, "true") != 1 || !strings.Contains(want, `"attempts":"1"`) {
		t.Fatalf("a known user hears %s", want)
	}
	for name, set := range strangers {
		p := newPool(t)
		set(p)
		p.phone.takes = 700 * time.Millisecond
		if got := p.transcript(ana); got != want {
			t.Errorf("%s: hears\n%s, a known user\n%s", name, got, want)
		}
		if len(p.phone.got) > 0 {
			t.Errorf("%s: got a message", name)
		}
	}
	for name, set := range map[string]func(*pool){
		"limited": func(p *pool) { p.begin(ana); p.clock.Advance(-cognito.Pace) },
		"refused": func(p *pool) { p.phone.answers = []otp.Delivery{otp.Refused, otp.Refused, otp.Refused} },
		"unclear": func(p *pool) { p.phone.answers = []otp.Delivery{otp.MaybeSent, otp.MaybeSent, otp.MaybeSent} },
	} {
		p := newPool(t)
		set(p)
		if got := p.transcript(ana); got != want {
			t.Errorf("%s: hears\n%s, others\n%s", name, got, want)
		}
	}
}

// A table that fails, fails for everybody.
func TestAlikeInFaults(t *testing.T) {
	for name, set := range strangers {
		for _, broken := range []bool{false, true} {
			var heard [2]string
			for i := range heard {
				p := newPool(t)
				if i == 1 {
					set(p)
				}
				s := p.begin(ana)
				p.store.fails = func(int) bool { return broken }
				_, err := p.answer(s, "000000", nil)
				_, again := p.signIn(ana)
				for _, err := range []error{err, again} {
					if (err != nil) != broken {
						t.Errorf("%s: %v with the table broken %t", name, err, broken)
					} else if broken {
						heard[i] += err.Error()
					}
				}
			}
			if heard[0] != heard[1] {
				t.Errorf("%s: hears %q, others %q", name, heard[1], heard[0])
			}
		}
	}
}

// Every answer of a user who does not exist is wrong, even if there were a
// challenge that it passes.
func TestUnknownNeverPasses(t *testing.T) {
	p := newPool(t)
	s := p.begin(ana)
	delete(p.users, ana)
	p.goOn(s, p.code(1), nil)
	last := s.rounds[len(s.rounds)-1].(object)
	last["challengeResult"] = true
	if got, err := p.define(s, nil); err != nil || !got.refused {
		t.Errorf("%+v %v, want a refusal", got, err)
	}
}

// Neither a code nor a number, nor any part of one but the mask in the log, leaves
// the triggers (P14).
func TestTellsNothing(t *testing.T) {
	p := newPool(t)
	p.transcript(ana)
	p.begin(ana)
	p.phone.answers = []otp.Delivery{otp.Refused}
	p.begin(ben)
	p.store.fails = func(int) bool { return true }
	p.signIn(ben)
	if len(p.phone.got) == 0 || len(p.said) < 20 {
		t.Fatal("nothing was said")
	}
	said, log := strings.Join(p.said, "\n"), p.log.String()
	for _, m := range p.phone.got {
		code := regexp.MustCompile(`\b` + string(m.Code) + `\b`)
		if code.MatchString(said) || code.MatchString(log) {
			t.Errorf("a code is in an answer or the log:\n%s\n%s", said, log)
		}
	}
	for _, number := range []string{anasNumber, bensNumber} {
		if strings.Contains(said, number[len(number)-4:]) || strings.Contains(log, number[1:]) ||
			strings.Contains(log, number[3:]) {
			t.Errorf("a number is in an answer or the log:\n%s\n%s", said, log)
		}
	}
}

// A call that sends takes at least [cognito.Pace]; one that does not send does
// not wait.
func TestPace(t *testing.T) {
	p := newPool(t)
	took := func(call func()) time.Duration {
		begun := p.clock.Now()
		call()
		return p.clock.Now().Sub(begun)
	}
	var s *sealed
	for i, c := range []struct{ sender, want time.Duration }{
		{0, cognito.Pace}, {400 * time.Millisecond, cognito.Pace},
		{1400 * time.Millisecond, 1400 * time.Millisecond},
	} {
		p.phone.takes = c.sender
		if got := took(func() { s = p.begin(ana) }); got != c.want {
			t.Errorf("with a sender that takes %v: %v, want %v", c.sender, got, c.want)
		}
		p.code(i + 1)
		p.clock.Advance(time.Minute)
	}
	if got := took(func() { p.goOn(s, "x", nil) }); got != 0 {
		t.Errorf("a wrong answer takes %v", got)
	}
}

// The sender is not waited for longer than is left to write down what it did.
func TestPatience(t *testing.T) {
	p := newPool(t)
	sender := &slow{}
	p.triggers.Messages.Issuer.Sender = sender
	p.begin(ana)
	if sender.left <= 0 || sender.left > cognito.Timeout-time.Second {
		t.Errorf("the sender has %v of %v", sender.left, cognito.Timeout)
	}
}

// slow is a sender that notes how long it would be waited for.
type slow struct{ left time.Duration }

func (s *slow) Send(ctx context.Context, _ otp.Message) (otp.Delivery, error) {
	if deadline, ok := ctx.Deadline(); ok {
		s.left = time.Until(deadline)
	}
	return otp.Accepted, nil
}
