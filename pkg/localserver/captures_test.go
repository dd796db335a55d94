package localserver

import (
	"bufio"
	"context"
	"crypto/rand"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"countersign/docs/openapitest"
	"countersign/pkg/clients"
	"countersign/pkg/clients/registry"
	"countersign/pkg/console"
	"countersign/pkg/filetest"
	"countersign/pkg/keyring"
	"countersign/pkg/keyring/keyfile"
	"countersign/pkg/keyring/keyringtest"
	"countersign/pkg/openstore"
	"countersign/pkg/otp"
	"countersign/pkg/outbox"
	"countersign/pkg/service"
	"countersign/pkg/signature"
	"countersign/pkg/sqlitestore/sqlitetest"
	"countersign/pkg/users"
)

// contracts has the captures of the AMS contract, and its test keys.
const contracts = "../../pkg/ams/testdata/contracts/"

// captures is the list of the raw requests that vendors' SDKs sent.
type captures struct {
	Credentials []struct {
		ClientID, Family, AuthMode string
		Secret                     string
		PublicKeys                 map[string]string
	}
	ServerKey struct{ KeyVersion, PublicKey, PrivateKey string }
	Captures  []capture
}

// capture is one of those requests: the state that it begins with, and the expected answer.
type capture struct {
	File, Family, ClientID string
	Clock                  int64
	Given                  struct {
		OTP *struct {
			To, Code, Kind, Intent string
			TTL, AgeSeconds        int
		}
		Authentication *struct {
			ClientID, AuthenticationRequestID, Code string
			AgeSeconds                              int
		}
		WalletToken *struct{ ClientID, Value, Phone string }
	}
	Expect struct {
		HTTP   int
		Body   map[string]any
		Match  map[string]string
		Absent []string
		Signed bool
	}
}

// folders are those of the captures, by contract.
var folders = map[string]string{"ams": contracts, "unimatrix": "../../pkg/unimatrix/testdata/contracts/"}

// scene is a server on SQLite with a clock of its own and the clients of the captures.
type scene struct {
	clock  atomic.Int64 // Unix nanoseconds
	store  openstore.Store
	ports  service.Ports
	local  *server
	server *httptest.Server // serves local
	issuer otp.Issuer
	users  registry.Users
	outbox *outbox.Outbox
	policy otp.Policy
}

func (s *scene) now() time.Time          { return time.Unix(0, s.clock.Load()) }
func (s *scene) at(t time.Time)          { s.clock.Store(t.UnixNano()) }
func (s *scene) advance(d time.Duration) { s.clock.Add(int64(d)) }

func stage(t testing.TB, all captures) *scene {
	t.Helper()
	dir := t.TempDir()
	s := &scene{policy: otp.DefaultPolicy()}
	s.at(time.Unix(1_795_314_304, 0))
	db := sqlitetest.Open(t, filepath.Join(dir, "countersign.db"))
	path := filepath.Join(dir, "outbox.jsonl")
	var err error
	s.outbox, err = outbox.Open(path, s.now, messageIDs(rand.Reader), func(outbox.Entry) {})
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.DiscardHandler)
	keys, err := keyring.New(keyfile.New(keyringtest.Write(t, dir)), s.now, time.Second, log)
	if err != nil {
		t.Fatal(err)
	}
	defaults := clients.Defaults{Policy: s.policy, Countries: []string{"*"}, Brand: "Acme"}
	all.add(t, registry.Registry{
		Table: db.Documents(), Sealer: keys, Defaults: defaults, Now: s.now, Rand: rand.Reader,
	})
	s.users = registry.Users{Directory: users.Directory{Table: db.Documents(), Sealer: keys, Now: s.now}}
	s.store = db
	s.ports = service.Ports{Keys: keys, Defaults: defaults, Now: s.now, Rand: rand.Reader, Log: log}
	s.issuer = otp.Issuer{Challenges: db, Ledgers: db, Sender: s.outbox, Keys: keys, Now: s.now, Rand: rand.Reader}
	s.local = newServer(s.store, s.outbox, s.outbox, s.ports)
	s.local.console = console.New(t.Context(), console.Sources{Log: log}) // which must not get a request of an SDK
	s.server = httptest.NewServer(openapitest.Handler(t, s.local))
	t.Cleanup(func() { s.server.Close(); s.outbox.Close() })
	return s
}

// add adds the clients of the captures.
func (all captures) add(t testing.TB, to registry.Registry) {
	t.Helper()
	for _, c := range all.Credentials {
		r := clients.Record{ID: c.ClientID, Countries: []string{"*"}}
		var secret []byte
		var accessKeys []string
		if c.Family == "unimatrix" {
			r.ID, r.Unimatrix, accessKeys = shop(c.ClientID), c.AuthMode, []string{c.ClientID}
			r.CustomCodes = new(true) // some of the captures choose the code
			if c.Secret != "" {
				secret = []byte(c.Secret)
			}
		}
		for version, file := range c.PublicKeys {
			r.Keys = append(r.Keys, clients.Key{Version: version, PEM: string(filetest.Read(t, contracts+file))})
		}
		if err := to.Add(t.Context(), r, secret, accessKeys...); err != nil {
			t.Fatal(err)
		}
	}
}

// shop returns the id of the client with an access key of the captures.
func shop(accessKey string) string { return "shop of " + accessKey[:4] }

// prepare makes the state that a capture begins with.
func (s *scene) prepare(t *testing.T, c capture) {
	t.Helper()
	s.at(time.Unix(c.Clock, 0))
	text := func(code string, _ time.Duration) string { return code }
	ago := func(seconds int) { s.advance(-time.Duration(seconds) * time.Second) }
	var got otp.Started
	var err error
	switch g := c.Given; {
	case g.OTP != nil:
		ago(g.OTP.AgeSeconds)
		p := s.policy
		if p.Validity = 30 * time.Minute; g.OTP.TTL > 0 {
			p.Validity = time.Duration(g.OTP.TTL) * time.Second
		}
		to := otp.Phone(g.OTP.To)
		got, err = s.issuer.Send(t.Context(), otp.Start{
			Client: shop(c.ClientID),
			ID:     s.issuer.Keys.Keys(t.Context()).Scenarios(shop(c.ClientID), to, g.OTP.Intent)[0],
			To:     to, Policy: p, Text: text, Code: otp.Code(g.OTP.Code),
		})
	case g.Authentication != nil:
		ago(g.Authentication.AgeSeconds)
		got, err = s.issuer.Init(t.Context(), otp.Start{
			Client: g.Authentication.ClientID, ID: g.Authentication.AuthenticationRequestID,
			To: "+606543216353", Policy: s.policy, Text: text, Code: otp.Code(g.Authentication.Code),
		})
	case g.WalletToken != nil:
		number := g.WalletToken.Phone
		number = number[1:2] + "-" + number[2:] // all have calling code 1
		got.Outcome = otp.Sent
		if err = s.users.Add(t.Context(), g.WalletToken.ClientID, "u", number); err == nil {
			err = s.users.AddToken(t.Context(), g.WalletToken.ClientID, "u", g.WalletToken.Value, time.Time{})
		}
	default:
		return
	}
	if err != nil || got.Outcome != otp.Sent {
		t.Fatal(got, err)
	}
	s.at(time.Unix(c.Clock, 0))
}

// raw sends bytes over a connection of its own and reads one answer. head is the text of the
// answer's headers, with their names as they were sent.
func (s *scene) raw(t *testing.T, request []byte) (resp *http.Response, body []byte, head string) {
	t.Helper()
	conn, err := net.Dial("tcp", s.server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := conn.Write(request); err != nil {
		t.Fatal(err)
	}
	var seen strings.Builder
	resp, err = http.ReadResponse(bufio.NewReader(io.TeeReader(conn, &seen)), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if body, err = io.ReadAll(resp.Body); err != nil {
		t.Fatal(err)
	}
	head, _, _ = strings.Cut(seen.String(), "\r\n\r\n")
	return resp, body, head
}

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

// TestCaptures sends every request that a vendor's SDK was seen to send, byte for byte over
// TCP, to a store that has only the state of the capture.
func TestCaptures(t *testing.T) {
	var all captures
	if err := json.Unmarshal(filetest.Read(t, contracts+"index.json"), &all); err != nil || len(all.Captures) < 26 {
		t.Fatal(err, len(all.Captures))
	}
	requestID := regexp.MustCompile(`(?m)^x-uni-request-id: [0-9a-f]{32}\r$`)
	for _, c := range all.Captures {
		t.Run(c.File, func(t *testing.T) {
			s := stage(t, all)
			s.prepare(t, c)
			request := filetest.Read(t, folders[c.Family]+c.File)
			resp, body, head := s.raw(t, request)
			c.compare(t, resp.StatusCode, body)
			if c.Expect.Signed {
				s.signed(t, request, resp, body, head)
			}
			if c.Family == "unimatrix" && !requestID.MatchString(head) {
				t.Errorf("no x-uni-request-id in\n%s", head)
			}
		})
	}
}

// compare compares an answer with the expected one.
func (c capture) compare(t *testing.T, status int, body []byte) {
	t.Helper()
	if status != c.Expect.HTTP {
		t.Errorf("status %d, want %d", status, c.Expect.HTTP)
	}
	var got map[string]any
	if err := json.Unmarshal(body, &got); err != nil {
		t.Fatalf("%v: %s", err, body)
	}
	within(t, "", got, c.Expect.Body)
	for dotted, pattern := range c.Expect.Match {
		var v any = got
		for name := range strings.SplitSeq(dotted, ".") {
			m, _ := v.(map[string]any)
			v = m[name]
		}
		if text, _ := v.(string); !regexp.MustCompile(pattern).MatchString(text) {
			t.Errorf("%s is %v, want %s", dotted, v, pattern)
		}
	}
	for _, name := range c.Expect.Absent {
		if _, there := got[name]; there {
			t.Errorf("the answer has %s", name)
		}
	}
}

// signed checks an answer as an SDK does: the headers' names are in lower case, and the
// service's public key verifies the signature.
func (s *scene) signed(t *testing.T, request []byte, resp *http.Response, body []byte, head string) {
	t.Helper()
	for _, name := range []string{"client-id", "response-time", "signature"} {
		if !strings.Contains(head, "\r\n"+name+": ") {
			t.Errorf("no %s in\n%s", name, head)
		}
	}
	h, err := signature.Parse(resp.Header.Get("signature"))
	if err != nil {
		t.Fatal(err)
	}
	line, _, _ := strings.Cut(string(request), "\r\n")
	parts := strings.Fields(line)
	text := signature.Text(parts[0], parts[1], resp.Header.Get("client-id"), resp.Header.Get("response-time"), body)
	keys := s.issuer.Keys.(*keyring.Ring)
	if _, key, ok := keys.Signing(context.Background()); !ok || !h.Verify(&key.PublicKey, text) {
		t.Error("the answer's signature does not verify")
	}
}

// within fails if have lacks a member of want, or has another value for it.
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
