package cognito_test

import (
	"fmt"
	"maps"
	"reflect"
	"strings"
	"testing"
	"time"

	"countersign/pkg/cognito"
	"countersign/pkg/otp"
)

func TestRightCode(t *testing.T) {
	p := newPool(t)
	s := p.begin(ana)
	want := object{"channel": "sms", "digits": "6", "attempts": "5", "expiresIn": "300", "resendIn": "30"}
	if !reflect.DeepEqual(s.public, want) {
		t.Errorf("the app gets %v, want %v", s.public, want)
	}
	p.passes(s, p.code(1))
	m := p.phone.got[0]
	stated := strings.HasSuffix(m.Text, " is your Acme code, valid for 5 minutes.")
	if m.To.E164() != anasNumber || m.Origin.Name != "ACME" || !stated {
		t.Errorf("sent %q from %s to %s", m.Text, m.Origin.Name, m.To)
	}
}

// A reviewer signs in with the code of a test number, and nothing is sent. The app sees nothing of that.
func TestTestNumberOfAPool(t *testing.T) {
	p := newPool(t)
	p.users[ana]["phone_number"] = "+12025550123" // of a country that the client may not send to
	end := otp.MillisOf(p.clock.Now()).Add(10 * time.Minute)
	p.client.TestNumbers = map[otp.Phone]otp.Test{"+12025550123": {Code: "424242", Until: end}}
	for range 12 {
		s := p.begin(ana)
		want := object{"channel": "sms", "digits": "6", "attempts": "5", "expiresIn": "300", "resendIn": "30"}
		if !reflect.DeepEqual(s.public, want) {
			t.Errorf("the app gets %v, want %v", s.public, want)
		}
		p.passes(p.goOn(s, not("424242"), nil), "424242")
	}
	s := p.begin(ana)
	p.clock.Advance(time.Minute)
	s = p.goOn(s, "", resend)
	p.passes(s, "424242")
	if lines := strings.Count(p.log.String(), `"test":true`); len(p.phone.got) != 0 || lines < 12*3 {
		t.Errorf("%d messages, %d marked lines", len(p.phone.got), lines)
	}
	p.clock.Advance(end.Add(-time.Minute).Sub(otp.MillisOf(p.clock.Now())))
	s = p.begin(ana)
	p.clock.Advance(end.Sub(otp.MillisOf(p.clock.Now())))
	p.goOn(s, "424242", nil)
	p.goOn(p.begin(ana), "424242", nil)
	if len(p.phone.got) != 0 {
		t.Error("a message went out to a country that the client may not send to")
	}
}

// The message is in the user's language.
func TestLocale(t *testing.T) {
	p := newPool(t)
	p.users[ana]["locale"] = "de-AT"
	p.begin(ana)
	if p.code(1); !strings.HasSuffix(p.phone.got[0].Text, " ist Ihr Code für Acme. Er gilt 5 Minuten.") {
		t.Error(p.phone.got[0].Text)
	}
}

// If the brand is too long for the text in the user's language, the message is in English.
func TestLocaleOfALongBrand(t *testing.T) {
	p := newPool(t)
	p.client.Brand = strings.Repeat("B", 100)
	p.users[ana]["locale"] = "id-ID"
	s := p.begin(ana)
	if text := p.phone.got[0].Text; !strings.Contains(text, " is your "+p.client.Brand+" code,") || len(text) > 160 {
		t.Error(text)
	}
	p.passes(s, p.code(1))
}

// A wrong answer sends nothing and leaves the challenge as it is.
func TestThreeWrongThenRight(t *testing.T) {
	p := newPool(t)
	s := p.begin(ana)
	session := s.private["session"]
	for left := 4; left >= 2; left-- {
		p.clock.Advance(20 * time.Second)
		s = p.goOn(s, not(p.code(1)), nil)
		if s.public["attempts"] != fmt.Sprint(left) || s.private["session"] != session {
			t.Errorf("%v in session %v, want %d attempts in %v", s.public, s.private, left, session)
		}
	}
	if s.public["expiresIn"] != "239" || s.public["resendIn"] != "0" { // one second for the message
		t.Errorf("after a minute the app gets %v", s.public)
	}
	p.passes(s, p.code(1))
}

// After the last attempt the session fails, and its code passes in none of its rounds.
func TestLocked(t *testing.T) {
	p := newPool(t)
	rounds := []*sealed{p.begin(ana)}
	for range 4 {
		rounds = append(rounds, p.goOn(rounds[len(rounds)-1], not(p.code(1)), nil))
	}
	p.fails(rounds[4], not(p.code(1)))
	for i, s := range rounds {
		if got, err := p.answer(s, p.code(1), nil); err != nil || got.tokens {
			t.Errorf("round %d again: %+v %v", i, got, err)
		}
	}
}

// The store counts the attempts: a session that is answered many times from its first round has five guesses.
func TestAttemptsAreCountedInTheStore(t *testing.T) {
	p := newPool(t)
	s := p.begin(ana)
	for range 5 {
		p.goOn(s, not(p.code(1)), nil)
	}
	p.goOn(s, p.code(1), nil) // locked: the right code is wrong too
}

// An answer that cannot be a code uses no attempt of the challenge, but one answer of the session.
func TestAnswersWithoutCode(t *testing.T) {
	p := newPool(t)
	s := p.begin(ana)
	before := p.store.calls
	for _, rubbish := range []string{"", "resend", "12 34 S6", "²³"} {
		s = p.goOn(s, rubbish, nil)
	}
	if p.store.calls != before {
		t.Errorf("%d writes, want none", p.store.calls-before)
	}
	p.passes(s, p.code(1))
	s = p.begin(ben)
	for range 4 {
		s = p.goOn(s, "x", nil)
	}
	p.fails(s, "x")
}

func TestExpired(t *testing.T) {
	p := newPool(t)
	s := p.begin(ana)
	p.clock.Advance(5*time.Minute - cognito.Pace - time.Millisecond)
	late := p.goOn(s, not(p.code(1)), nil)
	p.clock.Advance(time.Millisecond)
	p.fails(late, p.code(1))
	p.fails(s, p.code(1))
	if got, err := p.answer(late, "", resend); err != nil || !got.refused {
		t.Errorf("send again: %+v %v, want a refusal", got, err)
	}
	p.code(1)
}

// A re-send has the same code and gives no attempt back.
func TestResend(t *testing.T) {
	p := newPool(t)
	s := p.goOn(p.begin(ana), not(p.code(1)), nil)
	p.clock.Advance(40 * time.Second)
	s = p.goOn(s, "anything", resend)
	if p.code(2) != string(p.phone.got[0].Code) {
		t.Error("the re-send has another code")
	}
	want := object{"channel": "sms", "digits": "6", "attempts": "4", "expiresIn": "259", "resendIn": "30"}
	if !reflect.DeepEqual(s.public, want) {
		t.Errorf("the app gets %v, want %v", s.public, want)
	}
	for range 3 {
		s = p.goOn(s, not(p.code(2)), nil)
	}
	p.fails(s, not(p.code(2)))
}

// A re-send is refused if the client may no longer send to the number.
func TestResendRecipient(t *testing.T) {
	p := newPool(t)
	s := p.begin(ana)
	p.clock.Advance(40 * time.Second)
	p.client.Countries = []string{"GB"}
	s = p.goOn(s, "", resend)
	code := p.code(1)
	if log := p.log.String(); !strings.Contains(log, `"outcome":"barred"`) {
		t.Errorf("logged %s", log)
	}
	p.passes(s, code) // the code of the first message
}

func TestResendThenRight(t *testing.T) {
	p := newPool(t)
	s := p.begin(ana)
	p.clock.Advance(40 * time.Second)
	s = p.goOn(s, p.code(1), resend) // a request to send again is never a guess
	p.passes(s, p.code(2))
}

func TestResendTooSoon(t *testing.T) {
	p := newPool(t)
	s := p.begin(ana)
	p.clock.Advance(30*time.Second - cognito.Pace - time.Millisecond)
	before := p.store.calls
	s = p.goOn(s, "", resend)
	if p.code(1); s.public["resendIn"] != "1" || p.store.calls != before {
		t.Errorf("the app gets %v, with %d writes", s.public, p.store.calls-before)
	}
	p.clock.Advance(time.Millisecond)
	s = p.goOn(s, "", resend)
	p.passes(s, p.code(2))
}

// The limits of a number count all its sessions, and no answer shows them.
func TestLimits(t *testing.T) {
	p := newPool(t)
	for range 5 {
		p.begin(ana)
		p.clock.Advance(time.Minute)
	}
	p.code(5)
	s := p.begin(ana)
	p.clock.Advance(time.Minute)
	s = p.goOn(s, "", resend)
	p.code(5)
	p.goOn(s, p.code(5), nil) // the code of another session
	if log := p.log.String(); !strings.Contains(log, `"outcome":"too_many"`) {
		t.Errorf("logged %s", log)
	}
}

// If a limit refuses the first message of a session, a later request can send it. Its code expires with the session.
func TestFirstMessageLate(t *testing.T) {
	p := newPool(t)
	p.begin(ana)
	s := p.begin(ana)
	p.code(1)
	p.clock.Advance(time.Minute - cognito.Pace)
	s = p.goOn(s, "", resend)
	if p.code(2) == string(p.phone.got[0].Code) || !strings.HasSuffix(p.phone.got[1].Text, "valid for 4 minutes.") {
		t.Errorf("sent %s, after %s", p.phone.got[1].Text, p.phone.got[0].Text)
	}
	p.clock.Advance(4*time.Minute - cognito.Pace - time.Millisecond)
	s = p.goOn(s, not(p.code(2)), nil)
	late := *s
	p.passes(s, p.code(2))
	p.clock.Advance(time.Millisecond)
	p.fails(&late, p.code(2))
}

// The app does not see the sender's answer and may ask for the code again.
func TestSenderRefuses(t *testing.T) {
	for _, delivery := range []otp.Delivery{otp.MaybeSent, otp.Refused} {
		p := newPool(t)
		p.phone.answers = []otp.Delivery{delivery}
		s := p.begin(ana)
		if delivery == otp.MaybeSent { // the message did arrive
			other := p.goOn(s, not(p.code(1)), nil)
			p.passes(other, p.code(1))
			continue
		}
		p.clock.Advance(time.Minute)
		s = p.goOn(s, "", resend)
		p.passes(s, p.code(1))
	}
}

// A code does not pass in another session.
func TestTwoSessions(t *testing.T) {
	p := newPool(t)
	first := p.begin(ana)
	p.clock.Advance(time.Minute)
	second := p.begin(ana)
	one, two := string(p.phone.got[0].Code), p.code(2)
	if one == two || first.private["session"] == second.private["session"] {
		t.Fatal("two sessions share a code or an id")
	}
	p.passes(p.goOn(second, one, nil), two)
	p.passes(p.goOn(first, two, nil), one)
}

// A session does not pass in the name of another user.
func TestSwappedSessions(t *testing.T) {
	p := newPool(t)
	anas, bens := p.begin(ana), p.begin(ben)
	codes := []string{string(p.phone.got[0].Code), p.code(2)}
	mixed := &sealed{user: ben, rounds: bens.rounds, private: anas.private}
	p.goOn(mixed, codes[0], nil)
	mixed.rounds = anas.rounds
	p.goOn(mixed, codes[0], nil)
	p.passes(anas, codes[0])
	p.passes(bens, codes[1])
}

// A code passes once, even if an old session is answered again.
func TestReplay(t *testing.T) {
	p := newPool(t)
	first := p.begin(ana)
	second := p.goOn(first, not(p.code(1)), nil)
	p.passes(second, p.code(1))
	for _, s := range []*sealed{first, second} {
		if got, err := p.answer(s, p.code(1), nil); err != nil || got.tokens {
			t.Errorf("again: %+v %v", got, err)
		}
	}
	p.clock.Advance(time.Hour)
	p.fails(second, p.code(1))
}

// Of many parallel answers with the right code, one passes.
func TestRace(t *testing.T) {
	p := newPool(t)
	s := p.begin(ana)
	code := p.code(1)
	results := make(chan turn)
	for range 16 {
		go func() {
			q := *p // each records its own answers
			got, err := q.answer(&sealed{user: s.user, rounds: s.rounds, private: maps.Clone(s.private)}, code, nil)
			if err != nil {
				t.Error(err)
			}
			results <- got
		}()
	}
	passed := 0
	for range 16 {
		if got := <-results; got.tokens {
			passed++
		}
	}
	if passed != 1 {
		t.Errorf("%d passed, want 1", passed)
	}
}
