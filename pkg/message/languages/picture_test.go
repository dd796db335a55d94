package languages_test

import (
	"fmt"
	"html"
	"strings"
	"testing"
	"time"

	"countersign/pkg/filetest"
	"countersign/pkg/message/languages"
)

// The picture of the page has each text as the notification of a phone: with five minutes left, and in the last minute.
// A browser breaks the lines and orders the words, by the rules that phones follow (UAX 14 and UAX 9): dir="auto" takes
// the direction of the first letter.
func TestPicture(t *testing.T) {
	filetest.Golden(t, "../../../docs/languages.svg", []byte(picture(t)), *update, writeAnew)
}

const (
	cardWidth, cardHeight = 340, 138
	columns               = 4
)

func picture(t *testing.T) string {
	var b strings.Builder
	tags := languages.All()
	rows := (len(tags) + columns - 1) / columns
	width, height := columns*(cardWidth+20)+20, rows*(cardHeight+12)+20
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %[1]d %[2]d">
<title>The text of each language as the notification of a phone</title>
<style>
.card { background: #fff; border-radius: 16px; box-sizing: border-box; height: 100%%; padding: 10px 14px;
  font: 16px/22px system-ui, "Noto Sans", "Noto Sans CJK SC", sans-serif; color: #111 }
.card p { margin: 0 0 4px; text-align: start }
.card .tag { color: #666; font-size: 12px; line-height: 16px }
</style>
<rect width="%[1]d" height="%[2]d" fill="#3f4a5a"/>
`, width, height)
	for i, tag := range tags {
		x, y := 20+i/rows*(cardWidth+20), 20+i%rows*(cardHeight+12)
		fmt.Fprintf(&b, `<foreignObject x="%d" y="%d" width="%d" height="%d">`, x, y, cardWidth, cardHeight)
		fmt.Fprintf(&b, `<div xmlns="http://www.w3.org/1999/xhtml" class="card"><p class="tag">Messages, %s</p>`, tag)
		for _, left := range []time.Duration{5 * time.Minute, time.Second} {
			text := html.EscapeString(in(t, "Acme", tag).Write("425502", left))
			fmt.Fprintf(&b, `<p dir="auto" lang="%s">%s</p>`, tag, text)
		}
		b.WriteString("</div></foreignObject>\n")
	}
	b.WriteString("</svg>\n")
	return b.String()
}
