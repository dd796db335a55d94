package functions

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"countersign/pkg/documents"
	"countersign/pkg/dynamostore"
	"countersign/pkg/dynamostore/dynamotest"
	"countersign/pkg/otp"
	"countersign/pkg/password"
)

// passwordInit is the sample that asks for a password.
const passwordInit = "init-direct-password"

// ofPassword reports whether a sample is about a number that has a password.
func ofPassword(name string) bool { return strings.Contains(name, "-password") }

// beforeOf is the init that comes before the sample of a verify or a trigger.
func beforeOf(name string) string {
	if ofPassword(name) {
		return passwordInit
	}
	return "init-http-api"
}

// emptyPasswords removes all passwords, and all challenges by which they were set.
func emptyPasswords(t *testing.T, table documents.Table) {
	t.Helper()
	keys := map[string]int64{}
	list := func(key string, _ []byte, revision int64) error {
		keys[key] = revision
		return nil
	}
	if err := table.List(t.Context(), password.Prefix, list); err != nil {
		t.Fatal(err)
	}
	for key, revision := range keys {
		if _, err := table.Delete(t.Context(), key, revision); err != nil {
			t.Fatal(err)
		}
	}
}

// setPIN sets the payment password of the number in the samples, which has none.
func setPIN(t *testing.T, accounts *password.Accounts) {
	t.Helper()
	got, err := accounts.Set(t.Context(), password.Setting{
		Client: "demo", To: "+606543216353", Kind: password.Payment, Password: "482915",
	})
	if err != nil || got != otp.PasswordSet {
		t.Fatal(got, err)
	}
}

// passwords leaves the number in the samples with a payment password, or with none.
func (b *binaries) passwords(t *testing.T, one bool) {
	t.Helper()
	table := dynamostore.NewDocuments(dynamotest.Client(t, nil), os.Getenv("COUNTERSIGN_CLIENTS_TABLE"))
	emptyPasswords(t, table)
	if one {
		setPIN(t, password.New(table, b.Keys, b.Keys, time.Now, rand.Reader))
	}
}

var encryptedPassword = regexp.MustCompile(`(passwordValue[\\": ]+)([A-Za-z0-9+/]{342}==)`)

// resealed encrypts the password in an event to the key of the binaries, with other ids in it.
func (b *binaries) resealed(t *testing.T, event []byte, pairs map[string]string) []byte {
	t.Helper()
	return encryptedPassword.ReplaceAllFunc(event, func(found []byte) []byte {
		parts := encryptedPassword.FindSubmatch(found)
		box, err := base64.StdEncoding.DecodeString(string(parts[2]))
		if err != nil {
			t.Fatal(err)
		}
		text, err := rsa.DecryptOAEP(sha256.New(), nil, testKey(t), box, nil)
		if err != nil {
			t.Fatal("a password in the samples must be encrypted to ams-test-server.pub.pem: ", err)
		}
		_, key := b.Keys.Encryption(t.Context())
		box, err = rsa.EncryptOAEP(sha256.New(), rand.Reader, &key.PublicKey, replaced(text, pairs), nil)
		if err != nil {
			t.Fatal(err)
		}
		return append(parts[1], base64.StdEncoding.EncodeToString(box)...)
	})
}

// heldKeys are the keys of passwords in the samples.
type heldKeys struct{ key *rsa.PrivateKey }

func (heldKeys) Pepper(context.Context) (int, []byte)                   { return 1, []byte(strings.Repeat("p", 32)) }
func (heldKeys) PepperOf(context.Context, int) []byte                   { return []byte(strings.Repeat("p", 32)) }
func (k heldKeys) Encryption(context.Context) (string, *rsa.PrivateKey) { return "1", k.key }
func (k heldKeys) EncryptionOf(context.Context, string) *rsa.PrivateKey { return k.key }

// plain is a sealer that seals nothing.
type plain struct{}

func (plain) Seal(_ context.Context, text []byte, _ string) (string, error) {
	return base64.StdEncoding.EncodeToString(text), nil
}

func (plain) Open(_ context.Context, sealed, _ string) ([]byte, error) {
	return base64.StdEncoding.DecodeString(sealed)
}

// TestSamplesOfPasswords: the passwords in the samples are encrypted for their challenge, and are as long as those of
// any other key of this size.
func TestSamplesOfPasswords(t *testing.T) {
	n := 0
	for _, s := range samples(t) {
		for _, parts := range encryptedPassword.FindAllSubmatch(read(t, s.name+".json"), -1) {
			n++
			box, _ := base64.StdEncoding.DecodeString(string(parts[2]))
			text, err := rsa.DecryptOAEP(sha256.New(), nil, testKey(t), box, nil)
			id, _, _ := strings.Cut(string(text), ".")
			if err != nil || !otp.IsAuthID(id) || !strings.Contains(string(read(t, s.name+".json")), id) {
				t.Errorf("%s: %v, the password is for the challenge %q", s.name, err, id)
			}
		}
	}
	if n < 8 {
		t.Errorf("%d passwords, want 8 or more", n)
	}
}
