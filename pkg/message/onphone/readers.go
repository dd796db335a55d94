// Package onphone reads the code of a message as phones do: by the text of the specification, which iOS follows, by
// Chromium's regular expression, and by the rule of Android's SMS Retriever.
package onphone

import (
	"net/netip"
	"regexp"
	"slices"
	"strings"

	"countersign/pkg/message"
)

// Found is what a reader finds in a message.
type Found struct{ Host, Code, Embedded string }

// WICG parses a message by the steps of https://wicg.github.io/sms-one-time-codes/#parsing: only the last line counts,
// it begins with the host, and one space comes before the code.
func WICG(text string) (found Found, ok bool) {
	text = strings.ReplaceAll(text, "\r\n", "\n")
	text = strings.ReplaceAll(text, "\r", "\n")
	line := text[strings.LastIndexByte(text, '\n')+1:]
	if found.Host, line, ok = marked(line, '@'); !ok {
		return Found{}, false
	}
	if line, ok = strings.CutPrefix(line, " "); !ok {
		return Found{}, false
	}
	if found.Code, line, ok = marked(line, '#'); !ok {
		return Found{}, false
	}
	if line, ok = strings.CutPrefix(line, " "); ok {
		found.Embedded, _, _ = marked(line, '@')
	}
	return found, true
}

// marked extracts the token behind a marker, up to white space of ASCII.
func marked(s string, marker byte) (token, rest string, ok bool) {
	if s == "" || s[0] != marker {
		return "", "", false
	}
	s = s[1:]
	if i := strings.IndexAny(s, " \t\n\f\r"); i >= 0 {
		return s[:i], s[i:], i > 0
	}
	return s, "", s != ""
}

// chromium is the expression of content/browser/sms/sms_parser.cc. It is one of RE2, and means the same in Go.
var chromium = regexp.MustCompile(`(?:^|\s)@([a-zA-Z0-9.-]+) #([^#\s]+)(?: @([a-zA-Z0-9.-]+))?`)

// Chromium parses a message as Chromium on Android does: the first match anywhere counts, if its hosts are those of a
// URL.
func Chromium(text string) (Found, bool) {
	m := chromium.FindStringSubmatch(text)
	if m == nil || !isHost(m[1]) || m[3] != "" && !isHost(m[3]) {
		return Found{}, false
	}
	return Found{strings.ToLower(m[1]), m[2], strings.ToLower(m[3])}, true
}

// isHost reports whether a browser takes a name for the host of a URL: a name that ends in a number must be an address
// of IPv4 (https://url.spec.whatwg.org/#ends-in-a-number-checker). Its labels are not empty, and it is no longer than
// a name in DNS.
func isHost(name string) bool {
	labels := strings.Split(strings.TrimSuffix(name, "."), ".")
	for _, label := range labels {
		if label == "" || len(label) > 63 {
			return false
		}
	}
	if last := labels[len(labels)-1]; strings.Trim(last, "0123456789") == "" || strings.HasPrefix(last, "0x") {
		_, err := netip.ParseAddr(name)
		return err == nil
	}
	return len(name) <= 254
}

// code is what an app's own code looks for in the message that it gets: a number of as many digits as codes have.
var code = regexp.MustCompile(`(?:^|[^0-9])([0-9]{4,8})(?:[^0-9]|$)`)

// Retriever reads a message as an app with the SMS Retriever does, by the rules of
// https://developers.google.com/identity/sms-retriever/verify: it has the hash of the app as a word of its own, a code,
// and at most 140 bytes on the air. The app takes the first number that can be a code.
func Retriever(text, hash string) (string, bool) {
	found, ok := Number(text)
	if !slices.Contains(strings.Fields(text), hash) || !short(text) || !ok {
		return "", false
	}
	return found, true
}

// short reports whether a message has at most 140 bytes on the air.
func short(text string) bool {
	size := message.Measure(text)
	bytes := (size.Units*7 + 7) / 8
	if size.Wide {
		bytes = size.Units * 2
	}
	return bytes <= 140
}

// Number returns the first number of a message that can be a code: it has as many digits as codes have.
func Number(text string) (string, bool) {
	m := code.FindStringSubmatch(text)
	if m == nil {
		return "", false
	}
	return m[1], true
}
