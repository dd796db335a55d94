package unimatrix_test

import (
	"strings"
	"testing"
	"time"

	"countersign/pkg/clients"
	"countersign/pkg/message"
)

// The count of an answer, and the parts of its line, are those of the message that went out. A client's own text is in
// its language.
func TestCount(t *testing.T) {
	for parts, more := range map[float64]string{1: "", 2: strings.Repeat("я", 64), 3: strings.Repeat("я", 128)} {
		s := newService(t)
		known := *s.known[simple]
		known.Language, known.Texts = "de", map[string]string{"de": "Acme: {code}. Gilt {minutes} Min." + more}
		s.known = clients.Static{simple: &known}
		if more != "" { // which no record can have
			s.api.Messages.Text = func(w message.Words, _ ...string) (message.Chosen, error) {
				text := func(code string, _ time.Duration) string { return w.Brand + " " + code + more }
				return message.Chosen{Text: text}, nil
			}
		}
		got := s.expect(200, "0", body(`{"to":"+12068800123"}`))
		if got.Data["count"] != parts {
			t.Errorf("the count is %v, want %v", got.Data["count"], parts)
		}
		if line := s.log.String(); !strings.Contains(line, `"parts":`+string('0'+rune(parts))) {
			t.Errorf("the line has other parts than %v: %s", parts, line)
		}
	}
}
