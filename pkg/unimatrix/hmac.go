package unimatrix

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"countersign/pkg/admission"
)

// window is how far a timestamp may be off either way; exactly that far passes.
const window = 10 * time.Minute

// authentic judges the signature of a request by the secrets that its client may
// sign with at present. It returns pass, or what the first rule that is broken
// answers: there is a signature, the timestamp is a number, algorithm and nonce are
// as they should be, the signature is one of a secret's, the timestamp is near. The
// window comes last, so that only the owner of a secret learns that a clock is off.
func authentic(q query, secrets [][]byte, now time.Time) result {
	signature := q.get("signature")
	if signature == "" {
		return missingSignature
	}
	at, ok := instant(q.get("timestamp"))
	if !ok {
		return invalidTimestamp
	}
	nonce := utf8.RuneCountInString(q.get("nonce"))
	if q.get("algorithm") != "hmac-sha256" || nonce < 8 || nonce > 64 {
		return invalidSignature
	}
	given, ok := macOf(signature)
	if !ok || !signed(q, secrets, given) {
		return invalidSignature
	}
	if off := at - now.UnixMilli(); off < -window.Milliseconds() || off > window.Milliseconds() {
		return invalidTimestamp
	}
	return pass
}

// instant reads a timestamp: decimal digits, in milliseconds from 10^11 on and in
// seconds below, since the SDKs disagree. Milliseconds since the Unix epoch come
// back.
func instant(s string) (millis int64, ok bool) {
	if !admission.Digits(s) {
		return 0, false
	}
	n, _ := strconv.ParseInt(s, 10, 64) // the greatest, where it is greater still
	if n < 1e11 {
		n *= 1000
	}
	return n, true
}

// macOf reads a signature: 64 lower-case hex digits or 44 characters of base64,
// in its one spelling. A space was a plus sign that the client forgot to escape.
// What comes back may be too short where there were line ends, and equals no MAC.
func macOf(signature string) (mac []byte, ok bool) {
	switch len(signature) {
	case hex.EncodedLen(sha256.Size):
		mac, err := hex.DecodeString(signature)
		return mac, err == nil && signature == strings.ToLower(signature)
	case base64.StdEncoding.EncodedLen(sha256.Size):
		mac, err := base64.StdEncoding.Strict().DecodeString(strings.ReplaceAll(signature, " ", "+"))
		return mac, err == nil
	}
	return nil, false
}

// signed reports whether one of the secrets gives this MAC for one of the texts
// that the client may have signed. All are tried whatever comes out, and an empty
// secret, which anybody could sign with, is none.
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

// candidates returns the texts that a request may have been signed as: all pairs
// but the signature, sorted by name, name=value joined with "&". SDKs encode them
// in four ways, and often not as they are sent: form encoding; encodeURIComponent;
// form encoding with lower-case escapes; not at all. The last is accepted only
// where nothing would be escaped, as all else would be ambiguous, and so is the
// same as the first. Names are encoded too, which changes none of the documented
// ones and keeps every other from passing for two pairs.
func candidates(q query) []string {
	q = slices.DeleteFunc(slices.Clone(q), func(p pair) bool { return p.name == "signature" })
	slices.SortStableFunc(q, func(a, b pair) int { return strings.Compare(a.name, b.name) })
	var b strings.Builder
	for i, p := range q {
		if i > 0 {
			b.WriteByte('&')
		}
		b.WriteString(url.QueryEscape(p.name))
		b.WriteByte('=')
		b.WriteString(url.QueryEscape(p.value))
	}
	form := b.String()
	if !strings.ContainsAny(form, "+%") {
		return []string{form} // nothing was escaped: all are alike
	}
	return []string{form, component.Replace(form), lowerEscapes(form)}
}

// component turns form encoding into that of JavaScript's encodeURIComponent. In
// form encoding a plus sign is always a space, and a percent sign an escape.
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
