package dynamostore

import "strings"

// expression is a write in DynamoDB's language: an update and its condition. Constant
// expressions are made once, at start. It is read only, and calls share it.
type expression struct {
	update    *string // nil: the write is a put
	condition *string
	names     map[string]string
}

// when returns an expression with an update and a condition that joins all clauses. An
// attribute is always written "#name", because DynamoDB reserves many words.
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

// names lists every "#name" in an expression. DynamoDB demands each name that an
// expression uses, and refuses any other.
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
