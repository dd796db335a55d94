package unimatrix_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
)

func contract(t testing.TB, name string, into any) {
	t.Helper()
	text, err := os.ReadFile("testdata/contracts/" + name)
	if err == nil && into != nil {
		err = json.Unmarshal(text, into)
	}
	if err != nil {
		t.Fatal(err)
	}
}

type vector struct {
	Name, ClientID, Secret, Query, StringToSign string
	Clock                                       int64
	Expect                                      struct {
		Code string
		HTTP int
	}
}

func vectors(t testing.TB) (body string, all []vector) {
	t.Helper()
	var file struct {
		Body    string
		Vectors []vector
	}
	contract(t, "unimatrix-hmac-vectors.json", &file)
	if len(file.Vectors) < 30 {
		t.Fatalf("%d vectors", len(file.Vectors))
	}
	return file.Body, file.Vectors
}

func TestVectors(t *testing.T) {
	text, all := vectors(t)
	for _, v := range all {
		t.Run(v.Name, func(t *testing.T) {
			s := newService(t)
			s.now = time.Unix(v.Clock, 0)
			s.known[v.ClientID].Secrets = [][]byte{[]byte(v.Secret)}
			s.expect(v.Expect.HTTP, v.Expect.Code, query(v.Query), body(text))
			if reached := len(s.messages) == 1; reached != (v.Expect.Code == "0") {
				t.Errorf("%d messages", len(s.messages))
			}
		})
	}
}

// An accepted request is refused after any change of its signed parts, and after its time window.
func TestVectorsChanged(t *testing.T) {
	_, all := vectors(t)
	for _, v := range all {
		if v.Expect.Code == "0" {
			t.Run(v.Name, func(t *testing.T) { changed(t, v.ClientID, v.Query, v.Clock) })
		}
	}
}

// changed makes requests that must be refused from a signed one: late, with another value, or without a parameter.
func changed(t *testing.T, client, raw string, clock int64) {
	s := newService(t)
	s.now = time.Unix(clock, 0)
	s.expect(200, "0", query(raw))
	s.now = time.Unix(clock+1201, 0) // the edge vectors are 600 s off already
	s.refused(401, "104202", query(raw))
	s.now = time.Unix(clock, 0)
	pairs := strings.Split(raw, "&")
	for i, p := range pairs {
		name, value, _ := strings.Cut(p, "=")
		for _, other := range []string{value + "0", "0" + value, "0" + value[1:], value[:len(value)-1], ""} {
			if other == value {
				continue
			}
			edited := slices.Clone(pairs)
			edited[i] = name + "=" + other
			if got := s.post(query(strings.Join(edited, "&"))); got.Code == "0" {
				t.Errorf("accepted with %s=%s", name, other)
			}
		}
		without := slices.Delete(slices.Clone(pairs), i, i+1)
		if got := s.post(query(strings.Join(without, "&"))); got.Code == "0" {
			t.Errorf("accepted without %s", name)
		}
		if name == "region" { // has no meaning, so it may be repeated
			s.refused(401, "104201", query(raw+"&"+p))
		} else {
			s.refused(400, "104002", query(raw+"&"+p))
		}
	}
	s.refused(401, "104201", query(raw+"&extra=1"))
	s.refused(401, "104201", query(raw+"&extra"))
	s.known[client].Secrets = [][]byte{[]byte("another")}
	s.refused(401, "104201", query(raw))
	if len(s.messages) != 1 {
		t.Errorf("%d messages, want 1", len(s.messages))
	}
}

// sign returns a query with the signature of a text.
func sign(key, text, wire string) string {
	mac := hmac.New(sha256.New, []byte(key))
	mac.Write([]byte(text))
	return wire + "&signature=" + hex.EncodeToString(mac.Sum(nil))
}

func plain(timestamp string) string {
	return "accessKeyId=" + signing +
		"&action=otp.send&algorithm=hmac-sha256&nonce=76cea0777066cf2b&timestamp=" + timestamp
}

func signed(key, timestamp string) string { return sign(key, plain(timestamp), plain(timestamp)) }

func TestWindow(t *testing.T) {
	s := newService(t)
	s.now = time.UnixMilli(1_795_314_304_500)
	for timestamp, ok := range map[string]bool{
		"1795314304": true, "1795314304500": true,
		// the edges of the window, 600 s, and one millisecond beyond
		"1795313704500": true, "1795313704499": false, "1795314904500": true, "1795314904501": false,
		"1795313705": true, "1795313704": false, "1795314904": true, "1795314905": false,
		"001795314304": true, "0": false, "99999999999": false, "100000000000": false,
		"9223372036854775807": false, "9223372036854775808": false, "1" + strings.Repeat("0", 100): false,
	} {
		status, code := 401, "104202"
		if ok {
			status, code = 200, "0"
		}
		if got := s.expect(status, code, query(signed(secret, timestamp))); got.Code != code {
			t.Errorf("timestamp %s", timestamp)
		}
	}
	// the largest numbers that are seconds, and the smallest that are milliseconds
	for timestamp, now := range map[string]int64{
		"100000000000": 1e11, "99999999999": 99_999_999_999_000, "10000000000": 1e13,
	} {
		s := newService(t)
		s.now = time.UnixMilli(now)
		s.expect(200, "0", query(signed(secret, timestamp)))
	}
	s.now = time.Unix(1_795_314_304, 0)
	s.refused(401, "104201", query(signed("another", "1"+strings.Repeat("0", 100)))) // digits: the signature decides
	for _, timestamp := range []string{
		"", "-1795314304", "%2B1795314304", "1795314304.5", "1.795314304e9", "0x6B01F900", "１７９５３１４３０４",
		"1795314304+", "1_795_314_304", "1795314304%00",
	} {
		s.refused(401, "104202", query(signed(secret, timestamp)))
	}
}

// During a rotation both secrets are valid, afterwards the newer one only. An empty secret is never valid.
func TestRotation(t *testing.T) {
	s := newService(t)
	for _, c := range []struct {
		secrets string
		good    []string
		bad     []string
	}{
		{"new,old", []string{"new", "old"}, []string{"older", "", "new,old"}},
		{"old,new", []string{"new", "old"}, []string{""}},
		{"new", []string{"new"}, []string{"old"}},
		{"", nil, []string{"", "new"}},
		{"new,", []string{"new"}, []string{""}},
	} {
		s.known[signing].Secrets = nil
		for _, one := range strings.Split(c.secrets, ",") {
			s.known[signing].Secrets = append(s.known[signing].Secrets, []byte(one))
		}
		for _, key := range c.good {
			s.expect(200, "0", query(signed(key, "1795314304")))
		}
		for _, key := range c.bad {
			s.refused(401, "104201", query(signed(key, "1795314304")))
		}
	}
	s.known[signing].Secrets = nil
	s.refused(401, "104201", query(signed("", "1795314304")))
}

func TestSignatureForms(t *testing.T) {
	s := newService(t)
	raw, sent, _ := strings.Cut(signed(secret, "1795314304"), "&signature=")
	mac, _ := hex.DecodeString(sent)
	std := base64.StdEncoding.EncodeToString(mac)
	for _, signature := range []string{
		strings.ToUpper(sent), sent[:63], sent + "0", " " + sent[1:], sent[:63] + "g",
		sent[:10] + strings.ToUpper(sent[10:]), "0x" + sent[2:],
		base64.RawStdEncoding.EncodeToString(mac), std[:43] + "\n", std + "=", std[:40] + "\r\n\r\n",
		"\n" + std[1:], std + "\n",
		base64.StdEncoding.EncodeToString(mac[:31]), base64.StdEncoding.EncodeToString(append(mac, 0)),
		strings.Repeat("=", 44), strings.Repeat("é", 22), "x", strings.Repeat("0", 64), " ",
	} {
		s.refused(401, "104201", query(raw+"&signature="+url.QueryEscape(signature)))
	}
	s.refused(401, "104200", query(raw))
	s.refused(401, "104200", query(raw+"&signature"))
	s.expect(200, "0", query(raw+"&signature="+url.QueryEscape(std)))
	for i := range 200 { // enough for "+" and "/" at any place; no SDK uses the URL alphabet
		text := plain(fmt.Sprint(1_795_314_304_000 + i))
		h := hmac.New(sha256.New, []byte(secret))
		h.Write([]byte(text))
		signature := base64.StdEncoding.EncodeToString(h.Sum(nil))
		s.expect(200, "0", query(text+"&signature="+url.QueryEscape(signature)))
		s.expect(200, "0", query(text+"&signature="+strings.ReplaceAll(signature, "/", "%2f"))) // "+" and "=" unescaped
		if other := base64.URLEncoding.EncodeToString(h.Sum(nil)); other != signature {
			s.refused(401, "104201", query(text+"&signature="+url.QueryEscape(other)))
		}
	}
}

func TestAlgorithmAndNonce(t *testing.T) {
	s := newService(t)
	with := func(algorithm, nonce string) string {
		text := "accessKeyId=" + signing + "&action=otp.send&algorithm=" + url.QueryEscape(algorithm) +
			"&nonce=" + url.QueryEscape(nonce) + "&timestamp=1795314304"
		return sign(secret, text, text)
	}
	for _, algorithm := range []string{"", "none", "HMAC-SHA256", "hmac-sha256 ", "hmac-sha512", "hs256"} {
		s.refused(401, "104201", query(with(algorithm, "76cea0777066cf2b")))
	}
	for nonce, ok := range map[string]bool{
		"": false, "1234567": false, "12345678": true, strings.Repeat("n", 64): true, strings.Repeat("n", 65): false,
		"ééééééé": false, "éééééééé": true, strings.Repeat("é", 64): true, strings.Repeat("é", 65): false,
	} {
		if ok {
			s.expect(200, "0", query(with("hmac-sha256", nonce)))
		} else {
			s.refused(401, "104201", query(with("hmac-sha256", nonce)))
		}
	}
	s.known[signing].Unimatrix = "simple" // which checks no signature
	s.expect(200, "0", query(with("none", "")))
	s.expect(200, "0", query(signed("another", "today")))
}

// A signature over each encoding that an SDK uses is valid, however the query is encoded.
func TestEncodings(t *testing.T) {
	s := newService(t)
	const id = "k~-_.!*'()&=%+ /é:"
	c := *s.known[signing]
	c.ID = id
	s.known[id] = &c
	text := func(id, region string) string {
		return "accessKeyId=" + id + "&action=otp.send&algorithm=hmac-sha256&nonce=76cea0777066cf2b&region=" +
			region + "&timestamp=1795314304"
	}
	wire := text(url.QueryEscape(id), "%2B1+%252B")
	for name, signs := range map[string]string{
		"form":               text("k~-_.%21%2A%27%28%29%26%3D%25%2B+%2F%C3%A9%3A", "%2B1+%252B"),
		"encodeURIComponent": text("k~-_.!*'()%26%3D%25%2B%20%2F%C3%A9%3A", "%2B1%20%252B"),
		"lower escapes":      text("k~-_.%21%2a%27%28%29%26%3d%25%2b+%2f%c3%a9%3a", "%2b1+%252B"),
	} {
		if got := s.expect(200, "0", query(sign(secret, signs, wire))); got.Code != "0" {
			t.Error(name)
		}
		shuffled := "region=%2b1%20%252B&timestamp=1795314304&nonce=76cea0777066cf2b&algorithm=hmac%2Dsha256&" +
			"%61ction=otp.send&accessKeyId=" + strings.ReplaceAll(url.QueryEscape(id), "+", "%20")
		s.expect(200, "0", query(sign(secret, signs, shuffled)))
	}
	for name, signs := range map[string]string{
		"raw":        text(id, "+1 %2B"),
		"as sent":    text(url.PathEscape(id), "%2B1%20%252B"),
		"mixed case": text("k~-_.%21%2a%27%28%29%26%3d%25%2B+%2F%C3%A9%3A", "%2B1+%252B"),
		"unsorted":   "action=otp.send&" + strings.Replace(wire, "&action=otp.send", "", 1),
	} {
		if got := s.refused(401, "104201", query(sign(secret, signs, wire))); got.Code == "0" {
			t.Error(name)
		}
	}
}

// The encodings may differ in a single character.
func TestEncodingsOfOneCharacter(t *testing.T) {
	s := newService(t)
	for wire, signs := range map[string][]string{
		"+": {"+", "%20"}, "%21": {"%21", "!"}, "%2a": {"%2A", "%2a", "*"}, "%3a": {"%3A", "%3a"},
		"~": {"~"}, "%2d": {"-"}, "%25": {"%25"}, "%2521": {"%2521"}, "%2B": {"%2B", "%2b"},
	} {
		for _, signed := range signs {
			s.expect(200, "0", query(sign(secret, plain("1795314304")+"&x="+signed, plain("1795314304")+"&x="+wire)))
		}
	}
	for wire, signed := range map[string]string{
		"+": " ", "%2B": "+", "%21": "%21!", "~": "%7E", "%26": "&", "%2D": "%2D", "%c3%a9": "é",
	} {
		s.refused(401, "104201", query(sign(secret, plain("1795314304")+"&x="+signed, plain("1795314304")+"&x="+wire)))
	}
}

// The signature of one query is not valid for another query whose decoded pairs join to the same text.
func TestJoiningIsUnambiguous(t *testing.T) {
	s := newService(t)
	text := "a=1&" + plain("1795314304") + "&zone=eu"
	s.expect(200, "0", query(sign(secret, text, text)))
	for _, wire := range []string{
		"a%3D1=&" + plain("1795314304") + "&zone=eu",
		"a=1&" + plain("1795314304") + "%26zone%3Deu",
		"a=1%26accessKeyId%3D" + strings.TrimPrefix(plain("1795314304"), "accessKeyId=") +
			"&accessKeyId=" + signing + "&zone=eu",
		"a=1&" + plain("1795314304") + "&zone%3Deu",
		"a=1&" + plain("1795314304") + "&zone=eu&=",
	} {
		if got := s.post(query(sign(secret, text, wire))); got.Code == "0" {
			t.Errorf("%s was accepted with the signature of %s", wire, text)
		}
	}
	text = "a=1&aa=2&" + plain("1795314304")
	s.expect(200, "0", query(sign(secret, text, text)))
	s.refused(401, "104201", query(sign(secret, text, "a%3D1%26aa=2&"+plain("1795314304"))))
	// A name twice is signed in the order of the request.
	text = "a=2&a=1&" + plain("1795314304")
	s.expect(200, "0", query(sign(secret, text, plain("1795314304")+"&a=2&&a=1")))
	s.refused(401, "104201", query(sign(secret, text, plain("1795314304")+"&a=1&a=2")))
	many := "z=" + strings.Join(strings.Split("qwertzuiopasdfghjklyxcvbnm", ""), "&z=")
	s.expect(200, "0", query(sign(secret, plain("1795314304")+"&"+many, many+"&"+plain("1795314304"))))
}
