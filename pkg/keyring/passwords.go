package keyring

import (
	"context"
	"crypto/rsa"
	"strconv"
)

// Pepper returns the Pepper key in force and its version, 0 if there is none.
func (r *Ring) Pepper(ctx context.Context) (version int, pepper []byte) {
	h := r.current(ctx)
	if h.pepper == 0 {
		return 0, nil
	}
	return h.pepper, []byte(h.doc.find(Pepper, h.pepper).secret)
}

// PepperOf returns the Pepper key of a version, nil if it is retired or unknown. It fetches a version that is newer than
// all held ones, as Newer does.
func (r *Ring) PepperOf(ctx context.Context, version int) []byte {
	if v := r.newer(ctx, Pepper, version).doc.find(Pepper, version); v != nil {
		return []byte(v.secret)
	}
	return nil
}

// Encryption returns the Encrypt key in force and its version, nil if there is none.
func (r *Ring) Encryption(ctx context.Context) (version string, key *rsa.PrivateKey) {
	h := r.current(ctx)
	return h.encryptVersion, h.encryption(h.encryptVersion)
}

// EncryptionOf returns the Encrypt key of a version, nil if it is retired or unknown. Callers name the version, so none
// that is newer is fetched for them.
func (r *Ring) EncryptionOf(ctx context.Context, version string) *rsa.PrivateKey {
	return r.current(ctx).encryption(version)
}

func (h *held) encryption(version string) *rsa.PrivateKey {
	number, err := strconv.Atoi(version)
	if v := h.doc.find(Encrypt, number); err == nil && v != nil && strconv.Itoa(number) == version {
		return v.key
	}
	return nil
}
