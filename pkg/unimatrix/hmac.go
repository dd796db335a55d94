package unimatrix

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"countersign/pkg/admission"
	"countersign/pkg/signature"
)

// authentic checks the signature of a request against the secrets that its client may use at present. It
// returns pass, or the result of the first rule that the request breaks: it has a signature, a timestamp that
// is a number, a known algorithm and a nonce; one of the secrets made the signature; the timestamp is near.
// The timestamp comes last, so that only the owner of a secret learns that a clock is off. The reason is for the log,
// and without one [explain] finds it.
//
// window is the largest distance between the timestamp and our clock, either way and inclusive.
func authentic(q query, secrets [][]byte, window time.Duration, now time.Time) (broken result, reason string) {
	if q.get("signature") == "" {
		return missingSignature, signature.ParamMissing.Detail("")
	}
	at, ok := instant(q.get("timestamp"))
	nonce := utf8.RuneCountInString(q.get("nonce"))
	given, readable := macOf(q.get("signature"))
	switch {
	case q.get("timestamp") == "":
		return invalidTimestamp, signature.TimestampMissing.Detail("")
	case !ok:
		return invalidTimestamp, signature.TimestampForm.Detail("")
	case q.get("algorithm") != "hmac-sha256":
		return invalidSignature, signature.AlgorithmHMAC.Detail("")
	case nonce < 8, nonce > 64:
		return invalidSignature, signature.Nonce.Detail("")
	case !readable:
		return invalidSignature, signature.MACForm.Detail(formFacts(q.get("signature")))
	case !signed(q, secrets, given):
		return invalidSignature, ""
	}
	if off := at - now.UnixMilli(); off < -window.Milliseconds() || off > window.Milliseconds() {
		return invalidTimestamp, signature.TimestampFar.Detail(far(off, window))
	}
	return pass, ""
}

// formFacts states for the log what a signature in another form seems to be.
func formFacts(text string) string {
	switch len(text) {
	case 40, 28:
		return "it is as long as HMAC-SHA1"
	case 88:
		if plain, err := base64.StdEncoding.DecodeString(text); err == nil && len(plain) == 64 {
			if _, err := hex.DecodeString(string(plain)); err == nil {
				return "it is base64 of the hex digits"
			}
		}
		return "it is as long as HMAC-SHA512"
	case 128:
		return "it is as long as HMAC-SHA512"
	case 32, 24:
		return "it is as long as HMAC-MD5"
	}
	if strings.ContainsAny(text, "-_") {
		return "it has the alphabet of base64 for URLs"
	}
	if _, err := hex.DecodeString(text); err == nil && text != strings.ToLower(text) {
		return "it has upper-case digits"
	}
	return ""
}

// far states for the log how far a timestamp is from our clock, in milliseconds.
func far(off int64, window time.Duration) string {
	where, seconds := "ahead of", off/1000
	if off < 0 {
		where, seconds = "behind", -(off / 1000)
	}
	return fmt.Sprintf("%d seconds %s it, at most %d", seconds, where, int64(window/time.Second))
}

// instant reads a timestamp as milliseconds since the Unix epoch. Timestamps are decimal digits: of
// milliseconds from 10^11 on and of seconds below, since the SDKs disagree.
func instant(s string) (millis int64, ok bool) {
	if !admission.Digits(s) {
		return 0, false
	}
	n, _ := strconv.ParseInt(s, 10, 64) // the greatest int64, if the timestamp is greater
	if n < 1e11 {
		n *= 1000
	}
	return n, true
}

// macOf reads a signature: 64 lower-case hex digits, or 44 characters of base64 in its one spelling. A space was a plus
// sign that the client forgot to escape. With line ends in it the result is too short, and equals no MAC.
func macOf(text string) (mac []byte, ok bool) {
	switch len(text) {
	case hex.EncodedLen(sha256.Size):
		mac, err := hex.DecodeString(text)
		return mac, err == nil && text == strings.ToLower(text)
	case base64.StdEncoding.EncodedLen(sha256.Size):
		mac, err := base64.StdEncoding.Strict().DecodeString(strings.ReplaceAll(text, " ", "+"))
		return mac, err == nil
	}
	return nil, false
}

// signed reports whether one of the secrets gives this MAC for one of the texts that the client may have
// signed. It always tries all of them. An empty secret never signs, because anybody could use it.
func signed(q query, secrets [][]byte, given []byte) bool {
	texts := candidates(q)
	found := false
	for _, secret := range secrets {
		if len(secret) == 0 {
			continue
		}
		mac := hmac.New(sha256.New, secret)
		for _, text := range texts {
			mac.Reset()
			mac.Write([]byte(text))
			found = hmac.Equal(mac.Sum(nil), given) || found
		}
	}
	return found
}

// candidates returns the texts that the client may have signed: all pairs except the signature, sorted by
// name, each name=value, joined with "&".
//
// SDKs encode the pairs in four ways, and often not as they send them: form encoding; encodeURIComponent;
// form encoding with lower-case escapes; no encoding. The last one is accepted only if nothing would be
// escaped, because otherwise it is ambiguous; then it equals the first one. Names are encoded too: the
// documented names stay the same, and no other name can pass for two pairs.
func candidates(q query) []string {
	var b strings.Builder
	for i, p := range sortedParams(q) {
		if i > 0 {
			b.WriteByte('&')
		}
		b.WriteString(url.QueryEscape(p.name))
		b.WriteByte('=')
		b.WriteString(url.QueryEscape(p.value))
	}
	form := b.String()
	if !strings.ContainsAny(form, "+%") {
		return []string{form} // nothing is escaped, so all four are the same
	}
	return []string{form, component.Replace(form), lowerEscapes(form)}
}

// component turns form encoding into that of JavaScript's encodeURIComponent. In form encoding a plus sign is always a
// space, and a percent sign always begins an escape.
var component = strings.NewReplacer("+", "%20", "%21", "!", "%27", "'", "%28", "(", "%29", ")", "%2A", "*")

// lowerEscapes turns %2B into %2b, as .NET writes it.
func lowerEscapes(form string) string {
	b := []byte(form)
	for i, c := range b {
		if c == '%' {
			copy(b[i:], strings.ToLower(form[i:i+3]))
		}
	}
	return string(b)
}
