package keyring_test

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"countersign/pkg/keyring"
	"countersign/pkg/keyring/keyringtest"
	"countersign/pkg/otp"

	"countersign/pkg/clocktest"
)

const canary = keyringtest.Canary

var secret, parse = keyringtest.Secret, keyringtest.Parse

var (
	day  = time.Date(2026, 11, 22, 6, 0, 0, 0, time.UTC)
	none time.Time
)

// signPEM returns RSA keys. They are made once, because that takes long.
var signPEM = [2]func() string{sync.OnceValue(generate), sync.OnceValue(generate)}

func generate() string { return rsaPEM(2048) }

func rsaPEM(bits int) string {
	key, err := rsa.GenerateKey(rand.Reader, bits)
	if err != nil {
		panic(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		panic(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
}

// v is a version in a document. secret or key is filled in by text.
type v struct {
	Version int    `json:"version"`
	Made    string `json:"made,omitempty"`
	From    string `json:"from,omitempty"`
	Secret  string `json:"secret,omitempty"`
	Key     string `json:"key,omitempty"`
}

// text returns a document with these versions. Kinds that are not named have
// version 1, if there must be one in the short form.
func text(kinds map[keyring.Kind][]v) []byte {
	out := map[keyring.Kind][]v{}
	for _, kind := range keyring.Kinds() {
		all, ok := kinds[kind]
		if !ok && (kind == keyring.Code || kind == keyring.Number || kind == keyring.Seal) {
			all = []v{{Version: 1}}
		}
		for _, one := range all {
			if kind == keyring.Sign || kind == keyring.Encrypt {
				one.Key = signPEM[one.Version%2]()
			} else {
				one.Secret = secret(fmt.Sprint(kind, one.Version))
			}
			out[kind] = append(out[kind], one)
		}
	}
	b, err := json.Marshal(out)
	if err != nil {
		panic(err)
	}
	return b
}

// codes returns a document with code versions.
func codes(versions ...int) []byte {
	var all []v
	for _, n := range versions {
		all = append(all, v{Version: n})
	}
	return text(map[keyring.Kind][]v{keyring.Code: all})
}

// keys returns the keys that a ring on such a document returns.
func keys(t *testing.T, newest int, versions ...int) *otp.Keys {
	t.Helper()
	secrets := otp.Secrets{}
	for _, n := range versions {
		secrets[n] = []byte(secret(fmt.Sprint("code", n)))
	}
	k, err := otp.NewKeys(secrets, newest, otp.Secrets{1: []byte(secret("number1"))})
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// shelf is a source that a test fills.
type shelf struct {
	mu    sync.Mutex
	text  []byte
	err   error
	takes time.Duration // virtual
	reads int
}

func (s *shelf) Read(ctx context.Context, _ time.Time) ([]byte, error) {
	s.mu.Lock()
	s.reads++
	takes, text, err := s.takes, s.text, s.err
	s.mu.Unlock()
	if takes > 0 {
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(takes):
		}
	}
	return text, err
}

func (s *shelf) put(text []byte, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.text, s.err = text, err
}

func (s *shelf) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.reads
}

// lines is a log.
type lines struct {
	mu  sync.Mutex
	all []string
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.all = append(l.all, string(p))
	return len(p), nil
}

func (l *lines) log() *slog.Logger { return slog.New(slog.NewJSONHandler(l, nil)) }

// about counts the lines with a text in them.
func (l *lines) about(text string) (n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, line := range l.all {
		if strings.Contains(line, text) {
			n++
		}
	}
	return n
}

// ring returns a ring with an age of a minute, and its own clock and log.
func ring(t *testing.T, s keyring.Source) (*keyring.Ring, *clocktest.Clock, *lines) {
	t.Helper()
	c, l := clocktest.New(day), &lines{}
	r, err := keyring.New(s, c.Now, time.Minute, l.log())
	if err != nil {
		t.Fatal(err)
	}
	return r, c, l
}
