package unimatrix_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"countersign/pkg/clients"
	"countersign/pkg/otp"
)

// sends posts an otp.send with further members, such as `"code":"4321"`.
func (s *service) sends(status int, code, members string) reply {
	s.t.Helper()
	if members != "" {
		members = "," + members
	}
	return s.expect(status, code, body(`{"to":"`+number+`"`+members+`}`))
}

// passes reports whether the merchant's own otp.verify takes a code.
func (s *service) passes(code string) bool {
	s.t.Helper()
	return s.expect(200, "0", verify, body(fmt.Sprintf(`{"to":%q,"code":%q}`, number, code))).Data["valid"] == true
}

// Whoever has a client's key cannot make a code pass that the phone did not get, whenever in a sign-in it is tried. The
// client has the settings that client add gives it.
func TestLeakedKey(t *testing.T) {
	attack := func(s *service) {
		s.t.Helper()
		for _, members := range []string{
			`"code":"4321"`, `"code":"12345678"`, `"code":"4321","ttl":1800`, `"code":"4321","digits":4`,
			`"code":"4321","signature":"HSBC","templateId":"any"`, `"code":"4321","intent":"","channel":"sms"`,
		} {
			s.refused(400, "104003", body(`{"to":"`+number+`",`+members+`}`))
		}
		if s.passes("4321") {
			s.t.Error("a chosen code passed")
		}
	}
	s := newService(t)
	s.known[simple].CustomCodes, s.limited = false, true
	attack(s) // before the merchant sends
	s.sends(200, "0", "")
	code := s.code()
	attack(s)
	if !s.passes(code) {
		t.Error("the code that the phone got did not pass")
	}
	attack(s)
	if len(s.messages) != 1 {
		t.Errorf("%d messages, want the merchant's", len(s.messages))
	}
}

// Where a client may choose codes, a chosen code never takes the place of a live one that the service made. The answer
// has the time until that is over, and it does not show whether the chosen code was the live one.
func TestChosenCodeBesideALiveOne(t *testing.T) {
	for _, delivery := range []otp.Delivery{otp.Accepted, otp.MaybeSent} {
		s := newService(t)
		s.limited, s.delivery = true, delivery
		if s.sends(map[otp.Delivery]int{otp.Accepted: 200, otp.MaybeSent: 500}[delivery],
			map[otp.Delivery]string{otp.Accepted: "0", otp.MaybeSent: "101000"}[delivery], ""); len(s.messages) != 1 {
			t.Fatal(s.messages)
		}
		s.delivery = otp.Accepted
		code := s.code()
		s.now = s.now.Add(time.Minute)
		for _, chosen := range []string{"4321", code, "00000000"} {
			got := s.sends(429, "105300", `"code":"`+chosen+`"`)
			if wait := got.Headers["Retry-After"]; wait != "1740" {
				t.Errorf("Retry-After %s, want 1740, until the live code is over", wait)
			}
		}
		s.sends(200, "0", `"intent":"another","code":"4321"`) // which has a live code of its own
		if len(s.messages) != 2 || !s.passes(code) {
			t.Errorf("%d messages, or the live code did not pass", len(s.messages))
		}
		s.now = s.now.Add(time.Minute)
		s.sends(200, "0", `"code":"4321"`)
		s.now = s.now.Add(time.Minute)
		s.sends(200, "0", `"code":"98765"`) // which replaces a chosen one
		if s.passes("4321") || !s.passes("98765") {
			t.Error("a chosen code did not replace another chosen one")
		}
	}
}

// A chosen code that was put there first is not what a merchant's own send sends: that makes a code, and the chosen one
// does not pass any more.
func TestMadeCodeAfterAChosenOne(t *testing.T) {
	for _, members := range []string{"", `"digits":4`, `"digits":8`, `"ttl":60`} {
		s := newService(t)
		s.sends(200, "0", `"code":"4321"`)
		s.sends(200, "0", members)
		if s.code() == "4321" {
			t.Errorf("{%s} sent the chosen code", members)
		}
		if s.passes("4321") {
			t.Errorf("the chosen code passed after {%s}", members)
		}
		if !s.passes(s.code()) {
			t.Errorf("the code of {%s} did not pass", members)
		}
	}
}

// A client without a list of sender names has its own sender, whatever a request gives. With a list, a name of it is
// the sender if a message can come from it.
func TestSenderNames(t *testing.T) {
	for _, c := range []struct {
		listed []string
		given  string
		code   string
		from   string
	}{
		{nil, "HSBC", "0", "OWN"}, {nil, "Acme", "0", "OWN"}, {nil, "", "0", "OWN"}, {nil, "OWN", "0", "OWN"},
		{[]string{"Acme", "No sender"}, "Acme", "0", "Acme"},
		{[]string{"Acme", "No sender"}, "No sender", "0", "OWN"},
		{[]string{"Acme"}, "", "0", "OWN"},
		{[]string{"Acme"}, "HSBC", "107121", ""}, {[]string{"Acme"}, "acme", "107121", ""},
	} {
		s := newService(t)
		s.known[simple].SenderID, s.known[simple].SenderNames = "OWN", c.listed
		got := s.post(body(fmt.Sprintf(`{"to":%q,"signature":%q,"templateId":"pub_otp_en"}`, number, c.given)))
		if got.Code != c.code {
			t.Errorf("%q of %q: %s, want %s", c.given, c.listed, got.Raw, c.code)
		}
		for _, m := range s.messages {
			if m.Origin.Name != c.from || !strings.Contains(m.Text, "Acme") || strings.Contains(m.Text, "HSBC") {
				t.Errorf("%q of %q: from %q, want %q", c.given, c.listed, m.Origin.Name, c.from)
			}
		}
	}
}

// A name that a request gives takes the place of the client's sender id, and of nothing that the operator gave to the
// country.
func TestSenderNameAndCountry(t *testing.T) {
	for name, c := range map[string]struct {
		senders map[string]clients.Sender
		want    otp.Origin
	}{
		"none":           {nil, otp.Origin{Name: "Acme"}},
		"of the country": {map[string]clients.Sender{"US": {Identity: "62345"}}, otp.Origin{Identity: "62345"}},
		"of all others":  {map[string]clients.Sender{"*": {Identity: "OURS"}}, otp.Origin{Name: "OURS"}},
		"of another":     {map[string]clients.Sender{"GB": {Identity: "ACMEGB"}}, otp.Origin{Name: "Acme"}},
	} {
		s := newService(t)
		client := s.known[simple]
		client.SenderID, client.SenderNames, client.Senders = "OWN", []string{"Acme"}, c.senders
		s.expect(200, "0", body(fmt.Sprintf(`{"to":%q,"signature":"Acme"}`, number)))
		if got := s.messages[0].Origin; got != c.want {
			t.Errorf("with a sender %s: from %+v, want %+v", name, got, c.want)
		}
	}
}

// Whoever has captured a signed URL can neither choose a code nor a sender with it.
func TestCapturedURLChoosesNothing(t *testing.T) {
	s := newService(t)
	c := s.known[signing]
	c.CustomCodes, c.SenderID = false, "OWN"
	raw := withNonce("otp.send", "76cea0777066cf2b", s.now)
	for _, members := range []string{
		`"code":"4321"`, `"code":"4321","ttl":1800`, `"code":"12345678","signature":"HSBC"`,
	} {
		s.refused(400, "104003", query(raw), body(`{"to":"`+number+`",`+members+`}`))
	}
	s.expect(200, "0", query(raw), body(`{"to":"`+number+`","signature":"HSBC","templateId":"any"}`))
	if len(s.messages) != 1 || s.messages[0].Origin.Name != "OWN" {
		t.Errorf("%d messages, or one from %q, want one from OWN", len(s.messages), s.messages[0].Origin.Name)
	}
}
