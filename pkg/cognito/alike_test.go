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

// transcript plays a whole session with wrong answers and requests to send again. It returns all answers to the app,
// with their times.
func (p *pool) transcript(user string) string {
	p.t.Helper()
	begun := p.clock.Now()
	var record []any
	note := func(got turn, err error) *sealed {
		if err != nil {
			record = append(record, err.Error())
		}
		record = append(record, got.tokens, got.refused, p.clock.Now().Sub(begun).String())
		if got.next != nil {
			record = append(record, got.next.public)
		}
		return got.next
	}
	s := note(p.signIn(user))
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
		s = note(p.answer(s, step.text, step.metadata))
	}
	text, err := json.Marshal(record)
	if err != nil {
		p.t.Fatal(err)
	}
	return string(text)
}

func setNumber(number string) func(*pool) {
	return func(p *pool) { p.users[ana]["phone_number"] = number }
}

// strangers are users who get no message, by the cause.
var strangers = map[string]func(*pool){
	"unknown":          func(p *pool) { delete(p.users, ana) },
	"gone":             func(p *pool) { p.gone = ana },
	"no number":        func(p *pool) { delete(p.users[ana], "phone_number") },
	"unverified":       func(p *pool) { p.users[ana]["phone_number_verified"] = "false" },
	"no verified flag": func(p *pool) { delete(p.users[ana], "phone_number_verified") },
	"no such":          setNumber("+6012"),
	"not E.164":        setNumber("012-345 6789"),
	"not allowed":      setNumber("+12068800123"),
	"no mobile":        func(p *pool) { setNumber("+60312345678")(p); p.client.Numbers = phone.Mobile },
	"premium":          func(p *pool) { setNumber("+979123456789")(p); p.client.Countries = []string{"*"} },
}

// Neither the answers nor their time show whether a user exists.
func TestAlike(t *testing.T) {
	p := newPool(t)
	p.phone.takes = 700 * time.Millisecond
	want := p.transcript(ana)
	if p.code(3); strings.Count(want, "true") != 1 || !strings.Contains(want, `"attempts":"1"`) {
		t.Fatalf("a known user gets %s", want)
	}
	for name, set := range strangers {
		p := newPool(t)
		set(p)
		p.phone.takes = 700 * time.Millisecond
		if got := p.transcript(ana); got != want {
			t.Errorf("%s: the app gets\n%s, for a known user\n%s", name, got, want)
		}
		if len(p.phone.got) > 0 {
			t.Errorf("%s: a message was sent", name)
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
			t.Errorf("%s: the app gets\n%s, for other users\n%s", name, got, want)
		}
	}
}

// A fault of the table has the same answer for known and unknown users.
func TestAlikeInFaults(t *testing.T) {
	for name, set := range strangers {
		for _, broken := range []bool{false, true} {
			var answers [2]string
			for i := range answers {
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
						answers[i] += err.Error()
					}
				}
			}
			if answers[0] != answers[1] {
				t.Errorf("%s: the app gets %q, for other users %q", name, answers[1], answers[0])
			}
		}
	}
}

// An unknown user never passes, even with the code of a live challenge.
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

// No answer and no log line has a code or a number; the log has its mask (P14).
func TestSilence(t *testing.T) {
	p := newPool(t)
	p.transcript(ana)
	p.begin(ana)
	p.phone.answers = []otp.Delivery{otp.Refused}
	p.begin(ben)
	p.store.fails = func(int) bool { return true }
	p.signIn(ben)
	if len(p.phone.got) == 0 || len(p.answers) < 20 {
		t.Fatalf("%d messages and %d answers prove nothing", len(p.phone.got), len(p.answers))
	}
	answers, log := strings.Join(p.answers, "\n"), p.log.String()
	for _, m := range p.phone.got {
		code := regexp.MustCompile(`\b` + string(m.Code) + `\b`)
		if code.MatchString(answers) || code.MatchString(log) {
			t.Errorf("a code is in an answer or the log:\n%s\n%s", answers, log)
		}
	}
	for _, number := range []string{anasNumber, bensNumber} {
		logged := strings.Contains(log, number[1:]) || strings.Contains(log, number[3:])
		if strings.Contains(answers, number[len(number)-4:]) || logged {
			t.Errorf("a number is in an answer or the log:\n%s\n%s", answers, log)
		}
	}
}

// A call that sends takes at least [cognito.Pace]. Other calls do not wait.
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
			t.Errorf("with a sender that takes %v the call took %v, want %v", c.sender, got, c.want)
		}
		p.code(i + 1)
		p.clock.Advance(time.Minute)
	}
	if got := took(func() { p.goOn(s, "x", nil) }); got != 0 {
		t.Errorf("a wrong answer took %v, want 0", got)
	}
}

// The deadline of the sender leaves time to store its answer.
func TestPatience(t *testing.T) {
	p := newPool(t)
	sender := &slow{}
	p.triggers.Messages.Issuer.Sender = sender
	p.begin(ana)
	if sender.left <= 0 || sender.left > cognito.Timeout-time.Second {
		t.Errorf("the sender has %v of %v, want a second less at least", sender.left, cognito.Timeout)
	}
}

// slow is a sender that notes the time to its deadline.
type slow struct{ left time.Duration }

func (s *slow) Send(ctx context.Context, _ otp.Message) (otp.Delivery, string, error) {
	if deadline, ok := ctx.Deadline(); ok {
		s.left = time.Until(deadline)
	}
	return otp.Accepted, "", nil
}
