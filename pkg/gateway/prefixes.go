package gateway

import (
	"errors"
	"slices"
	"strings"
)

// Prefixes are what gateways in front add before the paths of the contracts: the name of a stage, or the base path of a
// custom domain. Each is one or more segments, such as "/prod" or "/otp/v2".
type Prefixes []string

// ParsePrefixes reads prefixes between commas; "" is none. The error names the rule.
func ParsePrefixes(text string) (Prefixes, error) {
	if text == "" {
		return nil, nil
	}
	all := strings.Split(text, ",")
	for i, prefix := range all {
		all[i] = strings.TrimSpace(prefix)
		if !validPrefix(all[i]) {
			return nil, errors.New(`prefixes of paths such as "/prod" or "/otp/v2", separated by commas: ` +
				`each segment of letters, digits, "-", "_", "~" and ".", with no "." first, and no slash at the end`)
		}
	}
	slices.SortFunc(all, func(a, b string) int { return len(b) - len(a) }) // the longest that fits is cut
	return all, nil
}

func validPrefix(prefix string) bool {
	rest, ok := strings.CutPrefix(prefix, "/")
	if !ok || len(prefix) > 128 {
		return false
	}
	const letters = "abcdefghijklmnopqrstuvwxyz"
	allowed := letters + strings.ToUpper(letters) + "0123456789-_~."
	for segment := range strings.SplitSeq(rest, "/") {
		if segment == "" || segment[0] == '.' || strings.Trim(segment, allowed) != "" {
			return false
		}
	}
	return true
}

// Of returns the prefix of a path, "" if it has none. It ends where a segment ends. Bytes are compared, because
// signatures cover bytes.
func (p Prefixes) Of(path string) string {
	for _, prefix := range p {
		if rest, ok := strings.CutPrefix(path, prefix); ok && (rest == "" || rest[0] == '/') {
			return prefix
		}
	}
	return ""
}

// Route returns the path without the prefix of a gateway in front. Signatures cover [Request.Path], which has it.
func (r Request) Route() string {
	if rest := r.Path[len(r.Prefix):]; rest != "" || r.Prefix == "" {
		return rest
	}
	return "/"
}
