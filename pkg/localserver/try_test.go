package localserver

import (
	"fmt"
	"net/url"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"testing"

	"countersign/pkg/clients"
)

// says fails unless a page has these texts, by the ids of their elements.
func (a tryAnswer) says(t *testing.T, what string, want ...string) {
	t.Helper()
	for i := 0; i < len(want); i += 2 {
		if got := a.text(want[i]); !strings.Contains(got, want[i+1]) {
			t.Errorf("%s: %d, %s is %q, want %q", what, a.status, want[i], got, want[i+1])
		}
	}
}

// TestTryCodes sends a code by each contract, and checks a wrong one, the right one, and the right one again.
func TestTryCodes(t *testing.T) {
	for contract, c := range map[string]struct{ wrong, used string }{
		"ams":       {"VERIFY_UNMATCHED F", "AUTHENTICATION_REQUEST_ID_INVALID F"},
		"unimatrix": {"0, HTTP 200", "0, HTTP 200"},
	} {
		d := newTryDesk(t)
		a := d.post(firstForm(contract, "demo", "+60 6543-216353"))
		a.says(t, contract, "try-said", "Sent", "try-state", "waits for its code", "try-guesses", "0 of 5")
		code := d.codes()[0]
		a = d.post(a.next("verify", "code", wrong(code)))
		a.says(t, contract+", wrong", "try-said", "The code is", "try-result", c.wrong, "try-guesses", "1 of 5",
			"try-call-request", `"`+wrong(code)+`"`, "try-call-answer", "HTTP/1.1 200 OK")
		right := a.next("verify", "code", code[:3]+" "+code[3:])
		a = d.post(right)
		a.says(t, contract+", right", "try-said", "Passed", "try-state", "passed")
		a = d.post(a.next("verify", "code", code))
		a.says(t, contract+", used", "try-result", c.used, "try-state", "passed")
		if strings.Contains(a.text("try-said"), "Passed") {
			t.Errorf("%s: a used code passed", contract)
		}
		d.post(right).says(t, contract+", the same form", "try-said", "Passed", "try-again", "sent before")
		if len(d.codes()) != 1 {
			t.Errorf("%s: %d messages", contract, len(d.codes()))
		}
	}
}

// TestTryLocked: after the fifth wrong code the page shows that the challenge is locked, by either contract.
func TestTryLocked(t *testing.T) {
	for _, contract := range []string{"ams", "unimatrix"} {
		d := newTryDesk(t)
		a := d.post(firstForm(contract, "demo", "+606543216353"))
		code := d.codes()[0]
		for i := range 5 {
			if strings.Contains(a.text("try-said"), "Locked") {
				t.Errorf("%s: locked after %d codes", contract, i)
			}
			a = d.post(a.next("verify", "code", wrong(code)))
		}
		a.says(t, contract, "try-said", "Locked", "try-guesses", "5 of 5", "try-state", "locked")
		a = d.post(a.next("verify", "code", code))
		a.says(t, contract+", the right one", "try-said", "Locked", "try-state", "locked")
	}
}

// TestTryRefused shows what the contract refuses, and that it was the contract.
func TestTryRefused(t *testing.T) {
	d := newTryDesk(t)
	d.add(clients.Record{ID: "narrow", Unsigned: true, Countries: []string{"MY"}, Unimatrix: "simple"}, nil, "key")
	d.add(clients.Record{ID: "guarded", Unsigned: true, Countries: []string{"*"}}, nil)
	rule := clients.GuardRule{Countries: []string{"US"}, Verdict: clients.Block}
	if err := d.client.AddGuardRule(t.Context(), "guarded", rule); err != nil {
		t.Fatal(err)
	}
	const good, american, long = "+606543216353", "+12068800123", 100
	for name, c := range map[string]struct {
		form url.Values
		want string
	}{
		"a country, AMS": {firstForm("ams", "narrow", american), "ACCESS_DENIED F"},
		"another country, Unimatrix": {
			firstForm("unimatrix", "narrow", american, "access-key", "key"), "107111, HTTP 400",
		},
		"blocked by the guard":  {firstForm("ams", "guarded", american), "TIMES_EXCEED_LIMIT F"},
		"no number, AMS":        {firstForm("ams", "demo", "hello"), "INVALID_PHONE_NUMBER F"},
		"no number, Unimatrix":  {firstForm("unimatrix", "demo", "hello"), "107111, HTTP 400"},
		"impossible, Unimatrix": {firstForm("unimatrix", "demo", "+60 1"), "107111, HTTP 400"},
		"another key": {
			firstForm("unimatrix", "narrow", good, "access-key", "none"), "104111, HTTP 401",
		},
		"a long id": {
			firstForm("ams", "demo", good, "request-id", strings.Repeat("x", long)), "PARAM_ILLEGAL F",
		},
		"half a payment": {firstForm("ams", "demo", good, "amount", "10.50"), "PARAM_ILLEGAL F"},
	} {
		a := d.post(c.form)
		if a.status != 200 || a.text("try-call-request") == "" || strings.Contains(a.page, "This page refused it") {
			t.Errorf("%s: %d, want the contract's answer", name, a.status)
		}
		a.says(t, name, "try-result", c.want)
		if link := `href="/console/clients?client=` + c.form.Get("client") + `"`; !strings.Contains(a.page, link) {
			t.Errorf("%s: no link to the client", name)
		}
	}
	if n := len(d.codes()); n != 0 {
		t.Errorf("%d messages", n)
	}
	a := d.post(firstForm("ams", "demo", "+606543216353"))
	letters := d.post(a.next("verify", "code", "12x4"))
	letters.says(t, "letters", "try-result", "PARAM_ILLEGAL F", "try-guesses", "0 of 5")
	other := d.post(a.next("verify", "code", "1", "request-id", "other"))
	other.says(t, "another id", "try-result", "REQUEST_ID_INVALID F")
	d.post(a.next("resend")).says(t, "a re-send at once", "try-result", "TIMES_EXCEED_LIMIT F")
	d.post(firstForm("ams", "demo", "+606543216353", "request-id", "a2")).says(t, "a limit", "try-said", "limit")
	d.post(firstForm("unimatrix", "demo", "60-6543216353")).says(t, "a limit", "try-said", "may go out in")
	d.post(firstForm("ams", "demo", "+606543216354")).says(t, "the id again", "try-result", "REPEAT_REQ_INCONSISTENT F")
}

// TestTryReason: the page has the reason of a refusal that has one result for several.
func TestTryReason(t *testing.T) {
	d := newTryDesk(t)
	d.add(clients.Record{ID: "day", Unsigned: true, Unimatrix: "simple", Countries: []string{"*"}, MessagesPerDay: 1},
		nil, "a-key")
	d.post(firstForm("ams", "day", "+606543216353"))
	for _, contract := range []string{"ams", "unimatrix"} { // to a number that had no message a moment before
		a := d.post(firstForm(contract, "day", "+606543216354", "request-id", "b", "access-key", "a-key"))
		a.says(t, contract, "try-said", "used up", "try-state", "the client's messages of the day were used up")
	}
	for i := range 9 {
		a := d.post(firstForm("ams", "demo", fmt.Sprintf("+60654321%04d", i), "request-id", fmt.Sprint(i)))
		if i == 8 {
			a.says(t, "guard", "try-said", "the guard has no room",
				"try-state", "too many messages to the block of the number were not answered")
		}
	}
}

// TestTryAge: otp.send keeps a code for longer than otp.verify takes it without a ttl, and the pages say both.
func TestTryAge(t *testing.T) {
	d := newTryDesk(t)
	of := &running{t: t, url: d.url}
	for contract, says := range map[string]bool{"ams": false, "unimatrix": true} {
		number := "+60654321635" + fmt.Sprint(len(contract)%10)
		a := d.post(firstForm(contract, "demo", number))
		id := regexp.MustCompile(`/console/happened/[0-9]{35}\?client=demo`).FindString(a.page)
		for what, page := range map[string]string{
			"the form":      a.text("try-state"),
			"the phone":     of.get("/?to=" + url.QueryEscape(number)),
			"the challenge": of.get(id),
		} {
			if got := strings.Contains(page, "ithout a ttl"); got != says || !strings.Contains(page, "ntil") {
				t.Errorf("%s, %s: %t, want %t: %s", contract, what, got, says, page)
			}
		}
	}
}

// TestTryClients signs with what the folder has, and says what a client needs that cannot be called from here.
func TestTryClients(t *testing.T) {
	d := newTryDesk(t)
	everywhere := []string{"*"}
	d.add(clients.Record{ID: "signed", Keys: []clients.Key{d.keyOf("signed")}, Countries: everywhere}, nil)
	d.add(clients.Record{ID: "elsewhere", Keys: []clients.Key{d.keyOf("signed")}, Countries: everywhere}, nil)
	secret := []byte("a secret of the client")
	d.add(clients.Record{ID: "mac", Unimatrix: "hmac", Countries: everywhere}, secret, "mac key")
	d.add(clients.Record{ID: "once", Unimatrix: "hmac", Once: true, Countries: everywhere}, secret, "once")
	d.add(clients.Record{ID: "off", Unsigned: true, Countries: everywhere}, nil)
	if err := d.client.Disable(t.Context(), "off"); err != nil {
		t.Fatal(err)
	}
	a := d.post(firstForm("ams", "signed", "+606543210001"))
	a.says(t, "signed", "try-said", "Sent", "try-call-request", "Signature: algo", "try-bytes", "accepted until")
	d.post(a.next("verify", "code", d.codes()[0])).says(t, "signed", "try-said", "Passed")
	a = d.post(firstForm("unimatrix", "mac", "+606543210002", "access-key", "mac key"))
	a.says(t, "hmac", "try-said", "Sent", "try-call-request", "signature=", "try-bytes", "accepted until")
	d.post(a.next("verify", "code", d.codes()[0], "access-key", "mac key")).says(t, "hmac", "try-said", "Passed")
	if !a.next("verify").Has("access-key") {
		t.Error("the second form does not ask for the access key")
	}
	a = d.post(firstForm("unimatrix", "once", "+606543210003", "access-key", "once"))
	a.says(t, "once", "try-said", "Sent", "try-bytes", "each nonce once")
	d.add(clients.Record{ID: "demo\u202e", Unimatrix: "simple", Countries: everywhere}, nil, "demo two")
	a = d.post(firstForm("unimatrix", "demo\u202e", "+606543210004", "access-key", "demo two"))
	a.says(t, "an id that looks like another one", "try-said", "Sent", "send-client", `"demo\u202e"`)
	for name, c := range map[string]struct {
		form        url.Values
		field, want string
	}{
		"no key here":   {firstForm("ams", "elsewhere", "+606543210009"), "send-client-error", "rotate-key"},
		"disabled":      {firstForm("ams", "off", "+606543210009"), "send-client-error", "client enable"},
		"unknown":       {firstForm("ams", "<b>", "+606543210009"), "send-client-error", "client list"},
		"no access":     {firstForm("unimatrix", "signed", "+606543210009"), "send-client-error", "--unimatrix"},
		"no access key": {firstForm("unimatrix", "mac", "+606543210009"), "send-access-key-error", "add-access-key"},
	} {
		a := d.post(c.form)
		a.says(t, name, c.field, c.want)
		if a.status != 422 || !strings.Contains(a.page, "This page refused it") {
			t.Errorf("%s: %d", name, a.status)
		}
	}
	if n := len(d.codes()); n != 4 {
		t.Errorf("%d messages, want 4", n)
	}
}

// TestTryMany: where there are more clients than a list shows, their ids are typed.
func TestTryMany(t *testing.T) {
	d := newTryDesk(t)
	for i := range 200 {
		d.add(clients.Record{ID: fmt.Sprintf("c%03d", i), Unsigned: true, Countries: []string{"*"}}, nil)
	}
	a := d.post(firstForm("ams", "c199", "+606543216353"))
	a.says(t, "a typed id", "try-said", "Sent")
	if a.value("send-client") != "c199" || strings.Contains(a.page, "<select") {
		t.Errorf("the client's field has %q", a.value("send-client"))
	}
	a = d.post(firstForm("ams", "c200", "+606543216354"))
	a.says(t, "an id that no client has", "send-client-error", "No client")
}

// TestTryAccessKey: an access key that a person types is in the request alone, which the page shows after a click.
func TestTryAccessKey(t *testing.T) {
	d := newTryDesk(t)
	const key = "canary/key&1"
	d.add(clients.Record{ID: "simple", Unimatrix: "simple", Countries: []string{"*"}}, nil, key)
	spelled := url.QueryEscape(key)
	a := d.post(firstForm("unimatrix", "simple", "+606543216353", "access-key", key))
	a.says(t, "masked", "try-said", "Sent", "try-masked-curl", "accessKeyId=••••••••&", "try-call-curl", spelled)
	before, after, found := strings.Cut(a.page, `<details id="try-secret">`)
	_, after, _ = strings.Cut(after, "</details>")
	if !found || strings.Contains(before+after, "canary") {
		t.Error("the page shows the access key")
	}
	for name, form := range map[string]url.Values{
		"refused by the page": firstForm("unimatrix", "simple", "", "access-key", key),
		"a new id":            firstForm("unimatrix", "simple", "1", "access-key", key, "do", "new"),
		"by AMS":              firstForm("ams", "demo", "+606543216354", "access-key", key),
	} {
		if a := d.post(form); strings.Contains(a.page, "canary") {
			t.Errorf("%s: the page shows the access key", name)
		}
	}
	if log := d.log.String(); strings.Contains(log, "canary") {
		t.Errorf("the log has the access key: %s", log)
	}
}

// TestTryTwice: the same form, also at once, sends one message and has one answer.
func TestTryTwice(t *testing.T) {
	for _, contract := range []string{"ams", "unimatrix"} {
		d := newTryDesk(t)
		answers := make([]tryAnswer, 8)
		var all sync.WaitGroup
		for i := range answers {
			all.Go(func() { answers[i] = d.post(firstForm(contract, "demo", "+606543216353")) })
		}
		all.Wait()
		for i, a := range answers {
			a.says(t, fmt.Sprintf("%s, form %d", contract, i), "try-said", "Sent")
		}
		if n := len(d.codes()); n != 1 {
			t.Errorf("%s: %d messages", contract, n)
		}
		right := answers[0].next("verify", "code", d.codes()[0])
		for i := range answers {
			all.Go(func() { answers[i] = d.post(right) })
		}
		all.Wait()
		for _, a := range answers {
			a.says(t, contract, "try-said", "Passed")
		}
		fresh := d.post(firstForm(contract, "demo", "+606543216353", "do", "new"))
		if id := fresh.value("send-request-id"); !strings.HasPrefix(id, "TRY") || fresh.text("try-said") != "" {
			t.Errorf("%s: the new id is %q", contract, id)
		}
	}
}

// TestTryCurl pastes the commands into a shell: they have the same answer, whatever the fields have in them.
func TestTryCurl(t *testing.T) {
	if _, err := exec.LookPath("curl"); err != nil {
		t.Skip("there is no curl")
	}
	d := newTryDesk(t)
	const odd = `it's "$(odd)" \ ` + "`x` <b> & ü"
	d.add(clients.Record{ID: "signed", Keys: []clients.Key{d.keyOf("signed")}, Countries: []string{"*"}}, nil)
	d.add(clients.Record{ID: "mac", Unimatrix: "hmac", Countries: []string{"*"}}, []byte("a secret of the client"), odd)
	for name, form := range map[string]url.Values{
		"signed":         firstForm("ams", "signed", "+606543216353"),
		"AMS, odd":       firstForm("ams", "demo", "+606543216353", "request-id", odd),
		"odd language":   firstForm("ams", "demo", "+606543216355", "language", odd),
		"Unimatrix, odd": firstForm("unimatrix", "demo", odd),
		"hmac, odd":      firstForm("unimatrix", "mac", odd, "access-key", odd),
		"wrong key":      firstForm("unimatrix", "demo", "+606543216353", "access-key", odd+"?"),
	} {
		a := d.post(form)
		_, want, _ := strings.Cut(a.text("try-call-answer"), "\r\n\r\n")
		got, err := exec.Command("sh", "-c", a.text("try-call-curl")).Output()
		if err != nil || want == "" || string(got) != want {
			t.Errorf("%s: %v, curl has %q, the page %q of %s", name, err, got, want, a.text("try-call-curl"))
		}
	}
}
