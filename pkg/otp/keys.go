package otp

import (
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"
)

// Keys are the secrets that live outside the tables. A table dump without them
// says nothing about codes or numbers, and neither do they without the dump.
// They are read only after [NewKeys] and safe for concurrent use.
type Keys struct {
	newest int
	code   map[int]codeKeys
	number []byte
}

// codeKeys are the keys of one version, one for each purpose.
type codeKeys struct{ seal, digest, print []byte }

// MinSecret is the least length of a secret in bytes.
const MinSecret = 32

// NewKeys derives the keys from secrets by version: the newest version makes
// new challenges, older ones are only read. The number secret keys the ledgers;
// changing it forgets all limits.
func NewKeys(newest int, code map[int][]byte, number []byte) (*Keys, error) {
	if _, ok := code[newest]; !ok {
		return nil, fmt.Errorf("keys: the newest version is %d, and there is no secret of that version", newest)
	}
	k := &Keys{newest: newest, code: map[int]codeKeys{}}
	for version, secret := range code {
		if len(secret) < MinSecret {
			return nil, fmt.Errorf("keys: the code secret of version %d has %d bytes, at least %d are needed", version, len(secret), MinSecret)
		}
		k.code[version] = codeKeys{
			seal:   derive(secret, "seal"),
			digest: derive(secret, "digest"),
			print:  derive(secret, "print"),
		}
	}
	if len(number) < MinSecret {
		return nil, fmt.Errorf("keys: the number secret has %d bytes, at least %d are needed", len(number), MinSecret)
	}
	k.number = derive(number, "number")
	return k, nil
}

// derive gives each purpose a key of its own (HKDF, RFC 5869).
func derive(secret []byte, purpose string) []byte {
	key, err := hkdf.Key(sha256.New, secret, nil, "countersign/"+purpose, sha256.Size)
	if err != nil {
		panic(err) // only for a length that HKDF cannot give
	}
	return key
}

// open returns the code of a challenge, from its seed.
func (k *Keys) open(version int, challenge string, seed []byte, n int) (Code, error) {
	key, ok := k.code[version]
	if !ok {
		return "", unknownVersion(version)
	}
	code, err := digits(&stream{key: key.seal, label: fields(challenge, string(seed))}, n)
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

// print returns the digest of the fields that must not change between retries.
func (k *Keys) print(version int, counting []string) ([]byte, error) {
	key, ok := k.code[version]
	if !ok {
		return nil, unknownVersion(version)
	}
	return mac(key.print, counting...), nil
}

// LedgerKey returns the key of a number's ledger: limits count per client and
// number, and the table does not show which number it is.
func (k *Keys) LedgerKey(client string, to Phone) string {
	return "N#" + base64.RawURLEncoding.EncodeToString(mac(k.number, client, to.E164()))
}

// SendID returns the short id under which the ledger counts the message of an
// authenticationId: long enough that the few dozen ids of one ledger never meet.
func SendID(authID string) string {
	sum := sha256.Sum256([]byte(authID))
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
		out = binary.BigEndian.AppendUint32(out, uint32(len(p)))
		out = append(out, p...)
	}
	return out
}
