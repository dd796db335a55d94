package unimatrix_test

import (
	"strings"
	"testing"
	"time"

	"countersign/pkg/clients"
	"countersign/pkg/message"
	"countersign/pkg/otp"
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

// A test number, to which nothing goes out, has the count of other numbers.
func TestCountOfTestNumber(t *testing.T) {
	s := newService(t)
	known := *s.known[simple]
	end := otp.MillisOf(s.now.Add(time.Hour))
	known.TestNumbers = map[otp.Phone]otp.Test{"+12025550123": {Code: "424242", Until: end}}
	s.known = clients.Static{simple: &known}
	for range 2 {
		if got := s.expect(200, "0", body(`{"to":"+12025550123"}`)); got.Data["count"] != 1.0 {
			t.Errorf("the count is %v, want 1", got.Data["count"])
		}
	}
}
