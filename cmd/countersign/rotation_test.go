package main

import (
	"context"
	"crypto/rsa"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"countersign/pkg/ams/amsclient"
	"countersign/pkg/keyring"
	"countersign/pkg/signature"
)

// merchant calls as a client that gets new keys in time.
type merchant struct {
	p       *process
	key     atomic.Pointer[signature.Key]
	servers atomic.Pointer[map[string]*rsa.PublicKey] // the service's keys, by version
}

func (m *merchant) client() *amsclient.Client {
	return &amsclient.Client{URL: m.p.url, ID: "acme", Key: *m.key.Load(), Servers: *m.servers.Load(), HTTP: browser,
		Now: time.Now}
}

// learn takes the service's public keys from an administrator's list.
func (m *merchant) learn(c tool) {
	c.t.Helper()
	var list []keyring.Info
	c.json(&list, "keys", "list")
	keys := map[string]*rsa.PublicKey{}
	for _, k := range list {
		if k.Kind != keyring.Sign {
			continue
		}
		key, err := signature.ParsePublicKey([]byte(k.PublicKey))
		if err != nil {
			c.t.Fatal(err)
		}
		keys[fmt.Sprint(k.Version)] = key
	}
	m.servers.Store(&keys)
}

// use signs with another key from now on.
func (m *merchant) use(t testing.TB, version, file string) {
	t.Helper()
	key, err := signature.ParsePrivateKey(readFile(t, file))
	if err != nil {
		t.Fatal(err)
	}
	m.key.Store(&signature.Key{Version: version, Private: key})
}

// signUp sends a code and checks it, a wrong one first.
func (m *merchant) signUp(ctx context.Context, id, number string) error {
	want := func(a amsclient.Answer, err error, code string) error {
		if err == nil && a.Result.Code != code {
			err = fmt.Errorf("%s %s: %s, want %s", id, number, a.Raw, code)
		}
		return err
	}
	init := amsclient.InitRequest{AuthenticationRequestID: id, AuthenticationMethod: "OTP", AuthenticationType: "SMS",
		IdentityType: "MOBILENO", IdentityValue: "60-" + number}
	a, err := m.client().Init(ctx, init)
	if err = want(a, err, "SUCCESS"); err != nil {
		return err
	}
	first := string(a.Raw)
	messages := m.p.messages("+60" + number)
	if len(messages) != 1 {
		return fmt.Errorf("%s: %d messages", id, len(messages))
	}
	check := amsclient.VerifyRequest{AuthenticationType: "OTP", AuthenticationRequestID: id, AuthenticationValue: "1"}
	a, err = m.client().Verify(ctx, check)
	if err = want(a, err, "VERIFY_UNMATCHED"); err != nil {
		return err
	}
	a, err = m.client().Init(ctx, init) // a repeat, perhaps under another key
	if err == nil && string(a.Raw) != first {
		err = fmt.Errorf("a repeat answered %s, first %s", a.Raw, first)
	}
	if err != nil {
		return err
	}
	init.AuthenticationRequestID += "-again" // another one to the same number: counted under every key
	a, err = m.client().Init(ctx, init)
	if err = want(a, err, "TIMES_EXCEED_LIMIT"); err != nil {
		return err
	}
	check.AuthenticationValue = messages[0].Code
	a, err = m.client().Verify(ctx, check)
	return want(a, err, "SUCCESS")
}

// Every kind of key is rotated, twice, while sign-ups go on, and none of them
// fails (P21). Then all older keys are retired, and what they stood for is worth
// nothing.
func TestRotationUnderLoad(t *testing.T) {
	t.Parallel() // it waits for the server's caches
	data := newFolder(t)
	admin := onFolder(t, data)
	admin.ok("client", "add", "acme", "--country", "*", "--generate-key")
	m := &merchant{p: serveOn(t, data)}
	m.use(t, "1", filepath.Join(data, "clients", "acme.key.pem"))
	m.learn(admin)

	var done, failed atomic.Int64
	stop, ended, wg := make(chan struct{}), make(chan struct{}), sync.WaitGroup{}
	for worker := range 2 {
		wg.Go(func() {
			for n := 0; ; n++ {
				select {
				case <-stop:
					return
				default:
				}
				number := fmt.Sprintf("%d%08d", 10+worker, n)
				if err := m.signUp(t.Context(), "r-"+number, number); err != nil && failed.Add(1) <= 5 {
					t.Error(err)
				}
				done.Add(1)
				select {
				case ended <- struct{}{}:
				default: // nobody waits
				}
			}
		})
	}
	during := func() { // some more of them, whole ones
		for range 8 {
			<-ended
		}
	}
	until := func(what string, ok func() bool) {
		t.Helper()
		for end := time.Now().Add(30 * time.Second); !ok(); {
			if time.Now().After(end) {
				t.Fatal("never " + what)
			}
		}
	}
	during()
	for round := 2; round <= 3; round++ {
		for _, kind := range []string{"code", "number", "seal"} {
			admin.ok("keys", "rotate", kind)
			during()
		}
		// The merchant is given the new public key before it signs.
		admin.ok("keys", "rotate", "sign", "--after", "2s")
		m.learn(admin)
		until("signed with the new key", func() bool {
			resp, err := browser.Post(m.p.url+initPath, "application/json", nil)
			if err != nil {
				t.Fatal(err)
			}
			resp.Body.Close()
			req, _ := http.NewRequest("POST", m.p.url+initPath, nil)
			req.Header.Set("Client-Id", "acme")
			resp, err = browser.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			resp.Body.Close()
			return strings.Contains(resp.Header.Get("signature"), fmt.Sprintf("keyVersion=%d,", round))
		})
		during()
		// The service is given the merchant's new key before the merchant signs with it.
		file := filepath.Join(data, fmt.Sprint("next", round))
		admin.ok("client", "rotate-key", "acme", "--generate-key", "--key-out", file)
		next := &merchant{p: m.p}
		next.use(t, fmt.Sprint(round), file)
		next.learn(admin)
		until("taken the merchant's new key", func() bool {
			a, err := next.client().Verify(t.Context(), amsclient.VerifyRequest{})
			return err == nil && a.Result.Code == "PARAM_ILLEGAL"
		})
		m.key.Store(next.key.Load())
		during()
		admin.ok("client", "remove-key", "acme", fmt.Sprint(round-1))
		during()
	}
	close(stop)
	wg.Wait()
	t.Logf("%d sign-ups of 5 calls, %d failed", done.Load(), failed.Load())

	old := &merchant{p: m.p}
	old.use(t, "1", filepath.Join(data, "clients", "acme.key.pem"))
	old.learn(admin)
	until("forgotten the merchant's old key", func() bool {
		a, err := old.client().Verify(t.Context(), amsclient.VerifyRequest{})
		return err == nil && a.Result.Code == "KEY_NOT_FOUND"
	})
	// A code that was sent under a key that is retired: as after a backup was restored.
	last := amsclient.InitRequest{AuthenticationRequestID: "last", AuthenticationMethod: "OTP",
		AuthenticationType: "SMS", IdentityType: "MOBILENO", IdentityValue: "60-1999999999"}
	if a, err := m.client().Init(t.Context(), last); err != nil || a.Result.Code != "SUCCESS" {
		t.Fatal(err, string(a.Raw))
	}
	admin.ok("keys", "rotate", "code")
	for version := 1; version <= 3; version++ {
		admin.ok("keys", "retire", "code", fmt.Sprint(version))
	}
	until("forgotten the retired key's codes", func() bool {
		a, err := m.client().Verify(t.Context(), amsclient.VerifyRequest{
			AuthenticationType: "OTP", AuthenticationRequestID: "last",
			AuthenticationValue: m.p.messages("+601999999999")[0].Code + "0",
		})
		return err == nil && a.Result.Code == "AUTHENTICATION_REQUEST_ID_INVALID"
	})
	if err := m.signUp(t.Context(), "after", "1888888888"); err != nil {
		t.Error(err)
	}
}
