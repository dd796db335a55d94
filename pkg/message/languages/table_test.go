package languages_test

import (
	"errors"
	"flag"
	"fmt"
	"strings"
	"testing"
	"time"

	"countersign/pkg/filetest"
	"countersign/pkg/message"
	"countersign/pkg/message/languages"
)

var update = flag.Bool("update", false, "write testdata/texts.tsv and docs/languages.md anew")

// writeAnew is the command that writes the golden files.
const writeAnew = "go test ./pkg/message/languages -update"

// longest returns the length of the longest brand of plain letters that a language takes, with lines for autofill.
func longest(t testing.TB, tag string, lines message.Autofill) (n int) {
	for n = 0; ; n++ {
		_, err := languages.In(message.Words{Brand: strings.Repeat("b", n+1), Autofill: lines}, tag)
		if err == nil {
			continue
		}
		var long *message.TooLong
		if !errors.As(err, &long) || n > 0 && long.Over != 1 || !strings.Contains(err.Error(), fmt.Sprint(long.Over)) {
			t.Errorf("%s, a brand of %d: %v, want one that takes out 1", tag, n+1, err)
		}
		return n
	}
}

// golden is what the golden table has for a language and a form.
func golden(t *testing.T, tag string, lines message.Autofill) string {
	brand, left := longest(t, tag, lines), "-"
	if brand > 0 {
		left = fmt.Sprint(room(t, strings.Repeat("b", brand), tag, lines))
	}
	text, err := languages.In(message.Words{Brand: "Countersign", Autofill: lines}, tag)
	var long *message.TooLong
	if errors.As(err, &long) {
		encoding := "GSM-7"
		if long.Wide {
			encoding = "UCS-2"
		}
		return fmt.Sprintf("%s\t-\t%d\t%d\t%s\trefused\trefused\trefused", encoding, -long.Over, brand, left)
	}
	size, encoding := text.Longest(), "GSM-7"
	if size.Wide {
		encoding = "UCS-2"
	}
	row := fmt.Sprintf("%s\t%d\t%d\t%d\t%s", encoding, size.Units, size.Room(), brand, left)
	for _, left := range []time.Duration{5 * time.Minute, time.Minute, time.Second} {
		row += "\t" + strings.ReplaceAll(text.Write("425502", left), "\n", "|")
	}
	return row
}

// room is what the text of a brand leaves in one part.
func room(t *testing.T, brand, tag string, lines message.Autofill) int {
	t.Helper()
	text, err := languages.In(message.Words{Brand: brand, Autofill: lines}, tag)
	if err != nil {
		t.Fatal(err)
	}
	return text.Longest().Room()
}

// The golden table: for each language and form the encoding, the units of the longest text with the brand Countersign
// and a site of 20 letters, the room that it leaves (below 0: characters to take out), the longest brand, the room with
// that, and the texts, where a line break is a stroke.
func TestTable(t *testing.T) {
	var b strings.Builder
	b.WriteString("language\tform\tencoding\tunits\troom\tlongest brand\troom with it\t" +
		"5 minutes\t1 minute\tless\n")
	for _, tag := range languages.All() {
		for _, lines := range formed() {
			fmt.Fprintf(&b, "%s\t%v\t%s\n", tag, lines.Form(), golden(t, tag, lines))
		}
	}
	filetest.Golden(t, "testdata/texts.tsv", []byte(b.String()), *update, writeAnew)
}

// The page has the room of each language.
func TestPage(t *testing.T) {
	var rows strings.Builder
	for _, tag := range languages.All() {
		size, encoding, of := in(t, "Countersign", tag).Longest(), "GSM 7-bit", 160
		if size.Wide {
			encoding, of = "UCS-2", 70
		}
		brand := longest(t, tag, message.Autofill{})
		fmt.Fprintf(&rows, "| `%s` | %s | %d of %d | %d |\n", tag, encoding, size.Units, of, brand)
	}
	rowsOfPage(t, "../../../docs/languages.md", "| longest brand |\n|---|---|---|---|\n", rows.String())
}

// rowsOfPage holds the rows below the head of a table, up to the next heading, to those that a test made.
func rowsOfPage(t *testing.T, path, head, rows string) {
	t.Helper()
	page := filetest.Read(t, path)
	before, rest, _ := strings.Cut(string(page), head)
	_, after, found := strings.Cut(rest, "\n## ")
	want := before + head + rows + "\n## " + after
	if *update && found {
		filetest.Write(t, path, []byte(want), 0o644)
		return
	}
	if string(page) != want {
		t.Errorf("%s has other rows than\n%s\nwrite them by -update", path, rows)
	}
}
