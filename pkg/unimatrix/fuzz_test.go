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

	"countersign/pkg/unimatrix"
)

// FuzzQuery sends what a stranger may send: what is decoded is what net/url makes
// of it, and nothing but a signature comes in.
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
		if got.Code == "0" && (want.Get("accessKeyId") != simple || want.Get("action") != "otp.send" &&
			want.Get("action") != "otp.verify") {
			t.Errorf("%q was let in", raw)
		}
		if !unimatrix.Serves("/x", raw) && (want.Has("action") || want.Has("accessKeyId")) {
			t.Errorf("%q is not served", raw)
		}
	})
}

// fresh forgets what came before.
func (s *service) fresh(t testing.TB) {
	s.t, s.ids, s.messages = t, map[string]bool{}, nil
	s.log.Reset()
}

// FuzzBody: every answer is one of the contract's, what encoding/json cannot read
// is never accepted, and what reaches the backend keeps every rule.
func FuzzBody(f *testing.F) {
	for _, seed := range []string{
		sendText, checkAll, "", "{}", `{"to":"+12068800123","TO":"+12068800123"}`, `{"x":"\ud800"}`,
		"\xef\xbb\xbf{}",
		`{"to":"+12068800123","digits":"8","intent":"login","channel":"auto","code":"2048","ttl":1800,` +
			`"signature":"Acme","templateId":"one"}`} {
		f.Add(seed)
	}
	s := newService(f)
	within := func(s string, least, most int) bool {
		n := utf8.RuneCountInString(s)
		return n == 0 || least <= n && n <= most && utf8.ValidString(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		s.fresh(t)
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
		if r, ok := unimatrix.DecodeSend([]byte(text)); ok {
			if r.To == "" || r.Digits != 0 && (r.Digits < 4 || r.Digits > 8) || r.TTL < 0 ||
				r.TTL > 30*time.Minute || r.TTL%time.Second != 0 ||
				!within(r.Intent, 1, 36) || !within(string(r.Code), 4, 8) || !within(r.Signature, 1, 64) ||
				!within(r.TemplateID, 1, 64) || r.Channel != "" && !slices.Contains(
				[]string{"sms", "call", "voice", "whatsapp", "auto"}, r.Channel,
			) {
				t.Errorf("%q is accepted as %+v", text, r)
			}
		}
		if r, ok := unimatrix.DecodeVerify([]byte(text)); ok {
			if r.To == "" || r.Code == "" || !within(string(r.Code), 4, 8) || !within(r.Intent, 1, 36) ||
				r.TTL < 0 || r.TTL > 30*time.Minute {
				t.Errorf("%q is accepted as %+v", text, r)
			}
		}
	})
}
