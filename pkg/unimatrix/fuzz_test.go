package unimatrix_test

import (
	"encoding/json"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"countersign/pkg/otp"
	"countersign/pkg/unimatrix"
)

// FuzzQuery sends any query. It is decoded as net/url decodes it, and without a signature only the simple client is
// accepted.
func FuzzQuery(f *testing.F) {
	_, all := vectors(f)
	for _, v := range all {
		f.Add(v.Query)
	}
	for _, seed := range []string{
		"", "&", "=", "%", "a=%ff", "action=otp.send;accessKeyId=x", "accessKeyId=ak+h%2Bm%2Fa%3Ac%2C0",
		"accessKeyId=" + simple + "&action=otp.send", "accessKeyId=amsOnly",
	} {
		f.Add(seed)
	}
	s := newService(f)
	s.known[signing].Secrets = [][]byte{[]byte("a secret that signed none of the seeds")}
	s.known[special].Secrets = nil
	f.Fuzz(func(t *testing.T, raw string) {
		s.fresh(t)
		got := s.post(query(raw))
		pairs, ok := unimatrix.Pairs(raw)
		if !ok {
			if got.Code != "104002" {
				t.Errorf("%q answered %s", raw, got.Raw)
			}
			return
		}
		want, err := url.ParseQuery(strings.ReplaceAll(raw, ";", "%3B"))
		have := url.Values{}
		for _, p := range pairs {
			have.Add(p[0], p[1])
		}
		if err != nil || !reflect.DeepEqual(have, want) {
			t.Errorf("%q is read as %v, want %v %v", raw, have, want, err)
		}
		action := want.Get("action")
		known := want.Get("accessKeyId") == simple && (action == "otp.send" || action == "otp.verify")
		if got.Code == "0" && !known {
			t.Errorf("%q was accepted", raw)
		}
		if !unimatrix.Serves("/x", raw) && (want.Has("action") || want.Has("accessKeyId")) {
			t.Errorf("%q is not served", raw)
		}
	})
}

// fresh clears the records of earlier requests.
func (s *service) fresh(t testing.TB) {
	s.t, s.ids, s.messages = t, map[string]bool{}, nil
	s.log.Reset()
}

// FuzzBody sends any body. Every answer is one of the contract. A body that encoding/json cannot read is never
// accepted, and an accepted body keeps every rule.
func FuzzBody(f *testing.F) {
	for _, seed := range []string{
		sendText, checkAll, "", "{}", `{"to":"+12068800123","TO":"+12068800123"}`, `{"x":"\ud800"}`,
		"\xef\xbb\xbf{}",
		`{"to":"+12068800123","digits":"8","intent":"login","channel":"auto","code":"2048","ttl":1800,` +
			`"signature":"Acme","templateId":"one"}`,
		`{"to":"+12068800123","code":"2048","payment":` + bill + `}`,
		`{"to":"+12068800123","payment":{"payee":[{}]}}`} {
		f.Add(seed)
	}
	s := newService(f)
	f.Fuzz(func(t *testing.T, text string) {
		s.fresh(t)
		s.now = s.now.Add(30 * time.Minute) // until no code is live that a chosen one must not replace
		for _, action := range []string{"otp.send", "otp.verify"} {
			got := s.post(as(simple, action), body(text))
			switch got.Code {
			case "104001", "104002":
				continue
			case "0", "107111", "101301":
			default:
				t.Errorf("answered %s", got.Raw)
			}
			if !json.Valid([]byte(text)) {
				t.Errorf("accepted %q with %s", text, got.Code)
			}
		}
		if r, ok := unimatrix.DecodeSend([]byte(text)); ok && !keepsSendRules(r) {
			t.Errorf("%q is accepted as %+v", text, r)
		}
		if r, ok := unimatrix.DecodeVerify([]byte(text)); ok && !keepsVerifyRules(r) {
			t.Errorf("%q is accepted as %+v", text, r)
		}
	})
}

func keepsSendRules(r unimatrix.SendRequest) bool {
	digits := r.Digits == 0 || r.Digits >= 4 && r.Digits <= 8
	ttl := r.TTL >= 0 && r.TTL <= 30*time.Minute && r.TTL%time.Second == 0
	channel := slices.Contains([]string{"", "sms", "call", "voice", "whatsapp", "auto"}, r.Channel)
	return r.To != "" && digits && ttl && channel && between(r.Intent, 1, 36) && between(string(r.Code), 4, 8) &&
		between(r.Signature, 1, 64) && between(r.TemplateID, 1, 64) && keepsPaymentRules(r.Payment)
}

func keepsVerifyRules(r unimatrix.VerifyRequest) bool {
	ttl := r.TTL >= 0 && r.TTL <= 30*time.Minute
	return r.To != "" && r.Code != "" && between(string(r.Code), 4, 8) && between(r.Intent, 1, 36) && ttl &&
		keepsPaymentRules(r.Payment)
}

func keepsPaymentRules(p otp.Payment) bool {
	whole := p.Amount != "" && len(p.Currency) == 3 && p.Payee != ""
	return p.None() || whole && between(p.Amount, 1, 16) && between(p.Payee, 1, 35) && between(p.Purpose, 1, 36)
}

// between reports whether s is empty, or valid UTF-8 of least to most characters.
func between(s string, least, most int) bool {
	n := utf8.RuneCountInString(s)
	return n == 0 || least <= n && n <= most && utf8.ValidString(s)
}
