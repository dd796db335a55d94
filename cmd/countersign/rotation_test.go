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

	"countersign/pkg/filetest"
)

// merchant calls as client acme, and gets new keys in time. It is safe for concurrent use.
type merchant struct {
	p       *process
	key     atomic.Pointer[signature.Key]
	servers atomic.Pointer[map[string]*rsa.PublicKey] // the service's keys, by version
}

// newMerchant returns a merchant that signs with the key in file, and has the service's
// public keys of today.
func newMerchant(p *process, admin tool, version, file string) *merchant {
	admin.t.Helper()
	m := &merchant{p: p}
	key, err := signature.ParsePrivateKey(filetest.Read(admin.t, file))
	if err != nil {
		admin.t.Fatal(err)
	}
	m.key.Store(&signature.Key{Version: version, Private: key})
	m.learn(admin)
	return m
}

func (m *merchant) client() *amsclient.Client {
	return &amsclient.Client{URL: m.p.url, ID: "acme", Key: *m.key.Load(), Servers: *m.servers.Load(), HTTP: browser,
		Now: time.Now}
}

// learn takes the service's public keys from keys list.
func (m *merchant) learn(admin tool) {
	admin.t.Helper()
	var list []keyring.Info
	admin.json(&list, "keys", "list")
	keys := map[string]*rsa.PublicKey{}
	for _, k := range list {
		if k.Kind != keyring.Sign {
			continue
		}
		key, err := signature.ParsePublicKey([]byte(k.PublicKey))
		if err != nil {
			admin.t.Fatal(err)
		}
		keys[fmt.Sprint(k.Version)] = key
	}
	m.servers.Store(&keys)
}

// initOf is the request for a code by SMS to a number of Malaysia.
func initOf(id, number string) amsclient.InitRequest {
	return amsclient.InitRequest{
		AuthenticationRequestID: id, AuthenticationMethod: "OTP", AuthenticationType: "SMS",
		IdentityType: "MOBILENO", IdentityValue: "60-" + number,
	}
}

// verifyOf is the request that checks a code.
func verifyOf(id, code string) amsclient.VerifyRequest {
	return amsclient.VerifyRequest{AuthenticationType: "OTP", AuthenticationRequestID: id, AuthenticationValue: code}
}

// signUp sends a code and checks two, first a wrong one. In between, a repeated init and a
// second init to the same number show that challenges and limits are found under every key.
func (m *merchant) signUp(ctx context.Context, id, number string) error {
	want := func(a amsclient.Answer, err error, code string) error {
		if err == nil && a.Result.Code != code {
			err = fmt.Errorf("%s %s: %s, want %s", id, number, a.Raw, code)
		}
		return err
	}
	first, err := m.client().Init(ctx, initOf(id, number))
	if err = want(first, err, "SUCCESS"); err != nil {
		return err
	}
	messages, err := m.p.outbox("+60" + number)
	if err != nil || len(messages) != 1 {
		return fmt.Errorf("%s: %d messages, %v", id, len(messages), err)
	}
	a, err := m.client().Verify(ctx, verifyOf(id, "1"))
	if err = want(a, err, "VERIFY_UNMATCHED"); err != nil {
		return err
	}
	a, err = m.client().Init(ctx, initOf(id, number))
	if err == nil && string(a.Raw) != string(first.Raw) {
		err = fmt.Errorf("a repeat answered %s, first %s", a.Raw, first.Raw)
	}
	if err != nil {
		return err
	}
	a, err = m.client().Init(ctx, initOf(id+"-again", number))
	if err = want(a, err, "TIMES_EXCEED_LIMIT"); err != nil {
		return err
	}
	a, err = m.client().Verify(ctx, verifyOf(id, messages[0].Code))
	return want(a, err, "SUCCESS")
}

// signUps are sign-ups of a merchant that go on in the background.
type signUps struct {
	m            *merchant
	done, failed atomic.Int64
	stop         chan struct{}
	ended        chan struct{} // an element for each sign-up that ends while somebody waits
	workers      sync.WaitGroup
}

// startSignUps starts two workers. Each error of theirs fails the test.
func startSignUps(t *testing.T, m *merchant) *signUps {
	s := &signUps{m: m, stop: make(chan struct{}), ended: make(chan struct{})}
	for worker := range 2 {
		s.workers.Go(func() { s.work(t, worker) })
	}
	return s
}

func (s *signUps) work(t *testing.T, worker int) {
	for n := 0; ; n++ {
		select {
		case <-s.stop:
			return
		default:
		}
		number := fmt.Sprintf("%d%08d", 10+worker, n)
		if err := s.m.signUp(t.Context(), "r-"+number, number); err != nil && s.failed.Add(1) <= 5 {
			t.Error(err)
		}
		s.done.Add(1)
		select {
		case s.ended <- struct{}{}:
		default:
		}
	}
}

// wait waits until eight sign-ups have ended, so that some began after the latest change.
func (s *signUps) wait() {
	for range 8 {
		<-s.ended
	}
}

// finish ends the workers.
func (s *signUps) finish(t *testing.T) {
	close(s.stop)
	s.workers.Wait()
	t.Logf("%d sign-ups of 5 calls, %d failed", s.done.Load(), s.failed.Load())
}

// TestRotationUnderLoad rotates every kind of key twice while sign-ups go on, and no call
// fails (P21). Then it retires all older keys, and nothing that was made with them is
// accepted.
func TestRotationUnderLoad(t *testing.T) {
	t.Parallel() // it waits for the server's caches
	data := newFolder(t)
	admin := onFolder(t, data)
	admin.ok("client", "add", "acme", "--country", "*", "--generate-key")
	firstKey := filepath.Join(data, "clients", "acme.key.pem")
	m := newMerchant(serveOn(t, data), admin, "1", firstKey)
	load := startSignUps(t, m)
	load.wait()
	for version := 2; version <= 3; version++ {
		for _, kind := range []string{"code", "number", "seal"} {
			admin.ok("keys", "rotate", kind)
			load.wait()
		}
		m.rotateServerKey(admin, version)
		load.wait()
		m.rotateOwnKey(admin, version)
		load.wait()
		admin.ok("client", "remove-key", "acme", fmt.Sprint(version-1))
		load.wait()
	}
	load.finish(t)

	old := newMerchant(m.p, admin, "1", firstKey)
	eventually(t, "the refusal of the merchant's first key", func() bool {
		a, err := old.client().Verify(t.Context(), amsclient.VerifyRequest{})
		return err == nil && a.Result.Code == "KEY_NOT_FOUND"
	})
	m.retireCodeKeys(admin)
	if err := m.signUp(t.Context(), "after", "1888888888"); err != nil {
		t.Error(err)
	}
}

// rotateServerKey rotates the key that signs answers. The merchant has the new public key
// before it comes into force.
func (m *merchant) rotateServerKey(admin tool, version int) {
	admin.t.Helper()
	admin.ok("keys", "rotate", "sign", "--after", "2s")
	m.learn(admin)
	eventually(admin.t, "an answer signed with the new key", func() bool {
		req, err := http.NewRequest("POST", m.p.url+initPath, nil)
		if err != nil {
			admin.t.Fatal(err)
		}
		req.Header.Set("Client-Id", "acme")
		resp, err := browser.Do(req)
		if err != nil {
			admin.t.Fatal(err)
		}
		resp.Body.Close()
		return strings.Contains(resp.Header.Get("signature"), fmt.Sprintf("keyVersion=%d,", version))
	})
}

// rotateOwnKey gives the merchant a new key. The service has its public half before the
// merchant signs with it.
func (m *merchant) rotateOwnKey(admin tool, version int) {
	admin.t.Helper()
	file := filepath.Join(admin.data, fmt.Sprint("next", version))
	admin.ok("client", "rotate-key", "acme", "--generate-key", "--key-out", file)
	next := newMerchant(m.p, admin, fmt.Sprint(version), file)
	eventually(admin.t, "an accepted signature of the merchant's new key", func() bool {
		a, err := next.client().Verify(admin.t.Context(), amsclient.VerifyRequest{})
		return err == nil && a.Result.Code == "PARAM_ILLEGAL"
	})
	m.key.Store(next.key.Load())
}

// retireCodeKeys sends a code, retires the key that it was made with, and waits until the
// challenge is unknown.
func (m *merchant) retireCodeKeys(admin tool) {
	admin.t.Helper()
	ctx := admin.t.Context()
	if a, err := m.client().Init(ctx, initOf("last", "1999999999")); err != nil || a.Result.Code != "SUCCESS" {
		admin.t.Fatal(err, string(a.Raw))
	}
	admin.ok("keys", "rotate", "code")
	for version := 1; version <= 3; version++ {
		admin.ok("keys", "retire", "code", fmt.Sprint(version), "--force")
	}
	wrong := m.p.messages("+601999999999")[0].Code + "0"
	eventually(admin.t, "an unknown challenge", func() bool {
		a, err := m.client().Verify(ctx, verifyOf("last", wrong))
		return err == nil && a.Result.Code == "AUTHENTICATION_REQUEST_ID_INVALID"
	})
}
