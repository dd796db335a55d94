package onphone

import (
	"slices"
	"strings"

	"countersign/pkg/message"
)

// Offer is what a phone offers of a message, so that nobody types a code. A field is "" if phones find nothing.
type Offer struct {
	Code string // above the keyboard, and to pages and apps that ask for one
	Site string // the only host whose pages get the code
	Hash string // of the Android app that gets the whole message
}

// Read returns what phones offer of a message. The site is one that the specification and Chromium both find: with it,
// the code is the one beside it. Otherwise it is the first number that can be a code.
func Read(text string) Offer {
	var o Offer
	o.Code, _ = Number(text)
	bound, ok := WICG(text)
	if other, also := Chromium(text); ok && also && bound == other {
		o.Code, o.Site = bound.Code, bound.Host
	}
	o.Hash = hashIn(text, ok)
	return o
}

// hashIn returns the hash of an app in a message: a line of its own behind the text, and before that of a site if there
// is one. Elsewhere in the text, a word may look like a hash and be none.
func hashIn(text string, site bool) string {
	lines := slices.DeleteFunc(strings.Split(text, "\n"), func(s string) bool { return strings.TrimSpace(s) == "" })
	if site {
		lines = lines[:len(lines)-1]
	}
	if len(lines) < 2 {
		return ""
	}
	hash := strings.TrimSpace(lines[len(lines)-1])
	if _, ok := Retriever(text, hash); !ok || message.CheckAndroidHash(hash) != nil {
		return ""
	}
	return hash
}
