package languages

import (
	"strconv"
	"strings"
)

// Of returns the language of a text that is one of the built-in ones, with any code, brand and time, and with or
// without further lines. It returns "" for any other text, and for one that is the same in two languages.
func Of(text string) (tag string) {
	line, _, _ := strings.Cut(text, "\n")
	words, most := strings.TrimLeft(line, "0123456789"), 0
	for i := range table {
		switch n := table[i].wrote(words); {
		case n == 0, n < most:
		case n == most:
			tag = ""
		default:
			tag, most = table[i].tag, n
		}
	}
	return tag
}

// wrote returns how many bytes of the words behind a code are the row's, and not the brand; 0 if it is not its text.
func (r *row) wrote(words string) (most int) {
	before, time, after := r.strokes()
	start, end, _ := strings.Cut(strings.TrimPrefix(before, "{code}"), "{brand}")
	rest, ok := strings.CutPrefix(words, start)
	if !ok {
		return 0
	}
	try := func(end string) {
		if len(rest) > len(end) && strings.HasSuffix(rest, end) {
			most = max(most, len(start)+len(end))
		}
	}
	try(end + after)
	for whole := range 31 { // minutes that a text states
		number := strconv.Itoa(whole)
		clause, numbered, more := r.Words(whole)
		if numbered {
			clause += number + more
		}
		try(end + strings.Replace(time, "{time}", clause, 1) + after)
		try(end + strings.Replace(time, "{time}", strings.Replace(r.fixed(), "#", number, 1), 1) + after)
	}
	return most
}
