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

// send posts as the demo client and returns status, answer and Retry-After.
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

// Three messages, one code, attempts that are not given back, and the next one
// refused with the exact wait: through each contract, over HTTP.
func TestResend(t *testing.T) {
	const action = "/?accessKeyId=demo&action="
	for name, c := range map[string]struct {
		again  func(s *scene, n int, challenge string) (text, retry string)
		verify func(s *scene, code string) string
		no     string // a wrong code
		last   string // the last attempt, wrong
		soon   string
		many   string
	}{
		"unimatrix": {
			func(s *scene, _ int, _ string) (string, string) {
				_, text, retry := s.send(t, action+"otp.send", `{"to":"+606543216353"}`)
				return text, retry
			},
			func(s *scene, code string) string {
				_, text, _ := s.send(t, action+"otp.verify", fmt.Sprintf(`{"to":"+606543216353","code":"%s"}`, code))
				return text
			},
			`"valid":false`, `"valid":false`, `"code":"105300"`, `"code":"105300"`,
		},
		"ams": {
			func(s *scene, n int, challenge string) (string, string) {
				_, text, _ := s.send(t, "/ams/api/v1/security/triggerChallenge",
					fmt.Sprintf(`{"triggerRequestId":"t%d","challengeId":%q}`, n, challenge))
				return text, ""
			},
			func(s *scene, code string) string {
				_, text, _ := s.send(t, verifyPath, verifyBody("id", code))
				return text
			},
			"VERIFY_UNMATCHED", "VERIFY_TIMES_EXCEED_LIMIT", "TIMES_EXCEED_LIMIT", "SEND_TIMES_EXCEED_LIMIT",
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := stage(t, captures{})
			var first struct{ AuthenticationID string }
			if name == "ams" {
				_, text, _ := s.send(t, initPath, initBody("id", "60-6543216353"))
				if err := json.Unmarshal([]byte(text), &first); err != nil || first.AuthenticationID == "" {
					t.Fatal(err, text)
				}
			} else if text, _ := c.again(s, 0, ""); !strings.Contains(text, `"code":"0"`) {
				t.Fatal(text)
			}
			wrong := func(want string) {
				t.Helper()
				if got := c.verify(s, "0000"); !strings.Contains(got, want) {
					t.Errorf("a wrong code: %s, want %s", got, want)
				}
			}
			refused := func(n int, want string, wait string) {
				t.Helper()
				text, retry := c.again(s, n, first.AuthenticationID)
				if !strings.Contains(text, want) || name == "unimatrix" && retry != wait {
					t.Errorf("answered %s, Retry-After %s, want %s, %s", text, retry, want, wait)
				}
			}
			wrong(c.no)
			s.advance(10 * time.Second)
			refused(1, c.soon, "20")
			for n := 2; n <= 3; n++ {
				s.advance(20 * time.Second)
				if text, _ := c.again(s, n, first.AuthenticationID); !strings.Contains(text, `"0"`) &&
					!strings.Contains(text, `"SUCCESS"`) {
					t.Fatal(text)
				}
				wrong(c.no)
				s.advance(10 * time.Second)
			}
			entries, err := s.outbox.List("")
			if err != nil || len(entries) != 3 || entries[0].Code != entries[1].Code ||
				entries[1].Code != entries[2].Code {
				t.Fatalf("%v: %d messages, want 3 with one code", err, len(entries))
			}
			s.advance(20 * time.Second)
			c.again(s, 4, first.AuthenticationID)
			s.advance(30 * time.Second)
			c.again(s, 5, first.AuthenticationID)
			s.advance(30 * time.Second)
			refused(6, c.many, "3450") // an hour after the first: it was sent 150 s ago
			wrong(c.no)
			wrong(c.last)
			if got := c.verify(s, entries[0].Code); strings.Contains(got, "true") {
				t.Errorf("the right code after five wrong ones: %s", got)
			}
		})
	}
}
