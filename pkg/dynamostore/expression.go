package dynamostore

import "strings"

// expression is a write in DynamoDB's words: what it sets, and the condition
// under which it does. Those that never change are put together once, at start.
// It is read only and shared by all calls.
type expression struct {
	update    *string // nil: the write is a put
	condition *string
	names     map[string]string
}

// when returns the expression that updates where all clauses hold. An attribute
// is always written "#name": many of ours are words that DynamoDB reserves, and
// which ones it reserves is its own business.
func when(update string, clauses ...string) *expression {
	condition := all(clauses...)
	e := &expression{condition: &condition, names: names(update + " " + condition)}
	if update != "" {
		e.update = &update
	}
	return e
}

func all(clauses ...string) string { return strings.Join(clauses, " AND ") }

func either(clauses ...string) string { return "(" + strings.Join(clauses, " OR ") + ")" }

// names lists every "#name" in an expression: DynamoDB wants each that is used,
// and none that is not.
func names(text string) map[string]string {
	found := map[string]string{}
	for {
		start := strings.IndexByte(text, '#')
		if start < 0 {
			return found
		}
		text = text[start+1:]
		end := strings.IndexFunc(text, func(r rune) bool { return !('a' <= r && r <= 'z' || 'A' <= r && r <= 'Z') })
		if end < 0 {
			end = len(text)
		}
		found["#"+text[:end]] = text[:end]
	}
}
