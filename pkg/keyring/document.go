package keyring

import (
	"crypto/rsa"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
)

// Kind is the purpose of a key.
type Kind string

// A document has at least a code key and a number key.
const (
	// Code keys derive the codes, digests and fingerprints of challenges.
	Code Kind = "code"
	// Number keys name the ledgers of numbers. A number is counted under every
	// version. Retire a version one day after the next one was made, or later, and no
	// limit is forgotten.
	Number Kind = "number"
	// Seal keys encrypt secrets of clients and numbers of users in tables. A value
	// stays sealed under the version that sealed it: seal it again before that
	// version is retired, or it is lost.
	Seal Kind = "seal"
	// Sign keys are RSA keys that sign the answers. Clients need the public half
	// before the key is in force.
	Sign Kind = "sign"
	// Pepper keys are taken into the digests of passwords. A password has the pepper of the
	// time at which it was set or last typed: a version can be retired once nobody has one of
	// it who is to keep it.
	Pepper Kind = "pepper"
	// Encrypt keys are RSA keys to which merchants encrypt passwords on their way. They
	// fetch the public half with each challenge.
	Encrypt Kind = "encrypt"
)

// isRSA reports whether the keys of a kind are RSA keys, and not secrets.
func (k Kind) isRSA() bool { return k == Sign || k == Encrypt }

// Kinds returns all kinds, in the order of lists.
func Kinds() []Kind { return []Kind{Code, Number, Seal, Sign, Pepper, Encrypt} }

// Document is a keyring at rest, read by [Parse]. It holds secrets, so it formats and
// logs as its version numbers alone. It must not be changed while others use it.
type Document struct {
	versions map[Kind][]*version // oldest first
	used     map[Kind]int        // see Used
}

// version is a version of a key. Nobody changes it after it is made.
type version struct {
	number int
	made   time.Time // zero: unknown
	from   time.Time // when it comes into force; zero: always was
	*material
}

// material is the secret part of a version. It is two pointers away from a document,
// because package fmt prints through one pointer at most, whatever struct holds it.
type material struct {
	secret string // of all kinds that are not RSA keys
	pem    string // of an RSA key
	// key reads the RSA key in pem, once. It is nil for other kinds.
	key func() (*rsa.PrivateKey, error)
}

// inForce returns the version that writes or signs: the newest whose time has come. If
// no version's time has come, it is the oldest, because clocks differ and a machine must
// not be left without a key. It is nil without versions.
func (d *Document) inForce(kind Kind, now time.Time) *version {
	all := d.versions[kind]
	for _, v := range slices.Backward(all) {
		if !v.from.After(now) {
			return v
		}
	}
	if len(all) == 0 {
		return nil
	}
	return all[0]
}

// highest returns the highest version number, 0 without versions.
func (d *Document) highest(kind Kind) int {
	all := d.versions[kind]
	if len(all) == 0 {
		return 0
	}
	return all[len(all)-1].number
}

func (d *Document) find(kind Kind, number int) *version {
	for _, v := range d.versions[kind] {
		if v.number == number {
			return v
		}
	}
	return nil
}

func (d *Document) clone() *Document {
	c := &Document{versions: maps.Clone(d.versions), used: maps.Clone(d.used)}
	for kind, all := range c.versions {
		c.versions[kind] = slices.Clone(all)
	}
	return c
}

// whole is the document as JSON. An entry is a version in it.
type whole struct {
	Code    []entry `json:"code"`
	Number  []entry `json:"number"`
	Seal    []entry `json:"seal,omitempty"`
	Sign    []entry `json:"sign,omitempty"`
	Pepper  []entry `json:"pepper,omitempty"`
	Encrypt []entry `json:"encrypt,omitempty"`
}

type entry struct {
	Version int       `json:"version"`
	Made    time.Time `json:"made,omitzero"`
	From    time.Time `json:"from,omitzero"`
	Secret  string    `json:"secret,omitempty"`
	Key     string    `json:"key,omitempty"`
}

// AtRest returns the document as it is stored: one line of JSON with all secrets, in the
// long form that [Parse] reads.
func (d *Document) AtRest() []byte {
	entries := func(kind Kind) (out []entry) {
		for _, v := range d.versions[kind] {
			out = append(out, entry{v.number, v.made, v.from, v.secret, v.pem})
		}
		return out
	}
	text, err := json.Marshal(whole{
		entries(Code), entries(Number), entries(Seal), entries(Sign), entries(Pepper), entries(Encrypt),
	})
	if err != nil {
		panic("keyring: a document that was read cannot be written") // without err, which may quote a secret
	}
	return append(text, '\n')
}

// String names the versions, such as "code 1 2, number 1, seal 1, sign 1".
func (d Document) String() string {
	var kinds []string
	for _, kind := range Kinds() {
		if all := d.versions[kind]; len(all) > 0 {
			kinds = append(kinds, fmt.Sprint(kind, " ", numbers(all)))
		}
	}
	return strings.Join(kinds, ", ")
}

// Format writes String, whatever the verb.
func (d Document) Format(f fmt.State, _ rune) { fmt.Fprint(f, d.String()) }

// LogValue is String.
func (d Document) LogValue() slog.Value { return slog.StringValue(d.String()) }

func numbers(all []*version) string {
	var out []string
	for _, v := range all {
		out = append(out, fmt.Sprint(v.number))
	}
	return strings.Join(out, " ")
}
