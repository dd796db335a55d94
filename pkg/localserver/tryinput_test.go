package localserver

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
)

// value returns the value of the input with an id.
func (a tryAnswer) value(id string) string {
	found := regexp.MustCompile(`<input id="` + id + `"[^>]* value="([^"]*)"`).FindStringSubmatch(a.page)
	if found == nil {
		return ""
	}
	return found[1]
}

// TestTryBadFields: what cannot be sent has its reason beside its field, keeps what was typed, and is not sent.
func TestTryBadFields(t *testing.T) {
	d := newTryDesk(t)
	const number = "+606543216353"
	long := strings.Repeat("1", 400)
	second := func(typed ...string) url.Values {
		return firstForm("ams", "demo", number, append([]string{"do", "verify", "code", "123456"}, typed...)...)
	}
	intent := func(text string) url.Values { return firstForm("unimatrix", "demo", number, "intent", text) }
	twice := func(name string) url.Values {
		form := firstForm("ams", "demo", number)
		form.Add(name, form.Get(name))
		return form
	}
	for name, c := range map[string]struct {
		form        url.Values
		field, want string
	}{
		"no number":         {firstForm("ams", "demo", "  "), "send-number", "Type a number"},
		"impossible":        {firstForm("ams", "demo", "+60 1"), "send-number", "not possible"},
		"a long number":     {firstForm("ams", "demo", "+60"+long), "send-number", "300 characters"},
		"a line break":      {firstForm("ams", "demo", "+60\r\n1"), "send-number", "control character"},
		"a NUL":             {intent("a\x00"), "send-intent", "control character"},
		"no UTF-8":          {intent("a\xff"), "send-intent", "UTF-8"},
		"HTML, too long":    {firstForm("ams", "demo", "<script>"+long), "send-number", "300 characters"},
		"no id":             {firstForm("ams", "demo", number, "request-id", ""), "send-request-id", "New id"},
		"no client":         {firstForm("ams", "", number), "send-client", "Choose a client"},
		"client of a tab":   {firstForm("ams", "de\tmo", number), "send-client", "control character"},
		"unknown contract":  {firstForm("other", "demo", number), "send-contract", "Choose"},
		"a number twice":    {twice("number"), "send-number", "more than once"},
		"a contract twice":  {twice("contract"), "send-contract", "more than once"},
		"no code":           {second("code", " - "), "code", "Type the code"},
		"a long code":       {second("code", long), "code", "300 characters"},
		"verify without id": {second("request-id", ""), "check-request-id", "needs the id"},
		"re-send without":   {second("do", "resend"), "check-authentication-id", "needs the authenticationId"},
	} {
		a := d.post(c.form)
		if a.status != http.StatusUnprocessableEntity || !strings.Contains(a.page, "This page refused it") {
			t.Errorf("%s: %d", name, a.status)
		}
		a.says(t, name, c.field+"-error", c.want)
		if !strings.Contains(a.page, `aria-invalid="true" aria-describedby="`+c.field+"-error") {
			t.Errorf("%s: the field does not refer to its reason", name)
		}
		if strings.Contains(a.page, "<script>") {
			t.Errorf("%s: the page has the HTML that was typed", name)
		}
	}
	if a := d.post(firstForm("ams", "demo", "+60\r\n<1>")); a.value("send-number") != "&#43;60\r\n&lt;1&gt;" {
		t.Errorf("what was typed became %q", a.value("send-number"))
	}
	several := d.post(firstForm("ams", "de\tmo", "+60 1", "request-id", ""))
	several.says(t, "three at once", "send-number-error", "possible", "send-client-error", "control",
		"send-request-id-error", "New id")
	if n := len(d.codes()); n != 0 {
		t.Errorf("%d messages", n)
	}
}

// TestTryBadForms: a form that cannot be read is refused as a whole.
func TestTryBadForms(t *testing.T) {
	d := newTryDesk(t)
	good := firstForm("ams", "demo", "+606543216353").Encode()
	const form = "application/x-www-form-urlencoded"
	for name, c := range map[string]struct{ body, kind, want string }{
		"multipart":   {"--x\r\n\r\n--x--", "multipart/form-data; boundary=x", "must come as"},
		"JSON":        {`{"do":"send"}`, "application/json", "must come as"},
		"no kind":     {good, "", "must come as"},
		"too long":    {good + "&x=" + strings.Repeat("y", 16<<10), form, "more than 16384 bytes"},
		"bad escape":  {good + "&x=%zz", form, "cannot be read"},
		"empty":       {"", form, "Choose AMS"},
		"no button":   {strings.Replace(good, "do=send", "do=", 1), form, "one of its buttons"},
		"a semicolon": {good + "&x=1;y=2", form, "cannot be read"},
	} {
		a := d.raw(c.body, "Content-Type", c.kind)
		if a.status != http.StatusUnprocessableEntity || !strings.Contains(a.text("try-said"), c.want) {
			t.Errorf("%s: %d %q, want %q", name, a.status, a.text("try-said"), c.want)
		}
	}
	if n := len(d.codes()); n != 0 {
		t.Errorf("%d messages", n)
	}
}
