package unimatrix_test

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"countersign/pkg/gateway"
	"countersign/pkg/otp"
	"countersign/pkg/unimatrix"
)

// capture is a raw request of a vendor's SDK, with the wanted answer.
type capture struct {
	File, Family, Action, AuthMode, ClientID string
	Clock                                    int64
	Given                                    *struct {
		OTP struct{ To, Code, Intent string }
	}
	Expect struct {
		HTTP   int
		Body   map[string]any
		Match  map[string]string
		Absent []string
	}
}

func captures(t testing.TB) (all []capture) {
	t.Helper()
	var file struct{ Captures []capture }
	contract(t, "index.json", &file)
	for _, c := range file.Captures {
		if c.Family == "unimatrix" {
			all = append(all, c)
		}
	}
	files, err := filepath.Glob("testdata/contracts/unimatrix-*.http")
	if err != nil || len(files) == 0 || len(files) != len(all) {
		t.Fatalf("index.json lists %d captures, the folder has %d: %v", len(all), len(files), err)
	}
	return all
}

// request returns a capture as the gateway decodes it.
func (c capture) request(t testing.TB) gateway.Request {
	t.Helper()
	file, err := os.Open("testdata/contracts/" + c.File)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	r, err := http.ReadRequest(bufio.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	path, raw, _ := strings.Cut(r.RequestURI, "?")
	out := gateway.Request{
		Method: r.Method, Path: path, Query: raw, Headers: map[string][]string{}, Body: text,
		SourceIP: "203.0.113.7",
	}
	for name, lines := range r.Header {
		out.Headers[strings.ToLower(name)] = lines
	}
	return out
}

// Each request of the real SDKs, with the bytes that they sent, has its answer.
func TestCaptures(t *testing.T) {
	for _, c := range captures(t) {
		t.Run(c.File, func(t *testing.T) {
			s := newService(t)
			s.now = time.Unix(c.Clock, 0)
			messages := 0
			if c.Given != nil {
				messages = 1
				c.given(s)
			}
			r := c.request(t)
			if !unimatrix.Serves(r.Path, r.Query) {
				t.Fatalf("%s?%s is not served", r.Path, r.Query)
			}
			got := s.post(func(to *gateway.Request) { *to = r })
			c.compare(t, got)
			guesses := 0
			switch {
			case got.Code == "0" && c.Action == "otp.send":
				messages++
			case got.Code == "0":
				guesses++
			}
			if len(s.messages) != messages || s.guesses != guesses {
				t.Errorf("%d messages and %d guesses, want %d and %d", len(s.messages), s.guesses, messages, guesses)
			}
			if strings.Contains(c.File, "otp-send-simple-all-fields") {
				want := unimatrix.SendRequest{
					To: number, Digits: 4, Intent: "login", Channel: "sms", Code: "2048",
					TTL: 10 * time.Minute, Signature: "Acme", TemplateID: "pub_otp_en_basic",
				}
				if got := decoded(t, r.Body); got != want {
					t.Errorf("the body is read as %+v, want %+v", got, want)
				}
			}
			if c.AuthMode == "hmac" && got.Code == "0" {
				t.Run("601 s later", func(t *testing.T) {
					s.t, s.now = t, time.Unix(c.Clock+601, 0)
					s.refused(401, "104202", func(to *gateway.Request) { *to = r })
				})
				t.Run("changed", func(t *testing.T) { changed(t, c.ClientID, r.Query, c.Clock) })
			}
		})
	}
}

// given sends the code that a capture verifies.
func (c capture) given(s *service) {
	s.t.Helper()
	issuer := s.api.Messages.Issuer
	to, id := otp.Phone(c.Given.OTP.To), s.known[c.ClientID].ID // the captures' client id is an access key
	got, err := issuer.Send(s.t.Context(), otp.Start{
		Client: id, ID: issuer.Keys.Keys(s.t.Context()).Scenarios(id, to, c.Given.OTP.Intent)[0],
		To: to, Policy: otp.DefaultPolicy(), Code: otp.Code(c.Given.OTP.Code),
		Text: func(string, time.Duration) string { return "" },
	})
	if err != nil || got.Outcome != otp.Sent {
		s.t.Fatalf("%+v, %v", got, err)
	}
}

func decoded(t *testing.T, body []byte) unimatrix.SendRequest {
	t.Helper()
	r, ok := unimatrix.DecodeSend(body)
	if !ok {
		t.Fatalf("%s is refused", body)
	}
	return r
}

func (c capture) compare(t *testing.T, got reply) {
	t.Helper()
	if got.Status != c.Expect.HTTP {
		t.Errorf("status %d, want %d", got.Status, c.Expect.HTTP)
	}
	have := map[string]any{"code": got.Code, "message": got.Message}
	if got.Data != nil {
		have["data"] = got.Data
	}
	within(t, "", have, c.Expect.Body)
	for dotted, pattern := range c.Expect.Match {
		value := got.Data[strings.TrimPrefix(dotted, "data.")]
		if ok, err := regexp.MatchString(pattern, fmt.Sprint(value)); err != nil || !ok {
			t.Errorf("%s is %v, want %s", dotted, value, pattern)
		}
	}
	for _, name := range c.Expect.Absent {
		if _, ok := have[name]; ok {
			t.Errorf("the answer has %s, want it absent", name)
		}
	}
}

// within checks the wanted members; an answer may have others.
func within(t *testing.T, at string, have, want map[string]any) {
	t.Helper()
	for name, value := range want {
		if inner, ok := value.(map[string]any); ok {
			there, _ := have[name].(map[string]any)
			within(t, at+name+".", there, inner)
		} else if !reflect.DeepEqual(have[name], value) {
			t.Errorf("%s%s is %v, want %v", at, name, have[name], value)
		}
	}
}
