package admission

import (
	"slices"
	"strings"
)

// AnyJSON reports whether a Content-Type is absent or one of its lines, or one of the values in a line, is
// application/json.
func AnyJSON(lines []string) bool {
	return len(lines) == 0 || slices.ContainsFunc(values(lines), isJSON)
}

// OnlyJSON reports whether a Content-Type is absent or each of its lines, and each value in a line, is
// application/json.
func OnlyJSON(lines []string) bool {
	return !slices.ContainsFunc(values(lines), func(value string) bool { return !isJSON(value) })
}

// values returns the values of a header that may come in several lines. API Gateway's payload 2.0 joins lines
// by commas.
func values(lines []string) []string {
	if len(lines) == 0 {
		return nil
	}
	return strings.Split(strings.Join(lines, ","), ",")
}

func isJSON(value string) bool {
	media, _, _ := strings.Cut(value, ";")
	return strings.EqualFold(strings.TrimSpace(media), "application/json")
}
