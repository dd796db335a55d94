package start

import (
	"context"
	"crypto/rsa"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"countersign/pkg/config"
	"countersign/pkg/keyring"
	"countersign/pkg/otp"
	"countersign/pkg/service"
)

// keys is a keyring that is being read. Its first users wait for it; the source bounds the wait.
type keys struct {
	read chan struct{} // closed once ring is set
	ring *keyring.Ring
}

var _ service.Keyring = (*keys)(nil)

// readKeys reads a keyring in the background, and calls fail where that fails.
func readKeys(source keyring.Source, now func() time.Time, log *slog.Logger, fail func(error)) *keys {
	k := &keys{read: make(chan struct{})}
	go func() {
		defer close(k.read)
		var err error
		if k.ring, err = openKeys(source, now, log); err != nil {
			fail(fmt.Errorf("%sKEYS: %w", config.Prefix, err))
		}
	}()
	return k
}

// openKeys reads a keyring. One without a key that signs answers is an error.
func openKeys(source keyring.Source, now func() time.Time, log *slog.Logger) (*keyring.Ring, error) {
	ring, err := keyring.NewLazy(source, now, keysAge, log)
	if err != nil {
		return nil, err
	}
	if _, _, ok := ring.Signing(context.Background()); !ok {
		return nil, errors.New("the keyring has no key that signs answers: " +
			"make one with countersign keys rotate sign")
	}
	return ring, nil
}

func (k *keys) wait() *keyring.Ring {
	<-k.read
	return k.ring
}

func (k *keys) Keys(ctx context.Context) *otp.Keys { return k.wait().Keys(ctx) }

func (k *keys) Newer(ctx context.Context, version int) *otp.Keys { return k.wait().Newer(ctx, version) }

func (k *keys) Signing(ctx context.Context) (version string, key *rsa.PrivateKey, ok bool) {
	return k.wait().Signing(ctx)
}

func (k *keys) Seal(ctx context.Context, plain []byte, bound string) (string, error) {
	return k.wait().Seal(ctx, plain, bound)
}

func (k *keys) Open(ctx context.Context, sealed, bound string) ([]byte, error) {
	return k.wait().Open(ctx, sealed, bound)
}

func (k *keys) Pepper(ctx context.Context) (version int, pepper []byte) { return k.wait().Pepper(ctx) }

func (k *keys) PepperOf(ctx context.Context, version int) []byte {
	return k.wait().PepperOf(ctx, version)
}

func (k *keys) Encryption(ctx context.Context) (version string, key *rsa.PrivateKey) {
	return k.wait().Encryption(ctx)
}

func (k *keys) EncryptionOf(ctx context.Context, version string) *rsa.PrivateKey {
	return k.wait().EncryptionOf(ctx, version)
}
