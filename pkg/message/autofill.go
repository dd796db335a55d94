package message

import (
	"errors"
	"fmt"
	"strings"
)

// Autofill is what a client's messages have for phones, so that an app or a site gets the code without typing. Its
// lines follow the text in this order, and the last one has no line break behind it:
//
//	FA+9qCX9VSu
//	@example.com #425502
//
// iOS reads the last line only, so the site comes last. Android looks for the hash anywhere in the message.
type Autofill struct {
	Site        string // host whose pages may read the code (WICG, origin-bound one-time codes), see [CheckSite]
	AndroidHash string // of the app that Android hands the message to (SMS Retriever), see [CheckAndroidHash]
}

// Form is which lines for autofill follow the text of a message. Each form of a text is a text of its own where
// carriers register texts.
type Form uint8

// Forms of a message.
const (
	Plain    Form = iota // the text alone
	WithSite             // the site's line
	WithHash             // the app's hash
	WithBoth             // the hash, then the site's line
)

// Forms returns all forms.
func Forms() []Form { return []Form{Plain, WithSite, WithHash, WithBoth} }

// FormOf returns the form of a name, see [Form.String]; "" is Plain.
func FormOf(name string) (Form, bool) {
	for _, f := range Forms() {
		if f.String() == name {
			return f, true
		}
	}
	return Plain, name == ""
}

func (f Form) String() string {
	return [...]string{"plain", "site", "hash", "both"}[f]
}

// lines are the words for the lines of a form in an error.
func (f Form) lines() string {
	return [...]string{"no line", "the line of the site", "the line of the Android hash",
		"the lines of the Android hash and of the site"}[f]
}

// Form returns the form of messages with these lines.
func (a Autofill) Form() Form {
	form := Plain
	if a.Site != "" {
		form |= WithSite
	}
	if a.AndroidHash != "" {
		form |= WithHash
	}
	return form
}

// As returns the lines that a form has, and whether they are all there.
func (a Autofill) As(form Form) (Autofill, bool) {
	if form&WithSite == 0 {
		a.Site = ""
	}
	if form&WithHash == 0 {
		a.AndroidHash = ""
	}
	return a, a.Form() == form
}

// units returns how many units the lines take with a code of the most digits: all their characters count once in both
// encodings.
func (a Autofill) units() (n int) {
	if a.AndroidHash != "" {
		n += len("\n") + len(a.AndroidHash)
	}
	if a.Site != "" {
		n += len("\n@") + len(a.Site) + len(" #") + maxDigits
	}
	return n
}

// With returns the text with the lines for autofill behind it.
func (t Text) With(a Autofill) Text {
	if a == (Autofill{}) {
		return t
	}
	parts := make([]part, len(t.parts), len(t.parts)+6)
	copy(parts, t.parts)
	if a.AndroidHash != "" {
		parts = append(parts, part{words: "\n"}, part{words: a.AndroidHash})
	}
	if a.Site != "" {
		parts = append(parts, part{words: "\n@"}, part{words: a.Site}, part{words: " #"}, part{fill: code})
	}
	return Text{parts: parts, time: t.time, lines: a}
}

// Check refuses lines that no phone reads. It names them as the members of a client's record.
func (a Autofill) Check() error {
	var errs []error
	if err := CheckSite(a.Site); a.Site != "" && err != nil {
		errs = append(errs, fmt.Errorf("site is %q, %w", a.Site, err))
	}
	if err := CheckAndroidHash(a.AndroidHash); a.AndroidHash != "" && err != nil {
		errs = append(errs, fmt.Errorf("androidHash is %q, %w", a.AndroidHash, err))
	}
	return errors.Join(errs...)
}

// maxHost is the longest name in DNS, and maxLabel the longest label of one.
const maxHost, maxLabel = 253, 63

// CheckSite refuses what is not the host of a site as browsers write it: lower-case labels of letters, digits and
// hyphens, the last of which begins with a letter, or localhost. Chromium's parser takes a name that ends in a number
// for an address.
func CheckSite(host string) error {
	switch {
	case strings.Contains(host, "://"):
		return errors.New(`must be a host without a scheme: "example.com" for "https://example.com/login"`)
	case strings.ContainsAny(host, "/?#"):
		return errors.New(`must be a host without a path: "example.com" for "example.com/login"`)
	case strings.Contains(host, "@"):
		return errors.New(`must be a host without @: "example.com", which the message writes as @example.com`)
	case strings.Contains(host, ":"):
		return errors.New(`must be a host without a port: "example.com" for "example.com:443"`)
	case strings.HasSuffix(host, "."):
		return errors.New(`must be a host without a dot at its end: "example.com" for "example.com."`)
	case strings.ContainsFunc(host, func(r rune) bool { return r > '~' }):
		return errors.New("must be a host in ASCII: write other letters in Punycode, as a browser's console does for " +
			`new URL("https://bücher.example").hostname, which is xn--bcher-kva.example`)
	case len(host) > maxHost:
		return fmt.Errorf("has %d characters, a host has at most %d", len(host), maxHost)
	case !strings.Contains(host, ".") && host != "localhost":
		return errors.New(`must be a host with a dot, such as "example.com", or "localhost"`)
	}
	last := ""
	for last = range strings.SplitSeq(host, ".") {
		if !isLabel(last) {
			return fmt.Errorf("has the label %q between its dots, must have 1 to %d lower-case letters, digits and "+
				"hyphens there, with no hyphen at either end", last, maxLabel)
		}
	}
	if last[0] < 'a' {
		return fmt.Errorf(`ends in %q, must be the name of a site such as "example.com", and no address`, last)
	}
	return nil
}

func isLabel(s string) bool {
	for _, c := range []byte(s) {
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' {
			return false
		}
	}
	return 1 <= len(s) && len(s) <= maxLabel && s[0] != '-' && s[len(s)-1] != '-'
}

// hashLength is the length of an app's hash: the first characters of a SHA-256 in base64.
const hashLength = 11

// CheckAndroidHash refuses what is not an app's hash of Android's SMS Retriever: 11 characters of base64.
func CheckAndroidHash(hash string) error {
	for i, r := range hash {
		switch {
		case 'a' <= r && r <= 'z', 'A' <= r && r <= 'Z', '0' <= r && r <= '9', r == '+', r == '/':
		case r == '-', r == '_':
			return fmt.Errorf("has %q, which is base64 for URLs: make the hash anew in ordinary base64, "+
				"which has + and / in place of - and _", r)
		default:
			return fmt.Errorf("has %q as its character %d, must have 11 letters, digits, + and / of base64", r, i+1)
		}
	}
	if len(hash) != hashLength {
		return fmt.Errorf("has %d characters, must have the first %d of the base64 text of the SHA-256", len(hash),
			hashLength)
	}
	return nil
}
