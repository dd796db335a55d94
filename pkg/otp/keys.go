package otp

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Keys are the secrets that live outside the tables. A table dump without them
// says nothing about codes or numbers, and neither do they without the dump.
// They are read only after [NewKeys] and safe for concurrent use.
type Keys struct {
	newest  int
	code    map[int]codeKeys
	numbers []numberKey // newest first
}

// codeKeys are the keys of one version, one for each purpose.
type codeKeys struct {
	codes, digest, fingerprint []byte
	box                        cipher.AEAD
}

// numberKey keys the ledgers.
type numberKey struct {
	version int
	key     []byte
}

// Secrets are what keys are derived from, by version: 1 or more, higher is newer.
type Secrets map[int][]byte

// MinSecret is the least length of a secret in bytes.
const MinSecret = 32

// NewKeys derives the keys. Challenges are made with the code secret of the
// version newest; those of other versions are read. Numbers are counted under
// every number secret, see [Keys.LedgerKeys].
func NewKeys(codes Secrets, newest int, numbers Secrets) (*Keys, error) {
	if _, ok := codes[newest]; !ok {
		return nil, fmt.Errorf("keys: the newest version is %d, and there is no code secret of that version", newest)
	}
	if len(numbers) == 0 {
		return nil, errors.New("keys: there is no number secret")
	}
	k := &Keys{newest: newest, code: map[int]codeKeys{}}
	for version, secret := range codes {
		if len(secret) < MinSecret {
			return nil, fmt.Errorf("keys: the code secret of version %d has %d bytes, at least %d are needed", version, len(secret), MinSecret)
		}
		k.code[version] = codeKeys{
			codes:       derive(secret, "seal"),
			digest:      derive(secret, "digest"),
			fingerprint: derive(secret, "print"),
			box:         newBox(derive(secret, "box")),
		}
	}
	for version, secret := range numbers {
		if len(secret) < MinSecret {
			return nil, fmt.Errorf("keys: the number secret of version %d has %d bytes, at least %d are needed", version, len(secret), MinSecret)
		}
		k.numbers = append(k.numbers, numberKey{version, derive(secret, "number")})
	}
	slices.SortFunc(k.numbers, func(a, b numberKey) int { return b.version - a.version })
	return k, nil
}

// Keyring hands out the keys for one operation. It is safe for concurrent use.
type Keyring interface {
	// Keys returns the keys that are held now.
	Keys(ctx context.Context) *Keys
	// Newer returns the keys after an item named a code key version that the ones
	// in hand lack, fetched anew where that may help: another process may have
	// learnt of a rotation first.
	Newer(ctx context.Context, version int) *Keys
}

var _ Keyring = (*Keys)(nil)

// Keys returns k: it is a keyring that never changes.
func (k *Keys) Keys(context.Context) *Keys { return k }

// Newer returns k.
func (k *Keys) Newer(context.Context, int) *Keys { return k }

// holds reports whether there is a code key of a version.
func (k *Keys) holds(version int) bool {
	_, ok := k.code[version]
	return ok
}

// retired reports whether a version is not held and never will be again. One that
// is newer than all is only not known here yet.
func (k *Keys) retired(version int) bool { return !k.holds(version) && version < k.newest }

// derive gives each purpose a key of its own (HKDF, RFC 5869).
func derive(secret []byte, purpose string) []byte {
	key, err := hkdf.Key(sha256.New, secret, nil, "countersign/"+purpose, sha256.Size)
	if err != nil {
		panic(err) // only for a length that HKDF cannot give
	}
	return key
}

// generate returns the code of a challenge, from its seed.
func (k *Keys) generate(version int, challenge string, seed []byte, n int) (Code, error) {
	key, ok := k.code[version]
	if !ok {
		return "", unknownVersion(version)
	}
	code, err := digits(&stream{key: key.codes, label: fields(challenge, string(seed))}, n)
	return Code(code), err
}

// digest returns what is kept of a code, and ok false when there is no key of
// that version. It is bound to the challenge, so that no digest can be moved.
func (k *Keys) digest(version int, challenge, code string) (d []byte, ok bool) {
	key, ok := k.code[version]
	if !ok {
		return nil, false
	}
	return mac(key.digest, challenge, code), true
}

// fingerprint returns the digest of the fields that must not change between retries.
func (k *Keys) fingerprint(version int, counting []string) ([]byte, error) {
	key, ok := k.code[version]
	if !ok {
		return nil, unknownVersion(version)
	}
	return mac(key.fingerprint, counting...), nil
}

// newBox makes the cipher that numbers and chosen codes are encrypted with: AES-256
// in GCM.
func newBox(key []byte) cipher.AEAD {
	block, err := aes.NewCipher(key)
	if err == nil {
		var box cipher.AEAD
		if box, err = cipher.NewGCM(block); err == nil {
			return box
		}
	}
	panic(err) // only for a length that AES does not have
}

// encrypt encrypts what a challenge has to keep for a further message: the number,
// and the code where the client chose it. The seed is random and is used for one
// text only, so it is the nonce; the text opens at its own challenge alone.
func (k *Keys) encrypt(version int, challenge string, seed []byte, to Phone, chosen Code) []byte {
	box := k.code[version].box
	return box.Seal(nil, seed[:box.NonceSize()], []byte(to.E164()+" "+string(chosen)), []byte(challenge)) // #nosec G407 -- the seed is random
}

// decrypt is the opposite of lock.
func (k *Keys) decrypt(c Challenge) (to Phone, chosen Code, err error) {
	key, ok := k.code[c.KeyVersion]
	if !ok {
		return "", "", unknownVersion(c.KeyVersion)
	}
	if len(c.Seed) < key.box.NonceSize() {
		return "", "", errEncrypted
	}
	text, err := key.box.Open(nil, c.Seed[:key.box.NonceSize()], c.Encrypted, []byte(c.Key))
	if err != nil {
		return "", "", errEncrypted
	}
	number, code, _ := strings.Cut(string(text), " ")
	return Phone(number), Code(code), nil
}

// codeOf returns the code of a challenge.
func (k *Keys) codeOf(c Challenge) (Code, error) {
	if !c.Chosen {
		return k.generate(c.KeyVersion, c.Key, c.Seed, c.Digits)
	}
	_, code, err := k.decrypt(c)
	return code, err
}

// Scenarios returns the ids that stand for what a client wants a number for, one
// for each version of the number key that is held. The oldest comes first, and is
// the one to use: while the key is rotated every process holds it. No id that a
// caller may choose is one of them.
func (k *Keys) Scenarios(client string, to Phone, intent string) []string {
	ids := make([]string, len(k.numbers))
	for i, n := range slices.Backward(k.numbers) {
		ids[len(ids)-1-i] = "\x00scenario\x00" + string(mac(n.key, "scenario", client, to.E164(), intent))
	}
	return ids
}

var errEncrypted = errors.New("keys: the number of a challenge does not open: the item was changed, or the code key of its version was")

// LedgerKeys returns the keys of a number's ledgers, newest first: limits count
// per client and number, and the table does not show which number it is. There
// is one for each version of the number key that is held, so that no limit is
// forgotten while a key is rotated.
func (k *Keys) LedgerKeys(client string, to Phone) []string {
	keys := make([]string, len(k.numbers))
	for i, n := range k.numbers {
		keys[i] = "N#" + base64.RawURLEncoding.EncodeToString(mac(n.key, client, to.E164()))
	}
	return keys
}

// SendID returns the short id under which the ledger counts a message, from the
// random bytes that stand for it: long enough that the few dozen ids of one
// ledger never meet.
func SendID(random []byte) string {
	sum := sha256.Sum256(random)
	return base64.RawURLEncoding.EncodeToString(sum[:8])
}

func unknownVersion(version int) error {
	return fmt.Errorf("keys: there is no code key of version %d: add it to the keyring or let its challenges expire", version)
}

func mac(key []byte, parts ...string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write(fields(parts...))
	return h.Sum(nil)
}

// fields joins parts so that no two lists give the same bytes.
func fields(parts ...string) []byte {
	n := 0
	for _, p := range parts {
		n += 4 + len(p)
	}
	out := make([]byte, 0, n)
	for _, p := range parts {
		out = binary.BigEndian.AppendUint32(out, uint32(len(p))) // #nosec G115 -- no field is 4 GB long
		out = append(out, p...)
	}
	return out
}
