package keyring

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rsa"
	"crypto/sha256"
	"fmt"
	"math"
	"strconv"
	"time"

	"countersign/pkg/otp"
)

// held has the keys that are derived from a document, for a span of time in which the
// same versions are in force. Nobody changes it; a ring replaces it.
type held struct {
	doc         *Document
	sum         [sha256.Size]byte // of the document at rest
	until       int64             // when another version comes into force, in Unix nanoseconds
	keys        *otp.Keys
	seals       map[int]cipher.AEAD
	sign        *rsa.PrivateKey
	signVersion string

	seal, pepper, encrypt int // versions in force, 0 for none
}

func hold(d *Document, sum [sha256.Size]byte, now time.Time) (*held, error) {
	h := &held{doc: d, sum: sum, until: d.until(now), seals: map[int]cipher.AEAD{}}
	var err error
	if h.keys, err = otp.NewKeys(d.secrets(Code), d.inForce(Code, now).number, d.secrets(Number)); err != nil {
		return nil, fmt.Errorf("keyring: %w", err)
	}
	for number, secret := range d.secrets(Seal) {
		if h.seals[number], err = sealer(secret); err != nil {
			return nil, fmt.Errorf("keyring: seal version %d: %w", number, err)
		}
	}
	number := func(kind Kind) int {
		if v := d.inForce(kind, now); v != nil {
			return v.number
		}
		return 0
	}
	h.seal, h.pepper, h.encrypt = number(Seal), number(Pepper), number(Encrypt)
	if v := d.inForce(Sign, now); v != nil {
		h.signVersion = strconv.Itoa(v.number)
		if h.sign, err = v.key(); err != nil {
			return nil, err
		}
	}
	return h, nil
}

// until returns when the next version comes into force.
func (d *Document) until(now time.Time) int64 {
	until := int64(math.MaxInt64)
	for _, all := range d.versions {
		for _, v := range all {
			if v.from.After(now) {
				until = min(until, v.from.UnixNano())
			}
		}
	}
	return until
}

func (d *Document) secrets(kind Kind) otp.Secrets {
	secrets := otp.Secrets{}
	for _, v := range d.versions[kind] {
		secrets[v.number] = []byte(v.secret)
	}
	return secrets
}

// sealer returns AES-256-GCM under a key derived from secret. Nonces are random, so one
// key may seal 2^32 values.
func sealer(secret []byte) (cipher.AEAD, error) {
	key, err := hkdf.Key(sha256.New, secret, nil, "countersign/seal-at-rest", 32)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCMWithRandomNonce(block)
}
