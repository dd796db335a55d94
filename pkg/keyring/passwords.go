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

// PepperOf returns the Pepper key of a version, nil if it is retired or unknown. It fetches a version that is newer
// than all held ones, as Newer does.
func (r *Ring) PepperOf(ctx context.Context, version int) []byte {
	if v := r.newer(ctx, Pepper, version).doc.find(Pepper, version); v != nil {
		return []byte(v.secret)
	}
	return nil
}

// Encryption returns the Encrypt key in force and its version, nil if there is none.
func (r *Ring) Encryption(ctx context.Context) (version string, key *rsa.PrivateKey) {
	h := r.current(ctx)
	if h.encrypt == 0 {
		return "", nil
	}
	return strconv.Itoa(h.encrypt), r.encryption(h, h.encrypt)
}

// EncryptionOf returns the Encrypt key of a version, nil if it is retired or unknown. It fetches a version that is
// newer than all held ones, as Newer does: another process may have returned it to the caller already. Callers name
// the version, so after a fetch in vain the next one is a minute later at the earliest.
func (r *Ring) EncryptionOf(ctx context.Context, version string) *rsa.PrivateKey {
	number, err := strconv.Atoi(version)
	if err != nil || number < 1 || number > maxVersion || strconv.Itoa(number) != version {
		return nil
	}
	return r.encryption(r.newer(ctx, Encrypt, number), number)
}

func (r *Ring) encryption(h *held, version int) *rsa.PrivateKey {
	v := h.doc.find(Encrypt, version)
	if v == nil {
		return nil
	}
	key, err := v.key()
	if err != nil { // only in a ring of NewLazy
		r.log.Error("keyring", "cause", err.Error())
	}
	return key
}
