package localserver

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

// send posts as client demo, and returns status, body and Retry-After of the answer.
func (s *scene) send(t testing.TB, target, body string) (status int, text, retry string) {
	t.Helper()
	req, err := http.NewRequest("POST", s.server.URL+target, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Client-Id", "demo")
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	all, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(all), resp.Header.Get("Retry-After")
}

// resender sends codes to +606543216353 through one contract, and checks them.
type resender struct {
	// send sends a code. n is 0 for the first message, and counts the requests after it.
	send   func(n int) (answer, retryAfter string)
	verify func(code string) (answer string)

	wrong  string // in the answer to a wrong code
	locked string // in the answer to the last attempt, which is wrong
	soon   string // in a refusal within the cooldown
	many   string // in a refusal above the messages of an hour

	retryAfter bool // refusals have the header Retry-After
}

func unimatrixResender(t *testing.T, s *scene) resender {
	const action = "/?accessKeyId=demo&action="
	return resender{
		send: func(int) (string, string) {
			_, answer, retry := s.send(t, action+"otp.send", `{"to":"+606543216353"}`)
			return answer, retry
		},
		verify: func(code string) string {
			_, answer, _ := s.send(t, action+"otp.verify", fmt.Sprintf(`{"to":"+606543216353","code":%q}`, code))
			return answer
		},
		wrong: `"valid":false`, locked: `"valid":false`, soon: `"code":"105300"`, many: `"code":"105300"`,
		retryAfter: true,
	}
}

func amsResender(t *testing.T, s *scene) resender {
	var first struct{ AuthenticationID string }
	return resender{
		send: func(n int) (string, string) {
			if n > 0 {
				_, answer, retry := s.send(t, "/ams/api/v1/security/triggerChallenge",
					fmt.Sprintf(`{"triggerRequestId":"t%d","challengeId":%q}`, n, first.AuthenticationID))
				return answer, retry
			}
			_, answer, retry := s.send(t, initPath, initBody("id", "60-6543216353"))
			if err := json.Unmarshal([]byte(answer), &first); err != nil {
				t.Fatal(err, answer)
			}
			return answer, retry
		},
		verify: func(code string) string {
			_, answer, _ := s.send(t, verifyPath, verifyBody("id", code))
			return answer
		},
		wrong: "VERIFY_UNMATCHED", locked: "VERIFY_TIMES_EXCEED_LIMIT",
		soon: "TIMES_EXCEED_LIMIT", many: "SEND_TIMES_EXCEED_LIMIT",
	}
}

// sent sends a message that must be accepted.
func (r resender) sent(t *testing.T, n int) {
	t.Helper()
	if answer, _ := r.send(n); !strings.Contains(answer, `"code":"0"`) && !strings.Contains(answer, `"SUCCESS"`) {
		t.Fatalf("message %d answered %s, want success", n, answer)
	}
}

// refused sends a message that must be refused, with the exact wait if the contract has it.
func (r resender) refused(t *testing.T, n int, want, wait string) {
	t.Helper()
	answer, retry := r.send(n)
	if !strings.Contains(answer, want) || r.retryAfter && retry != wait {
		t.Errorf("message %d answered %s, Retry-After %s, want %s, %s", n, answer, retry, want, wait)
	}
}

// guess checks a wrong code.
func (r resender) guess(t *testing.T, want string) {
	t.Helper()
	if answer := r.verify("0000"); !strings.Contains(answer, want) {
		t.Errorf("a wrong code answered %s, want %s", answer, want)
	}
}

// TestResend: through each contract over HTTP, three messages have one code, no message gives
// attempts back, and a refusal has the exact wait.
func TestResend(t *testing.T) {
	for name, through := range map[string]func(*testing.T, *scene) resender{
		"unimatrix": unimatrixResender, "ams": amsResender,
	} {
		t.Run(name, func(t *testing.T) {
			s := stage(t, captures{})
			r := through(t, s)
			r.sent(t, 0)
			r.guess(t, r.wrong)
			s.advance(10 * time.Second)
			r.refused(t, 1, r.soon, "20")
			for n := 2; n <= 3; n++ {
				s.advance(20 * time.Second)
				r.sent(t, n)
				r.guess(t, r.wrong)
				s.advance(10 * time.Second)
			}
			entries, err := s.outbox.List("")
			if err != nil || len(entries) != 3 || entries[0].Code != entries[1].Code ||
				entries[1].Code != entries[2].Code {
				t.Fatalf("%d messages, %v, want 3 with one code", len(entries), err)
			}
			s.advance(20 * time.Second)
			r.sent(t, 4)
			s.advance(30 * time.Second)
			r.sent(t, 5)
			s.advance(30 * time.Second)
			r.refused(t, 6, r.many, "3450") // until an hour after the first, which was sent 150 s ago
			r.guess(t, r.wrong)
			r.guess(t, r.locked)
			if answer := r.verify(entries[0].Code); strings.Contains(answer, "true") {
				t.Errorf("the right code after five wrong ones answered %s", answer)
			}
		})
	}
}
