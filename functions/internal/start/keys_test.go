package start

import (
	"context"
	"crypto/rand"
	"log/slog"
	"sync"
	"testing"
	"time"

	"countersign/pkg/keyring"
	"countersign/pkg/keyring/keyringtest"
)

// slow is a source that answers once it is released.
type slow struct {
	release chan struct{}
	text    []byte
}

func (s slow) Read(context.Context, time.Time) ([]byte, error) {
	<-s.release
	return s.text, nil
}

// Requests that need a key wait for the keyring; all others go on.
func TestKeysWait(t *testing.T) {
	source := slow{make(chan struct{}), keyringtest.AtRest()}
	k := readKeys(source, time.Now, slog.New(slog.DiscardHandler), func(err error) { t.Error(err) })
	var requests sync.WaitGroup
	for range 8 {
		requests.Go(func() {
			sealed, err := k.Seal(t.Context(), []byte("plain"), "bound")
			if plain, err2 := k.Open(t.Context(), sealed, "bound"); err != nil || err2 != nil ||
				string(plain) != "plain" {
				t.Errorf("%q, %v, %v", plain, err, err2)
			}
			if _, _, ok := k.Signing(t.Context()); !ok || k.Keys(t.Context()) == nil || k.Newer(t.Context(), 1) == nil {
				t.Error("a key is missing")
			}
		})
	}
	select {
	case <-k.read:
		t.Error("the keyring is there before its source has answered")
	default:
	}
	close(source.release)
	requests.Wait()
}

// A keyring that cannot sign is an error.
func TestKeysWithoutSign(t *testing.T) {
	d := &keyring.Document{}
	for _, kind := range []keyring.Kind{keyring.Code, keyring.Number, keyring.Seal} {
		if _, err := d.Rotate(kind, time.Time{}, time.Now(), rand.Reader); err != nil {
			t.Fatal(err)
		}
	}
	source := slow{make(chan struct{}), d.AtRest()}
	close(source.release)
	if _, err := openKeys(source, time.Now, slog.New(slog.DiscardHandler)); err == nil {
		t.Error("no error")
	}
}
