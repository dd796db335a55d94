package otp

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Keys are the secrets outside the tables. Neither a dump of the tables nor the keys
// alone disclose a code or a number. Keys never change after [NewKeys], so they are
// safe for concurrent use.
type Keys struct {
	newest  int
	code    map[int]codeKeys
	numbers []numberKey // newest first
}

// codeKeys are the keys of one version, one for each purpose.
type codeKeys struct {
	codes, digest, fingerprint *macKey
	box                        cipher.AEAD
}

// numberKey is the key behind the keys of ledgers.
type numberKey struct {
	version int
	key     *macKey
	box     cipher.AEAD // for the labels of blocks
}

// Secrets are the secrets from which keys are derived, by version. Versions are 1 or
// more, and a higher one is newer.
type Secrets map[int][]byte

// MinSecret is the least length of a secret in bytes.
const MinSecret = 32

// NewKeys derives the keys. New challenges use the code secret of the version newest;
// the other code secrets are for older challenges. Messages are counted under every
// number secret, see [Keys.LedgerKeys].
func NewKeys(codes Secrets, newest int, numbers Secrets) (*Keys, error) {
	if _, ok := codes[newest]; !ok {
		return nil, fmt.Errorf("keys: the newest version is %d, and there is no code secret of that version", newest)
	}
	if len(numbers) == 0 {
		return nil, errors.New("keys: there is no number secret")
	}
	k := &Keys{newest: newest, code: map[int]codeKeys{}}
	for version, secret := range codes {
		if err := longEnough("code", version, secret); err != nil {
			return nil, err
		}
		k.code[version] = codeKeys{
			codes:       newMACKey(derive(secret, "seal")),
			digest:      newMACKey(derive(secret, "digest")),
			fingerprint: newMACKey(derive(secret, "print")),
			box:         newBox(derive(secret, "box")),
		}
	}
	for version, secret := range numbers {
		if err := longEnough("number", version, secret); err != nil {
			return nil, err
		}
		k.numbers = append(k.numbers, numberKey{
			version, newMACKey(derive(secret, "number")), newBox(derive(secret, "label")),
		})
	}
	slices.SortFunc(k.numbers, func(a, b numberKey) int { return b.version - a.version })
	return k, nil
}

func longEnough(kind string, version int, secret []byte) error {
	if len(secret) >= MinSecret {
		return nil
	}
	return fmt.Errorf("keys: the %s secret of version %d has %d bytes, at least %d are needed",
		kind, version, len(secret), MinSecret)
}

// Keyring provides the keys for one operation. It is safe for concurrent use.
type Keyring interface {
	// Keys returns the keys that are held now.
	Keys(ctx context.Context) *Keys
	// Newer returns the keys after an item had a code key version that the held keys
	// lack. It fetches them anew if that may help: another process may have seen a
	// rotation first.
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

// retired reports whether a version is not held and never will be again. A version
// newer than all held ones is not retired: it is not known here yet.
func (k *Keys) retired(version int) bool { return !k.holds(version) && version < k.newest }

// derive returns the key of one purpose (HKDF, RFC 5869).
func derive(secret []byte, purpose string) []byte {
	key, err := hkdf.Key(sha256.New, secret, nil, "countersign/"+purpose, sha256.Size)
	if err != nil {
		panic(err) // HKDF fails only for longer keys
	}
	return key
}

// generate returns the code of a challenge, from its seed and from what its message shows of a payment.
func (k *Keys) generate(version int, challenge string, seed []byte, n int, p Payment) (Code, error) {
	key, ok := k.code[version]
	if !ok {
		return "", unknownVersion(version)
	}
	label := fields(append([]string{challenge, string(seed)}, p.shown()...)...)
	code, err := digits(&stream{key: key.codes, label: label}, n)
	return Code(code), err
}

// digest returns the digest of a code that is stored, and ok false if there is no key
// of that version. The digest depends on the challenge and on the payment, so it is worth
// nothing in another one or for another payment.
func (k *Keys) digest(version int, challenge, code string, p Payment) (d []byte, ok bool) {
	key, ok := k.code[version]
	if !ok {
		return nil, false
	}
	return key.digest.of(p.with(challenge, code)...), true
}

// fingerprint returns the digest of the fields that must not change between retries.
func (k *Keys) fingerprint(version int, values []string) ([]byte, error) {
	key, ok := k.code[version]
	if !ok {
		return nil, unknownVersion(version)
	}
	return key.fingerprint.of(values...), nil
}

// newBox returns the cipher for numbers and chosen codes: AES-256 in GCM.
func newBox(key []byte) cipher.AEAD {
	block, err := aes.NewCipher(key)
	if err == nil {
		var box cipher.AEAD
		if box, err = cipher.NewGCM(block); err == nil {
			return box
		}
	}
	panic(err) // AES fails only for keys of another length
}

// encrypt encrypts the number of a challenge, its code if the client chose it, and its
// payment without the purpose, for a further message. The nonce is the seed, which is random and used for one text
// only. The text can be decrypted with the key of its own challenge alone.
func (k *Keys) encrypt(version int, challenge string, seed []byte, to Phone, chosen Code, p Payment) []byte {
	box := k.code[version].box
	text := []byte(to.E164() + " " + string(chosen) + p.pack())
	return box.Seal(nil, seed[:box.NonceSize()], text, []byte(challenge)) // #nosec G407 -- the seed is random
}

// decrypt is the opposite of encrypt.
func (k *Keys) decrypt(c Challenge) (to Phone, chosen Code, p Payment, err error) {
	key, ok := k.code[c.KeyVersion]
	if !ok {
		return "", "", p, unknownVersion(c.KeyVersion)
	}
	if len(c.Seed) < key.box.NonceSize() {
		return "", "", p, errEncrypted
	}
	text, err := key.box.Open(nil, c.Seed[:key.box.NonceSize()], c.Encrypted, []byte(c.Key))
	if err != nil {
		return "", "", p, errEncrypted
	}
	number, rest, _ := strings.Cut(string(text), " ")
	code, packed, pays := strings.Cut(rest, " ")
	if pays {
		p = unpack(packed)
	}
	return Phone(number), Code(code), p, nil
}

// codeOf returns the code of a challenge for a payment.
func (k *Keys) codeOf(c Challenge, p Payment) (Code, error) {
	if !c.Chosen {
		return k.generate(c.KeyVersion, c.Key, c.Seed, c.Digits, p)
	}
	_, code, _, err := k.decrypt(c)
	return code, err
}

// Scenarios returns the ids for a client's intent with a number, such as a login: one
// for each held version of the number key. Use the oldest, which comes first: every
// process holds it while the key is rotated. No caller can choose such an id.
func (k *Keys) Scenarios(client string, to Phone, intent string) []string {
	ids := make([]string, len(k.numbers))
	for i, n := range slices.Backward(k.numbers) {
		ids[len(ids)-1-i] = "\x00scenario\x00" + string(n.key.of("scenario", client, to.E164(), intent))
	}
	return ids
}

var errEncrypted = errors.New(
	"keys: the number of a challenge cannot be decrypted: the item or the code key of its version was changed")

// LedgerKeys returns the keys of the ledgers of a client and a number, newest first.
// They do not disclose the number. There is one for each held version of the number
// key, so that no limit is forgotten while the key is rotated.
func (k *Keys) LedgerKeys(client string, to Phone) []string {
	keys := make([]string, len(k.numbers))
	for i, n := range k.numbers {
		keys[i] = ledgerKey(n.key.of(client, to.E164()))
	}
	return keys
}

// SharedLedgerKeys returns the keys of the ledgers of a number that count the messages of
// all clients, newest first. No client's ledger has such a key, whatever its id.
func (k *Keys) SharedLedgerKeys(to Phone) []string {
	keys := make([]string, len(k.numbers))
	for i, n := range k.numbers {
		keys[i] = ledgerKey(n.key.of("all clients", to.E164(), "")) // a client's has two parts
	}
	return keys
}

func ledgerKey(digest []byte) string { return "N#" + base64.RawURLEncoding.EncodeToString(digest) }

// SendID returns the id under which a ledger counts one message. The first part names
// the challenge by its seed, the second one the call that sends the message, by its
// owner. So a request to the store that is repeated counts once, each further copy of
// a code counts anew, and the ledger shows that an earlier copy was counted. The id is
// short, but long enough that the few dozen ids of one ledger are never equal.
func SendID(seed []byte, owner string) string {
	challenge, call := sha256.Sum256(seed), sha256.Sum256([]byte(owner))
	return idOf(challenge[:8])[:challengePart] + idOf(call[:8])[:callPart]
}

// challengePart and callPart are the lengths of the parts of a [SendID].
const challengePart, callPart = 6, 5

func unknownVersion(version int) error {
	return fmt.Errorf(
		"keys: there is no code key of version %d: add it to the keyring or let its challenges expire", version)
}
