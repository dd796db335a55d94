package keyring

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"countersign/pkg/otp"
)

// far is the longest time before a version may come into force. A longer one is a typing
// error.
const far = 10 * 366 * 24 * time.Hour

// Used notes that something is stored under a version of a kind. Rotate gives no other key its number, also where the
// document is an older copy that lacks the version: what is stored would be read by the wrong key.
func (d *Document) Used(kind Kind, number int) {
	if d.used == nil {
		d.used = map[Kind]int{}
	}
	d.used[kind] = max(d.used[kind], number)
}

// Rotate adds a version of a kind and returns its number, the highest plus one, see [Document.Used]. The
// version comes into force at the time from, or at once if that is zero or has passed.
// The first version of a kind must be in force at once. Rotate reads secrets from random;
// RSA keys use the system's entropy, because crypto/rsa takes no other. After an error
// the document is unchanged.
//
// Processes that hold an older document fetch the new one when they meet the new version.
// For a Sign key leave clients time to learn its public half, see [Info].
func (d *Document) Rotate(kind Kind, from, now time.Time, random io.Reader) (int, error) {
	if !slices.Contains(Kinds(), kind) {
		return 0, fmt.Errorf("keyring: there is no such kind of key, the kinds are %v", Kinds())
	}
	v := &version{
		number: max(d.highest(kind), d.used[kind]) + 1, made: now.UTC().Truncate(time.Second), material: &material{},
	}
	if from.After(now) {
		v.from = from.UTC()
	}
	switch {
	case len(d.versions[kind]) == 0 && !v.from.IsZero():
		return 0, fmt.Errorf("keyring: the first %s key is in force at once: leave the time out", kind)
	case v.number > maxVersion:
		return 0, fmt.Errorf("keyring: %s versions end at %d", kind, maxVersion)
	case v.from.After(now.Add(far)):
		return 0, fmt.Errorf("keyring: %s is more than ten years ahead", v.from.Format(time.DateOnly))
	}
	if err := v.generate(kind, random); err != nil {
		return 0, err
	}
	if d.versions == nil {
		d.versions = map[Kind][]*version{}
	}
	d.versions[kind] = append(d.versions[kind], v)
	return v.number, nil
}

func (v *version) generate(kind Kind, random io.Reader) error {
	if !kind.isRSA() {
		secret := make([]byte, otp.MinSecret)
		if _, err := io.ReadFull(random, secret); err != nil {
			return fmt.Errorf("keyring: no entropy for a key: %w", err)
		}
		v.secret = base64.RawStdEncoding.EncodeToString(secret)
		return nil
	}
	key, err := rsa.GenerateKey(rand.Reader, minBits)
	if err != nil {
		return fmt.Errorf("keyring: %w", err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return errors.New("keyring: an RSA key cannot be written") // without err, which may quote the key
	}
	v.key = func() (*rsa.PrivateKey, error) { return key, nil }
	v.pem = string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
	return nil
}

// Retire removes a version. Values that it made can no longer be read. Retire refuses the
// version in force, and the newest version, whose number would be used a second time. A
// waiting version can be retired once there is a newer one.
func (d *Document) Retire(kind Kind, number int, now time.Time) error {
	all := d.versions[kind]
	switch {
	case d.find(kind, number) == nil:
		return fmt.Errorf("keyring: there is no %s key of version %d, there is %s", kind, number, numbers(all))
	case number == d.inForce(kind, now).number:
		return fmt.Errorf("keyring: %s version %d is in force: rotate, and retire it when the next one is in force",
			kind, number)
	case number == d.highest(kind):
		return fmt.Errorf("keyring: %s version %d is the newest, and its number must not be used twice: "+
			"rotate once more, and retire it then", kind, number)
	}
	d.versions[kind] = slices.DeleteFunc(slices.Clone(all), func(v *version) bool { return v.number == number })
	return nil
}

// Amend applies an edit to a document at rest. It returns the new document in the long
// form, or nil if the edit changed nothing. Stores of documents use it.
func Amend(text []byte, edit func(*Document) error) ([]byte, error) {
	d, err := Parse(text)
	if err != nil {
		return nil, err
	}
	before := d.AtRest()
	if err := edit(d); err != nil {
		return nil, err
	}
	after := d.AtRest()
	if string(after) == string(before) {
		return nil, nil
	}
	if _, err := Parse(after); err != nil { // it may have grown too long
		return nil, err
	}
	return after, nil
}
