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
	"countersign/pkg/unimatrix"
)

// capture is a raw request of a vendor's SDK, and what must come back.
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
		t.Fatalf("%d captures are listed and %d are there: %v", len(all), len(files), err)
	}
	return all
}

// request reads a capture as the gateway would hand it over.
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
	out := gateway.Request{Method: r.Method, Path: path, Query: raw, Headers: map[string][]string{}, Body: text, SourceIP: "203.0.113.7"}
	for name, lines := range r.Header {
		out.Headers[strings.ToLower(name)] = lines
	}
	return out
}

// Every request of the real SDKs, as it was on the wire.
func TestCaptures(t *testing.T) {
	for _, c := range captures(t) {
		t.Run(c.File, func(t *testing.T) {
			s := newService(t)
			s.now = time.Unix(c.Clock, 0)
			s.valid = func(r unimatrix.VerifyRequest) bool {
				return c.Given != nil && r.To.E164() == c.Given.OTP.To && string(r.Code) == c.Given.OTP.Code && r.Intent == c.Given.OTP.Intent
			}
			r := c.request(t)
			if !unimatrix.Serves(r.Path, r.Query) {
				t.Fatalf("%s?%s is not served", r.Path, r.Query)
			}
			got := s.post(func(to *gateway.Request) { *to = r })
			c.compare(t, got)
			want := [2]int{}
			if got.Code == "0" {
				want[map[string]int{"otp.send": 0, "otp.verify": 1}[c.Action]] = 1
			}
			if calls := [2]int{len(s.sends), len(s.verifies)}; calls != want {
				t.Errorf("calls of the backend %v, want %v", calls, want)
			}
			if strings.Contains(c.File, "otp-send-simple-all-fields") {
				if got, want := s.sends[0], (unimatrix.SendRequest{To: number, Digits: 4, Intent: "login", Channel: "sms", Code: "2048", TTL: 10 * time.Minute, Signature: "Acme", TemplateID: "pub_otp_en_basic"}); got != want {
					t.Errorf("handed over %+v, want %+v", got, want)
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
			t.Errorf("%s is there", name)
		}
	}
}

// within checks the members that are asked for; others may be there.
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
