package signature_test

import (
	"crypto/rsa"
	"fmt"
	"math/big"
	"strings"
	"sync"
	"testing"

	"countersign/pkg/signature"
)

func sign(t testing.TB, s *signature.Signer, k signature.Key, text string) string {
	t.Helper()
	header, err := s.Sign(k, []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return header
}

// A remembered signature equals a new one. It never belongs to another text, to another key of the same version, or to
// another version.
func TestSignerRemembers(t *testing.T) {
	s := signature.NewSigner(8)
	client, server := private(t, "ams-test-client.key.pem"), private(t, "ams-test-server.key.pem")
	keys := []signature.Key{
		{Version: "1", Private: client}, {Version: "1", Private: server}, {Version: "2", Private: server},
	}
	for range 3 {
		for _, k := range keys {
			for _, text := range []string{"a", "b"} {
				want, err := k.Sign([]byte(text))
				if got := sign(t, s, k, text); err != nil || got != want {
					t.Errorf("version %s, text %s: %s, want %s (%v)", k.Version, text, got, want, err)
				}
			}
		}
	}
	if s.Made() != 6 {
		t.Errorf("%d signatures for 6 pairs of text and key, want 6", s.Made())
	}
}

func TestSignerForgetsTheLeastRecent(t *testing.T) {
	k := signature.Key{Version: "1", Private: private(t, "ams-test-server.key.pem")}
	for size, want := range map[int]int64{-1: 6, 0: 6, 1: 6, 2: 4, 3: 3} {
		s := signature.NewSigner(size)
		for _, text := range []string{"a", "b", "a", "c", "a", "b"} { // in a signer of two, c replaces b
			sign(t, s, k, text)
		}
		if sign(t, s, k, "b"); s.Made() != want {
			t.Errorf("size %d: %d signatures, want %d", size, s.Made(), want)
		}
	}
}

// Parallel calls with the same text make one signature.
func TestSignerAtOnce(t *testing.T) {
	k := signature.Key{Version: "1", Private: private(t, "ams-test-server.key.pem")}
	public := public(t, "ams-test-server.pub.pem")
	const texts, callers = 100, 8
	s := signature.NewSigner(texts)
	var all sync.WaitGroup
	start := make(chan struct{})
	for n := range texts * callers {
		all.Go(func() {
			text := fmt.Append(nil, "text ", n/callers)
			<-start
			header, err := s.Sign(k, text)
			clear(text) // the caller may reuse its bytes
			if err != nil {
				t.Error(err)
			}
			h, err := signature.Parse(header)
			if err != nil || !h.Verify(public, fmt.Append(nil, "text ", n/callers)) {
				t.Errorf("text %d: %s does not verify (%v)", n/callers, header, err)
			}
		})
	}
	close(start)
	all.Wait()
	if _, err := s.Overtaken(k, []byte("text 0")); err != nil { // a moment that the race above rarely meets
		t.Error(err)
	}
	if s.Made() != texts {
		t.Errorf("%d signatures, want %d, one for each text", s.Made(), texts)
	}
}

// If parallel texts exceed the size, each caller still gets the signature of its own text.
func TestSignerFull(t *testing.T) {
	k := signature.Key{Version: "1", Private: private(t, "ams-test-server.key.pem")}
	s := signature.NewSigner(1)
	var all sync.WaitGroup
	for n := range 8 {
		all.Go(func() {
			want, _ := k.Sign(fmt.Append(nil, n%4))
			for range 3 {
				if got, err := s.Sign(k, fmt.Append(nil, n%4)); err != nil || got != want {
					t.Errorf("%d: %s, %v", n, got, err)
				}
			}
		})
	}
	all.Wait()
}

func TestSignRefuses(t *testing.T) {
	whole := private(t, "ams-test-server.key.pem")
	broken := &rsa.PrivateKey{PublicKey: whole.PublicKey, D: big.NewInt(7), Primes: whole.Primes}
	small := &rsa.PrivateKey{PublicKey: rsa.PublicKey{N: big.NewInt(15), E: 3}}
	for name, c := range map[string]struct {
		k    signature.Key
		want string
	}{
		"no key":         {signature.Key{Version: "1"}, "no private key"},
		"empty key":      {signature.Key{Version: "1", Private: &rsa.PrivateKey{}}, "no private key"},
		"not whole":      {signature.Key{Version: "1", Private: broken}, "cannot sign"},
		"small":          {signature.Key{Version: "1", Private: small}, "at least 2048"},
		"no version":     {signature.Key{Private: whole}, "1 to 64"},
		"a comma":        {signature.Key{Version: "1,signature=x", Private: whole}, "1 to 64"},
		"a space":        {signature.Key{Version: " 1", Private: whole}, "1 to 64"},
		"a zero byte":    {signature.Key{Version: "1\x00", Private: whole}, "1 to 64"},
		"no ASCII":       {signature.Key{Version: "１", Private: whole}, "1 to 64"},
		"a long version": {signature.Key{Version: strings.Repeat("1", 65), Private: whole}, "1 to 64"},
	} {
		s := signature.NewSigner(1)
		for range 2 {
			if header, err := s.Sign(c.k, nil); err == nil || !strings.Contains(err.Error(), c.want) || header != "" {
				t.Errorf("%s: %q, %v, want an error with %q", name, header, err, c.want)
			}
		}
		if name == "not whole" && s.Made() != 2 {
			t.Error("a failure was remembered")
		}
		if header, err := c.k.Sign(nil); err == nil || !strings.Contains(err.Error(), c.want) || header != "" {
			t.Errorf("%s: %q, %v, want an error with %q", name, header, err, c.want)
		}
	}
	longest := signature.Key{Version: strings.Repeat("Az9._-11", 8), Private: whole}
	header, err := signature.NewSigner(1).Sign(longest, nil)
	if err != nil || !strings.Contains(header, ",keyVersion="+longest.Version+",") {
		t.Errorf("the longest version: %s, %v", header, err)
	}
}

// A remembered signature costs no allocation.
func TestSignerHitAllocates(t *testing.T) {
	k := signature.Key{Version: "1", Private: private(t, "ams-test-server.key.pem")}
	s, text := signature.NewSigner(1), file(t, "ams-example-response.tosign")
	if n := testing.AllocsPerRun(100, func() { s.Sign(k, text) }); n != 0 {
		t.Errorf("%v allocations, want 0", n)
	}
}
