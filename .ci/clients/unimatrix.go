package main

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
)

// params are the parameters of one call, by the contract's names.
type params map[string]any

// unimatrix makes calls with one credential at one endpoint.
type unimatrix struct {
	ctx context.Context
	sdk sdk
	env []string
}

func (s sdk) unimatrix(ctx context.Context, id, secret, endpoint string) unimatrix {
	env := []string{"KEY_ID=" + id, "ENDPOINT=" + endpoint}
	if secret != "" { // SDKs sign with an empty secret too
		env = append(env, "KEY_SECRET="+secret)
	}
	return unimatrix{ctx: ctx, sdk: s, env: env}
}

func (u unimatrix) call(action string, p params) answer {
	text, _ := json.Marshal(p)
	return u.sdk.call(u.ctx, u.env, action, string(text))
}

func (u unimatrix) send(p params) answer   { return u.call("send", p) }
func (u unimatrix) verify(p params) answer { return u.call("verify", p) }

func simpleSteps(ctx context.Context, server *server, s sdk) []step {
	key := server.accessKeys[simpleShop]
	signing := s.unimatrix(ctx, key, oddSecret, server.url)
	byID := s.unimatrix(ctx, simpleShop, "", server.url)
	steps := commonSteps(ctx, server, s, key, "")
	return append(steps,
		step{"SDK with a secret that it does not need: ignored", valid(signing.verify(never(server)), false)},
		step{"the client's id in place of the key id: 104111", refused(byID.verify(never(server)), "104111")},
	)
}

func hmacSteps(ctx context.Context, server *server, s sdk) []step {
	key := server.accessKeys[hmacShop]
	stranger := s.unimatrix(ctx, key, oddSecret, server.url)
	unsigned := s.unimatrix(ctx, key, "", server.url)
	odd := s.unimatrix(ctx, oddKey, oddSecret, server.url)
	steps := commonSteps(ctx, server, s, key, server.secrets[hmacShop])
	return append(steps,
		step{"wrong secret: 104201", refused(stranger.verify(never(server)), "104201")},
		step{"no secret: 104200", refused(unsigned.verify(never(server)), "104200")},
		step{"key id of before, with blanks and signs: it is right", valid(odd.verify(never(server)), false)},
	)
}

// commonSteps calls both APIs as an application does, in either mode.
func commonSteps(ctx context.Context, server *server, s sdk, id, secret string) []step {
	u := s.unimatrix(ctx, id, secret, server.url)
	nobody := s.unimatrix(ctx, "nobody", secret, server.url)
	slash := s.unimatrix(ctx, id, secret, server.url+"/")
	based := s.unimatrix(ctx, id, secret, server.url+"/uni")
	to, withIntent, ownCode := e164(server), e164(server), e164(server)
	eightDigits := params{"to": withIntent, "digits": 8, "intent": "login"}
	allFields := params{"to": ownCode, "code": "2468", "ttl": 600, "signature": "Acme", "templateId": "pub_otp_en"}
	return []step{
		{"send: sent", sent(u.send(params{"to": to}), to)},
		{"verify, wrong code: not valid", valid(u.verify(params{"to": to, "code": wrong(server.code(to))}), false)},
		{"verify, right code: valid", valid(u.verify(withCode(server, to, "")), true)},
		{"verify again: not valid", valid(u.verify(withCode(server, to, "")), false)},
		{"send at once: 105300", refused(u.send(params{"to": to}), "105300")},

		{"send, 8 digits, with an intent: sent", sent(u.send(eightDigits), withIntent)},
		{"the code has 8 digits", length(server.code(withIntent), 8)},
		{"verify without the intent: not valid", valid(u.verify(withCode(server, withIntent, "")), false)},
		{"verify with it: valid", valid(u.verify(withCode(server, withIntent, "login")), true)},

		{"send, own code, sender and template: sent", sent(u.send(allFields), ownCode)},
		{"verify, own code: valid", valid(u.verify(params{"to": ownCode, "code": "2468"}), true)},

		{"send, no such number: 107111", refused(u.send(params{"to": "+601234"}), "107111")},
		{"verify without a code: 104001", refused(u.verify(params{"to": to}), "104001")},
		{"unknown key id: 104111", refused(nobody.send(params{"to": to}), "104111")},
		{"endpoint that ends in a slash: answered", valid(slash.verify(never(server)), false)},
		{"endpoint with a path: answered", valid(based.verify(never(server)), false)},
	}
}

func e164(server *server) string {
	cc, national := server.number()
	return "+" + cc + national
}

// withCode returns the parameters of a verify with the code of the last message.
func withCode(server *server, to, intent string) params {
	p := params{"to": to, "code": server.code(to)}
	if intent != "" {
		p["intent"] = intent
	}
	return p
}

// never returns the parameters of a verify for a number without a message. Its answer is
// "not valid".
func never(server *server) params { return params{"to": e164(server), "code": "123456"} }

// requestID matches the request id of an answer. Each SDK returns it, in the text of its
// error or beside it.
var requestID = regexp.MustCompile(`\b[0-9a-f]{32}\b`)

func sent(a answer, to string) error {
	id, _ := a.Data["id"].(string)
	if a.Error != "" || a.Data["to"] != to || !requestID.MatchString(id) || !requestID.MatchString(a.RequestID) {
		return unlike("a message to that number, and a request id", a)
	}
	return nil
}

func valid(a answer, want bool) error {
	if a.Error != "" || a.Valid != want || a.Data["valid"] != want || !requestID.MatchString(a.RequestID) {
		return unlike(fmt.Sprintf("valid %t, and a request id", want), a)
	}
	return nil
}

func refused(a answer, code string) error {
	if !strings.HasPrefix(a.Error, "["+code+"]") || !requestID.MatchString(a.Error+" "+a.RequestID) {
		return unlike("error ["+code+"], and a request id", a)
	}
	return nil
}

func length(code string, want int) error {
	if len(code) != want {
		return fmt.Errorf("expected %d digits, but the code has %d", want, len(code))
	}
	return nil
}

func unlike(want string, a answer) error {
	got, _ := json.Marshal(a)
	return fmt.Errorf("expected %s, but the SDK returned %s", want, got)
}
