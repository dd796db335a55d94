package unimatrix_test

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"countersign/pkg/gateway"
	"countersign/pkg/phone"
)

// No action accepts a body that is not one strict JSON object.
func TestBadBodies(t *testing.T) {
	s := newService(t)
	for action, good := range map[string]string{"otp.send": sendText, "otp.verify": checkAll} {
		open := good[:len(good)-1]
		for name, text := range map[string]string{
			"empty": "", "space": " ", "null": "null", "array": "[]", "string": `"x"`, "number": "1", "true": "true",
			"truncated": open, "trailing bytes": good + "x", "trailing brace": good + "}",
			"two documents": good + good, "trailing comma": open + ",}", "trailing NUL": good + "\x00",
			"duplicate key":          open + `,"to":"` + number + `"}`,
			"escaped duplicate":      open + `,"\u0074o":"` + number + `"}`,
			"duplicate null":         open + `,"to":null}`,
			"duplicate unknown key":  open + `,"x":1,"x":2}`,
			"nested duplicate":       open + `,"x":{"y":1,"y":2}}`,
			"key in another case":    open + `,"CODE":"123456"}`,
			"null in another case":   open + `,"Ttl":null}`,
			"escaped, another case":  open + `,"\u0054o":"x"}`,
			"only in another case":   strings.Replace(good, `"to"`, `"To"`, 1),
			"invalid UTF-8":          open + ",\"x\":\"\xff\"}",
			"invalid UTF-8 in a key": open + ",\"\xff\":1}",
			"overlong UTF-8":         open + ",\"x\":\"\xc0\xaf\"}",
			"lone surrogate":         open + `,"x":"\ud800"}`,
			"reversed surrogates":    open + `,"x":"\udc00\ud800"}`,
			"surrogate in UTF-8":     open + ",\"x\":\"\xed\xa0\x80\"}",
			"byte order mark":        "\xef\xbb\xbf" + good,
			"UTF-16":                 "{\x00\"\x00",
			"nesting":                open + `,"x":` + strings.Repeat("[", 10_000) + strings.Repeat("]", 10_000) + "}",
			"open nesting":           open + `,"x":` + strings.Repeat("[", 15_000),
			"many keys":              open + "," + manyKeys(100_000) + "}",
			"megabyte string":        open + `,"x":"` + strings.Repeat("x", 1<<20) + `"}`,
			"one byte too long":      padded(good, 16<<10+1),
			"control character":      open + ",\"x\":\"\n\"}",
			"single quotes":          strings.ReplaceAll(good, `"`, `'`),
			"comment":                "/**/" + good,
			"NaN":                    open + `,"x":NaN}`,
			"form":                   "to=" + number,
		} {
			t.Run(action+" "+name, func(t *testing.T) {
				s.t = t
				s.refused(400, "104002", as(simple, action), body(text))
			})
		}
		s.t = t
		garbled := func(r *gateway.Request) { r.Body, r.Garbled = nil, true }
		s.refused(400, "104002", as(simple, action), garbled)
		s.expect(200, "0", as(simple, action), body(" \r\n\t"+good+"\n"))
		s.expect(200, "0", as(simple, action), body(padded(good, 16<<10)))
		nested := `,"x":{"To":1},"y":[{"to":2}],"z":` + strings.Repeat("[", 8000) + strings.Repeat("]", 8000) + "}"
		s.expect(200, "0", as(simple, action), body(open+nested))
	}
}

// padded lengthens a body to n bytes with an undocumented member.
func padded(good string, n int) string {
	head := good[:len(good)-1] + `,"x":"`
	return head + strings.Repeat("x", n-len(head)-2) + `"}`
}

func manyKeys(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `"%d":0,`, i)
	}
	return strings.TrimSuffix(b.String(), ",")
}

// The most expensive bodies that pass the size check cost at most 50 ms of CPU time and 10 MB of heap (P16).
func TestBadBodiesAreCheap(t *testing.T) {
	s := newService(t)
	for name, text := range map[string]string{
		"nesting": strings.Repeat(`{"x":`, 3276), "arrays": `{"x":` + strings.Repeat("[", 16<<10-5),
		"keys":    "{" + manyKeys(1700),
		"escapes": `{"x":"` + strings.Repeat(`\u0041`, 2729), "folding": `{"` + strings.Repeat("ſ", 8190),
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		begin := time.Now()
		for range 20 {
			s.refused(400, "104002", body(text))
		}
		runtime.ReadMemStats(&after)
		took, heap := time.Since(begin)/20, (after.TotalAlloc-before.TotalAlloc)/20
		if took > 50*time.Millisecond || heap > 10<<20 {
			t.Errorf("%s: %v and %d bytes, want at most 50 ms and 10 MB", name, took, heap)
		}
	}
}

// field is a member of a body, with values that break its rule and values that keep it.
type field struct {
	name      string
	bad, good []string
	must      bool // the field is required
}

func accented(n int) string { return `"` + strings.Repeat("é", n) + `"` }

// Each field of each action has its rule.
func TestBadFields(t *testing.T) {
	notText := []string{"1", "1.5", "true", "false", "{}", "[]", `["x"]`, `{"a":"x"}`, accented(257)}
	notInteger := []string{
		"4.0", "4.5", "4e0", "40e-1", "-4", "-0", "0", `"0"`, `"4.0"`, `" 4"`, `"4 "`, `"+4"`, `"-4"`,
		`"04"`, `"0x4"`, `"4e0"`, `"four"`, `"٤"`, `"４"`, `"4\u0000"`, "true", "{}", "[4]",
		"9999999999999999999999", `"9999999999999999999999"`, "1e400"}
	notCode := []string{
		`"123"`, `"123456789"`, `"12 34"`, `"1234 "`, `" 1234"`, `"1234\n"`, `"+1234"`, `"-1234"`,
		`"12.34"`, `"12e4"`, `"0x1234"`, `"١٢٣٤"`, `"１２３４"`, `"1234\u0000"`, `"12\u200b34"`,
		`"12-34"`, `"12–34"`, `"12\u00a034"`, `"१२३४"`,
		`"1234\u0301"`, `"abcd"`, "123456", "123456.0"}
	also := func(list []string, more ...string) []string { return append(more, list...) }
	both := []field{
		{name: "to", bad: notText, must: true},
		{name: "intent", bad: also(notText, accented(37)), good: []string{accented(36), `"\u0000"`, `" "`}},
		{name: "ttl", bad: also(notInteger, "1801", `"1801"`), good: []string{"1", "1800", `"1"`, `"1800"`}},
	}
	code := field{name: "code", bad: also(notCode, notText...), good: []string{`"1234"`, `"00000000"`}}
	for _, f := range append(both, code,
		field{name: "digits", bad: also(notInteger, "3", "9", `"3"`, `"9"`), good: []string{"4", "8", `"4"`, `"8"`}},
		field{
			name: "channel", bad: also(notText, `"SMS"`, `"Auto"`, `"email"`, `" sms"`, `"sms\u0000"`),
			good: []string{`"sms"`, `"auto"`},
		},
		field{name: "signature", bad: also(notText, accented(65)), good: []string{accented(64)}},
		field{name: "templateId", bad: also(notText, accented(65)), good: []string{accented(64)}},
	) {
		f.test(t, "otp.send")
	}
	code.must = true
	for _, f := range append(both, code) {
		f.test(t, "otp.verify")
	}
	// A name that only the other action documents is ignored.
	newService(t).expect(
		200, "0", verify,
		body(`{"to":"+12068800123","code":"1234","DIGITS":99,"Channel":"x","signature":1,"templateId":[]}`),
	)
}

func (f field) test(t *testing.T, action string) {
	s := newService(t)
	with := func(value string) edit {
		text := fmt.Sprintf("{%q:%s", f.name, value)
		if f.name != "to" {
			text += `,"to":"` + number + `"`
		}
		if f.name != "code" && action == "otp.verify" {
			text += `,"code":"123456"`
		}
		return body(text + "}")
	}
	for _, value := range f.bad {
		t.Run(action+" "+f.name+" "+clip(value), func(t *testing.T) {
			s.t = t
			s.refused(400, "104002", as(simple, action), with(value))
		})
	}
	s.t = t
	for _, value := range []string{`""`, "null"} { // the same as absent
		if f.must {
			s.refused(400, "104001", as(simple, action), with(value))
		} else {
			s.expect(200, "0", as(simple, action), with(value))
		}
	}
	for _, value := range f.good {
		s.now = s.now.Add(30 * time.Minute) // until no code is live that a chosen one must not replace
		s.expect(200, "0", as(simple, action), with(value))
	}
}

// A missing field is reported before a wrong one, and a wrong field before a wrong number.
func TestOrderInTheBody(t *testing.T) {
	s := newService(t)
	for text, code := range map[string]string{
		`{"digits":99}`:                                "104001",
		`{"to":"","channel":5}`:                        "104001",
		`{"Digits":99}`:                                "104002",
		`{"to":5}`:                                     "104002",
		`{"to":"1","digits":99}`:                       "104002",
		`{"to":"1","digits":99,"code":"1234"}`:         "104002",
		`{"to":"1","channel":"call"}`:                  "107111",
		`{"to":"1","code":"1234"}`:                     "107111",
		`{"to":"+12068800123","channel":"call"}`:       "101301",
		`{"to":"+12068800123","channel":"whatsapp"}`:   "101301",
		`{"to":"+12068800123","channel":"voice"}`:      "101301",
		`{"to":"+12068800123","code":"1234","ttl":""}`: "0",
	} {
		if got := s.post(body(text)); got.Code != code {
			t.Errorf("%s answered %s, want %s", text, got.Raw, code)
		}
	}
	s.refused(400, "104001", verify, body(`{"to":5}`))
	s.refused(400, "104001", verify, body(`{"code":5}`))
	s.known[simple].CustomCodes = false
	s.refused(400, "104003", body(`{"to":"+12068800123","code":"1234","channel":"call"}`))
	s.expect(200, "0", verify) // the code of a verify is a guess, not the client's own code
}

func TestBadNumbers(t *testing.T) {
	s := newService(t)
	for _, to := range []string{
		"12068800123", "+1 206 880 0123", "+1-2068800123", "1-2068800123", "+1206880012a", "+02068800123",
		"+1234567890123456", "+1206880", "+1234", "+", "++12068800123", "tel:+12068800123", "＋12068800123",
		"+１２０６８８００１２３", "+١٢٠٦٨٨٠٠١٢٣", "+12068800123 ", " +12068800123", "+12068800123;ext=1",
		"+12068800123,1", `+12068800123\u0000`, `+12068800123\n`, "+4402044555666", "+999123456789",
		"0012068800123", strings.Repeat("1", 256),
		"+19002345678", "+979123456789", "+881612345678", "+870773111632", // premium rate and satellite
	} {
		s.refused(400, "107111", body(`{"to":"`+to+`"}`))
		s.refused(400, "107111", verify, body(`{"to":"`+to+`","code":"123456"}`))
	}
	s.refused(400, "104002", body(`{"to":"`+strings.Repeat("1", 257)+`"}`))
	c := s.known[simple]
	c.Countries = []string{"GB"}
	s.refused(400, "107111")
	s.refused(400, "107111", verify)
	s.expect(200, "0", body(`{"to":"+442044555666"}`))
	c.Countries, c.Numbers = []string{"*"}, phone.Valid
	s.refused(400, "107111", body(`{"to":"+606543216353"}`)) // possible, not valid
	s.expect(200, "0", body(`{"to":"+442044555666"}`))
	c.Numbers = phone.Mobile
	s.refused(400, "107111", body(`{"to":"+442044555666"}`)) // a fixed line
	s.expect(200, "0")
	c.Numbers, c.Lines = "", []phone.Kind{phone.Premium}
	s.expect(200, "0", body(`{"to":"+19002345678"}`))
}

// A client with lists of sender names and templates may use only those.
func TestLists(t *testing.T) {
	s := newService(t)
	s.expect(200, "0", body(`{"to":"+12068800123","signature":"Any","templateId":"any"}`))
	c := s.known[simple]
	c.SenderNames, c.Templates = []string{"Acme", "Bcme"}, []string{"one"}
	s.expect(200, "0", body(`{"to":"+12068800123","signature":"Bcme","templateId":"one"}`))
	s.expect(200, "0")
	for _, name := range []string{"acme", "Acme ", "Other"} {
		s.refused(400, "107121", body(`{"to":"+12068800123","signature":"`+name+`","templateId":"two"}`))
	}
	s.refused(400, "107141", body(`{"to":"+12068800123","signature":"Acme","templateId":"two"}`))
}
