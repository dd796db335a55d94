package unimatrix

import (
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"
)

// maxQuery is the longest raw query that is read, in bytes. API Gateway takes
// 10,240 bytes for the request line and all headers together.
const maxQuery = 8 << 10

// reserved are the names that may be given at most once.
var reserved = []string{"accessKeyId", "action", "algorithm", "nonce", "signature", "timestamp"}

// query is a decoded query in the order of the request. It includes names without a meaning, because they are
// signed too.
type query []pair

type pair struct{ name, value string }

// parseQuery decodes a raw query once: "+" is a space, each "%" must begin an escape, and the result must be
// UTF-8. ok is false for anything else, and if a reserved name comes twice.
func parseQuery(raw string) (q query, ok bool) {
	if len(raw) > maxQuery {
		return nil, false
	}
	for part := range strings.SplitSeq(raw, "&") {
		if part == "" {
			continue
		}
		name, value, _ := strings.Cut(part, "=")
		name, named := unescape(name)
		value, valued := unescape(value)
		if !named || !valued || slices.Contains(reserved, name) && q.has(name) {
			return nil, false
		}
		q = append(q, pair{name, value})
	}
	return q, true
}

func unescape(s string) (string, bool) {
	s, err := url.QueryUnescape(s)
	return s, err == nil && utf8.ValidString(s)
}

func (q query) has(name string) bool {
	return slices.ContainsFunc(q, func(p pair) bool { return p.name == name })
}

// get returns the value of a reserved name, "" if it is missing.
func (q query) get(name string) string {
	for _, p := range q {
		if p.name == name {
			return p.value
		}
	}
	return ""
}

// names reports whether a raw query has one of some names, even if its rest cannot be decoded.
func names(raw string, any ...string) bool {
	for part := range strings.SplitSeq(raw, "&") {
		name, _, _ := strings.Cut(part, "=")
		if name, ok := unescape(name); ok && slices.Contains(any, name) {
			return true
		}
	}
	return false
}
