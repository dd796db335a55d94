package keyring

import (
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/go-json-experiment/json"

	"countersign/pkg/otp"
)

const (
	// MaxSize of a document, in bytes, is the limit of Secrets Manager.
	MaxSize = 64 << 10
	// maxVersion leaves room for a rotation every second, for thirty years.
	maxVersion = 1_000_000_000
	minBits    = 2048
)

// Parse reads a document at rest. It is JSON of one of two forms:
//
//	{"code":[{"version":1,"made":"2026-11-22T06:00:00Z","secret":"..."},
//	         {"version":2,"made":"...","from":"...","secret":"..."}],
//	 "number":[...],"seal":[...],"pepper":[...],
//	 "sign":[{"version":1,"made":"...","key":"-----BEGIN PRIVATE KEY-----\n..."}],
//	 "encrypt":[...]}
//
// where all but code and number, made and from are optional, encrypt has the form of sign, and the
// short form
//
//	{"version":1,"secret":"..."}
//
// that template.yaml generates: one secret is the code, the number and the seal key of
// that version. A secret has at least 32 bytes, which are used as they are. A key is RSA
// of 2048 bits or more, in PKCS#8 and PEM.
//
// The error names the place of everything that is wrong, and quotes nothing.
func Parse(text []byte) (*Document, error) { return parse(text, &Document{}, false) }

// parse reads a document. It takes RSA keys that known already has from there, because
// reading one takes longer than all the rest. If lazy is set, Encrypt keys are read at
// their first use.
func parse(text []byte, known *Document, lazy bool) (*Document, error) {
	if len(text) > MaxSize {
		return nil, fmt.Errorf("keyring: the document has %d bytes, at most %d are allowed: retire old versions",
			len(text), MaxSize)
	}
	var top any
	object, ok := map[string]any(nil), json.Unmarshal(text, &top) == nil
	if ok {
		object, ok = top.(map[string]any)
	}
	if !ok {
		return nil, errors.New(`keyring: not JSON of the form ` +
			`{"code":[...],"number":[...],"seal":[...],"sign":[...],"pepper":[...],"encrypt":[...]} or ` +
			`{"version":1,"secret":"..."}, each name once`)
	}
	r := reader{doc: &Document{versions: map[Kind][]*version{}}, known: known, lazy: lazy}
	r.document(object)
	if len(r.problems) > 0 {
		return nil, errors.Join(r.problems...)
	}
	return r.doc, nil
}

// reader reads a document and collects its problems. It quotes no part of the document,
// not even names: in a wrong document a secret may be anywhere.
type reader struct {
	doc, known *Document
	lazy       bool
	problems   []error
}

func (r *reader) wrong(where, form string, args ...any) {
	r.problems = append(r.problems, fmt.Errorf("keyring: %s %s", where, fmt.Sprintf(form, args...)))
}

func (r *reader) document(top map[string]any) {
	_, version := top["version"]
	if _, secret := top["secret"]; version || secret {
		if v := r.entry("the short form", Code, top, "version", "secret"); v != nil {
			for _, kind := range []Kind{Code, Number, Seal} {
				r.doc.versions[kind] = append(r.doc.versions[kind], v)
			}
		}
		return
	}
	r.members("the document", top, kindNames()...)
	for _, kind := range Kinds() {
		value, ok := top[string(kind)]
		if ok {
			r.kind(kind, value)
		} else if kind == Code || kind == Number {
			r.wrong(string(kind), "is missing: there must be a %s key", kind)
		}
	}
}

func kindNames() (names []string) {
	for _, kind := range Kinds() {
		names = append(names, string(kind))
	}
	return names
}

func (r *reader) kind(kind Kind, value any) {
	list, ok := value.([]any)
	if !ok || len(list) == 0 {
		r.wrong(string(kind), "must be a list of one version or more")
		return
	}
	var all []*version
	for i, value := range list {
		where := fmt.Sprintf("%s[%d]", kind, i)
		object, ok := value.(map[string]any)
		if !ok {
			r.wrong(where, "must be an object")
			continue
		}
		v := r.entry(where, kind, object, "version", "made", "from", kind.member())
		if v == nil {
			continue
		}
		if slices.ContainsFunc(all, func(other *version) bool { return other.number == v.number }) {
			r.wrong(where, "is version %d once more", v.number)
		}
		all = append(all, v)
	}
	slices.SortFunc(all, func(a, b *version) int { return a.number - b.number })
	r.doc.versions[kind] = all
}

// member is the member of a version that has its secret.
func (k Kind) member() string {
	if k.isRSA() {
		return "key"
	}
	return "secret"
}

// entry reads a version. It returns nil if the version number is wrong.
func (r *reader) entry(where string, kind Kind, object map[string]any, allowed ...string) *version {
	member := kind.member()
	r.members(where, object, allowed...)
	v := &version{
		number: r.number(where, object["version"]),
		made:   r.time(where+".made", object, "made"),
		from:   r.time(where+".from", object, "from"),

		material: &material{},
	}
	text, ok := object[member].(string)
	switch {
	case !ok:
		r.wrong(where+"."+member, "must be a string")
	case kind.isRSA():
		v.pem = text
		v.key = r.key(where+".key", kind, v)
		if kind == Encrypt && r.lazy {
			break
		}
		if _, err := v.key(); err != nil {
			r.problems = append(r.problems, err)
		}
	case len(text) < otp.MinSecret:
		r.wrong(where+".secret", "has %d bytes, at least %d are needed", len(text), otp.MinSecret)
	default:
		v.secret = text
	}
	if v.number == 0 {
		return nil
	}
	return v
}

// members refuses unknown names.
func (r *reader) members(where string, object map[string]any, allowed ...string) {
	unknown := 0
	for name := range object {
		if !slices.Contains(allowed, name) {
			unknown++
		}
	}
	if unknown > 0 {
		r.wrong(where, "has %d unknown members, known are %s", unknown, strings.Join(allowed, ", "))
	}
}

func (r *reader) number(where string, value any) int {
	n, ok := value.(float64)
	if !ok || n < 1 || n > maxVersion || n != float64(int(n)) {
		r.wrong(where+".version", "must be a whole number of 1 or more")
		return 0
	}
	return int(n)
}

func (r *reader) time(where string, object map[string]any, name string) time.Time {
	value, ok := object[name]
	if !ok {
		return time.Time{}
	}
	text, _ := value.(string)
	t, err := time.Parse(time.RFC3339, text)
	if t = t.UTC(); err != nil || t.Year() < 2000 || t.Year() > 2199 { // within Unix nanoseconds
		r.wrong(where, `must be a time such as "2026-11-22T06:00:00Z", of the years 2000 to 2199`)
	}
	return t
}

// key returns how to read the key of a version.
func (r *reader) key(where string, kind Kind, v *version) func() (*rsa.PrivateKey, error) {
	if had := r.known.find(kind, v.number); had != nil && had.pem == v.pem {
		return had.key
	}
	text := v.pem
	return sync.OnceValues(func() (*rsa.PrivateKey, error) { return readKey(where, text) })
}

// readKey reads an RSA key. where is its place in the document.
func readKey(where, text string) (*rsa.PrivateKey, error) {
	block, rest := pem.Decode([]byte(text))
	if block == nil || block.Type != "PRIVATE KEY" || len(block.Headers) > 0 ||
		!strings.HasPrefix(text, "-----BEGIN") || strings.TrimSpace(string(rest)) != "" {
		return nil, fmt.Errorf(`keyring: %s must be one "PRIVATE KEY" in PEM and nothing else; `+
			`openssl pkcs8 -topk8 -nocrypt makes one of other forms`, where)
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	key, ok := parsed.(*rsa.PrivateKey)
	switch {
	case err != nil || !ok:
		return nil, fmt.Errorf("keyring: %s must be an RSA key in PKCS#8", where)
	case key.N.BitLen() < minBits:
		return nil, fmt.Errorf("keyring: %s has %d bits, at least %d are needed", where, key.N.BitLen(), minBits)
	}
	return key, nil
}
