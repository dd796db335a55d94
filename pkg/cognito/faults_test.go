package cognito_test

import (
	"context"
	"encoding/json"
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"countersign/pkg/clients"
	"countersign/pkg/cognito"
	"countersign/pkg/filetest"
)

// If any write fails, before or after its effect, nobody is signed in, and the app gets an error and not "wrong code".
func TestFaults(t *testing.T) {
	for _, effect := range []bool{false, true} {
		for call := 1; call <= 3; call++ { // reserve, spend, settle
			p := newPool(t)
			p.store.fails, p.store.effect = func(n int) bool { return n == call }, effect
			if got, err := p.signIn(ana); err == nil || got != (turn{}) {
				t.Errorf("write %d fails, effect %t: %+v %v", call, effect, got, err)
			}
			p.store.fails = nil
			p.clock.Advance(61e9)
			s := p.begin(ana)
			p.passes(s, string(p.phone.got[len(p.phone.got)-1].Code))
		}
		for call := 1; call <= 4; call++ { // reserve, claim, spend, settle
			p := newPool(t)
			s := p.begin(ana)
			p.clock.Advance(61e9)
			p.store.calls, p.store.fails, p.store.effect = 0, func(n int) bool { return n == call }, effect
			if got, err := p.answer(s, "", resend); err == nil || got != (turn{}) {
				t.Errorf("write %d of a re-send fails, effect %t: %+v %v", call, effect, got, err)
			}
			p.store.fails = nil
			p.passes(s, string(p.phone.got[0].Code)) // the code is still live
		}
		p := newPool(t)
		s := p.begin(ana)
		for _, answer := range []string{not(p.code(1)), p.code(1)} {
			p.store.fails, p.store.effect = func(int) bool { return true }, effect
			if got, err := p.answer(s, answer, nil); err == nil || got != (turn{}) {
				t.Errorf("verify fails, effect %t: %+v %v", effect, got, err)
			}
		}
		p.store.fails = nil
		got, err := p.answer(s, p.code(1), nil)
		if err != nil || got.tokens == effect { // after an effect the code is used
			t.Errorf("after the fault, effect %t: %+v %v", effect, got, err)
		}
	}
}

type directory func() (*clients.Client, error)

func (d directory) Find(context.Context, string) (*clients.Client, error) { return d() }

// FindAccessKey implements [clients.Directory]. No trigger has an access key.
func (directory) FindAccessKey(context.Context, string) (*clients.Client, error) {
	panic("no trigger calls it")
}

type traffic func() (bool, error)

func (f traffic) Allow(context.Context, *clients.Client) (bool, error) { return f() }

// Without the pool's client, or above its rate, nothing is decided and nothing is written.
func TestClient(t *testing.T) {
	for name, set := range map[string]func(*cognito.Triggers){
		"unknown": func(s *cognito.Triggers) { s.Client = "other" },
		"disabled": func(s *cognito.Triggers) {
			s.Clients = directory(func() (*clients.Client, error) { return nil, nil })
		},
		"lost": func(s *cognito.Triggers) {
			s.Clients = directory(func() (*clients.Client, error) { return nil, errFault })
		},
		"panic": func(s *cognito.Triggers) {
			s.Clients = directory(func() (*clients.Client, error) { panic("canary") })
		},
		"above":     func(s *cognito.Triggers) { s.Limiter = traffic(func() (bool, error) { return false, nil }) },
		"uncounted": func(s *cognito.Triggers) { s.Limiter = traffic(func() (bool, error) { return true, errFault }) },
	} {
		for _, user := range []string{ana, nobdy} {
			p := newPool(t)
			s := p.begin(user)
			before := p.store.calls
			set(p.triggers)
			for _, call := range []func() (turn, error){
				func() (turn, error) { return p.signIn(user) },
				func() (turn, error) { return p.answer(s, "123456", nil) },
			} {
				got, err := call()
				if err == nil || got != (turn{}) || p.store.calls != before {
					t.Errorf("%s: %+v %v, %d writes", name, got, err, p.store.calls-before)
				} else if !strings.Contains(err.Error(), "try again") {
					t.Errorf("%s: the app gets %v", name, err)
				}
			}
			log := p.log.String()
			if strings.Contains(log, "canary") || strings.Contains(log, "panic") != (name == "panic") {
				t.Errorf("%s: logged %s", name, log)
			}
		}
	}
}

func TestTrafficIsCounted(t *testing.T) {
	p, n := newPool(t), 0
	p.triggers.Limiter = traffic(func() (bool, error) { n++; return true, nil })
	s := p.begin(ana)
	s = p.goOn(s, "x", nil) // not a code, so no guess
	p.goOn(s, not(p.code(1)), nil)
	if n != 2 {
		t.Errorf("counted %d, want 2: a message and a guess", n)
	}
}

// A session with a round that these triggers did not make gets no tokens, whatever its results.
func TestStrangeSessions(t *testing.T) {
	p := newPool(t)
	s := p.begin(ana)
	own := s.rounds[0].(object)["challengeMetadata"].(string)
	other := p.begin(ben).rounds[0].(object)["challengeMetadata"].(string)
	round := func(name string, passed bool, metadata string) any {
		return object{"challengeName": name, "challengeResult": passed, "challengeMetadata": metadata}
	}
	for name, rounds := range map[string][]any{
		"a password":            {round("PASSWORD_VERIFIER", true, "")},
		"SRP":                   {round("SRP_A", true, "")},
		"a password, then ours": {round("PASSWORD_VERIFIER", true, ""), round("CUSTOM_CHALLENGE", true, own)},
		"another's metadata":    {round("CUSTOM_CHALLENGE", true, "CAPTCHA_CHALLENGE")},
		"none":                  {round("CUSTOM_CHALLENGE", true, "")},
		"more than ours":        {round("CUSTOM_CHALLENGE", true, strings.Replace(own, "{", `{"x":1,`, 1))},
		"no attempts":           {round("CUSTOM_CHALLENGE", true, strings.Replace(own, `"left":5`, `"left":0`, 1))},
		"no id":                 {round("CUSTOM_CHALLENGE", true, `{"id":"","ends":9999999999999,"left":5,"asked":1}`)},
		"two sessions":          {round("CUSTOM_CHALLENGE", false, own), round("CUSTOM_CHALLENGE", true, other)},
		"passed before":         {round("CUSTOM_CHALLENGE", true, own), round("CUSTOM_CHALLENGE", false, own)},
		"null":                  {nil},
	} {
		got, err := p.define(&sealed{user: ana, rounds: rounds}, nil)
		if err != nil || !got.refused {
			t.Errorf("%s: %+v %v, want a refusal", name, got, err)
		}
		e := p.event("CreateAuthChallenge_Authentication", ana, nil)
		e.request["session"], e.request["challengeName"] = rounds, "CUSTOM_CHALLENGE"
		if out, err := p.invoke(e); err == nil {
			t.Errorf("%s: a challenge %v", name, out)
		}
	}
	e := p.event("CreateAuthChallenge_Authentication", ana, nil)
	e.request["session"], e.request["challengeName"] = []any{}, "CAPTCHA"
	if out, err := p.invoke(e); err == nil {
		t.Errorf("another challenge: %v", out)
	}
	for _, private := range []object{nil, {}, {"session": ""}, {"answer": "123456"}} {
		e := p.event("VerifyAuthChallengeResponse_Authentication", ana, nil)
		e.request["privateChallengeParameters"], e.request["challengeAnswer"] = private, "123456"
		if out, err := p.invoke(e); err == nil {
			t.Errorf("private parameters %v: %v", private, out)
		}
	}
	for _, answer := range []any{nil, 123456, []any{}, object{}} {
		e := p.event("VerifyAuthChallengeResponse_Authentication", ana, nil)
		e.request["privateChallengeParameters"], e.request["challengeAnswer"] = s.private, answer
		if out, err := p.invoke(e); err != nil || out["answerCorrect"] != false {
			t.Errorf("answer %v: %v %v", answer, out, err)
		}
	}
	if len(p.phone.got) != 2 {
		t.Errorf("%d messages, want 2", len(p.phone.got))
	}
}

// The response of an answer never comes from the event.
func TestResponseIsOurs(t *testing.T) {
	p := newPool(t)
	for _, c := range []struct{ source, answer, response string }{
		{
			"DefineAuthChallenge_Authentication", "",
			`{"challengeName":"X","issueTokens":true,"failAuthentication":true}`,
		},
		{"VerifyAuthChallengeResponse_Authentication", "123456", `{"answerCorrect":true}`},
		{"VerifyAuthChallengeResponse_Authentication", "x", `{"answerCorrect":true}`},
		{
			"CreateAuthChallenge_Authentication", "",
			`{"publicChallengeParameters":{"a":"b"},"privateChallengeParameters":{"c":"d"},"challengeMetadata":"x"}`,
		},
	} {
		event := `{"triggerSource":"` + c.source +
			`","userName":"ana","request":{"challengeName":"CUSTOM_CHALLENGE","challengeAnswer":"` + c.answer +
			`","privateChallengeParameters":{"session":"` + strings.Repeat("a", 22) + `"}},"response":` +
			c.response + `}`
		out, err := p.triggers.Invoke(context.Background(), []byte(event))
		if err != nil {
			t.Fatal(err)
		}
		for _, bad := range []string{
			`"X"`, `"issueTokens":true`, `"failAuthentication":true`, `"answerCorrect":true`, `"a":"b"`,
			`"c":"d"`, `"challengeMetadata":"x"`,
		} {
			if strings.Contains(string(out), bad) {
				t.Errorf("%s answered %s", c.source, out)
			}
		}
	}
}

// Another event is an error, which names the three triggers and quotes nothing of the event.
func TestUnknownEvents(t *testing.T) {
	p := newPool(t)
	for _, payload := range []string{
		"", "null", "[]", "{", "{}", `{"triggerSource":"canary"}`, `{"triggerSource":1}`,
		`{"triggerSource":"PreSignUp_SignUp","request":{"canary":1}}`,
		`{"triggerSource":"DefineAuthChallenge_Authentication","request":"canary"}`,
		`{"triggerSource":"CreateAuthChallenge_Authentication",` +
			`"request":{"userAttributes":{"phone_number":["canary"]}}}`,
		`{"triggerSource":"VerifyAuthChallengeResponse_Authentication","request":{"userNotFound":"canary"}}`,
	} {
		out, err := p.triggers.Invoke(context.Background(), []byte(payload))
		if err == nil || out != nil {
			t.Errorf("%s: answered %s", payload, out)
			continue
		}
		named := strings.Contains(err.Error(), "VerifyAuthChallengeResponse_Authentication")
		if !named || strings.Contains(err.Error(), "canary") {
			t.Errorf("%s: %v, want an error that names the triggers and quotes nothing", payload, err)
		}
	}
}

// FuzzInvoke sends any event. None makes a panic or gets tokens for a session that did not pass, and each answer is
// JSON.
func FuzzInvoke(f *testing.F) {
	files, err := filepath.Glob("../../events/cognito-*.json")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		text := filetest.Read(f, file)
		f.Add(string(text))
	}
	p := newPool(f)
	f.Fuzz(func(t *testing.T, payload string) {
		out, err := p.triggers.Invoke(context.Background(), []byte(payload))
		log := p.log.Take()
		if err != nil {
			if errors.Is(err, errFault) || strings.Contains(log, "panic") {
				t.Error(err, log)
			}
			return
		}
		var answer struct {
			Request struct {
				Session []*struct{ ChallengeResult bool }
			}
			Response struct{ IssueTokens bool }
		}
		if err := json.Unmarshal(out, &answer); err != nil {
			t.Fatalf("%s: %v", out, err)
		}
		rounds := answer.Request.Session
		n := len(rounds)
		passed := n > 0 && rounds[n-1] != nil && rounds[n-1].ChallengeResult
		if answer.Response.IssueTokens && !passed {
			t.Errorf("tokens for %s", payload)
		}
	})
}
