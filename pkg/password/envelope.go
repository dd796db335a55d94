package password

import (
	"context"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"log/slog"
	"strings"
)

// Algorithm is how callers encrypt a password: RSAES-OAEP with SHA-256 for the label and for MGF1 (RFC 8017). The plain
// text is the authenticationId of the challenge, a full stop and the password, so that a captured value is of no use
// for another challenge.
const Algorithm = "RSA-OAEP-256"

// ChallengeKey is what a caller needs to encrypt a password.
type ChallengeKey struct {
	Algorithm  string `json:"algorithm"`
	KeyVersion string `json:"keyVersion"`
	PublicKey  string `json:"publicKey"` // base64 of the DER form of SubjectPublicKeyInfo
}

// ChallengeKey returns the key in force, the zero value if there is none.
func (a *Accounts) ChallengeKey(ctx context.Context) ChallengeKey {
	version, key := a.Keys.Encryption(ctx)
	if key == nil {
		return ChallengeKey{}
	}
	der, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	if err != nil {
		return ChallengeKey{} // cannot happen with RSA
	}
	return ChallengeKey{Algorithm, version, base64.StdEncoding.EncodeToString(der)}
}

// Sealed is a password as a caller sends it.
type Sealed struct {
	AuthID     string // of the challenge that it is encrypted for
	Value      string // base64, or the password where it may be in clear
	KeyVersion string // of the key that it is encrypted to; "" for the one in force
	Clear      bool   // the client may send passwords in clear
}

// Sealed formats and logs as stars, since its value can be a password.
func (s Sealed) String() string               { return stars }
func (s Sealed) Format(f fmt.State, _ rune)   { fmt.Fprint(f, stars) }
func (s Sealed) LogValue() slog.Value         { return slog.StringValue(stars) }
func (s Sealed) MarshalText() ([]byte, error) { return []byte(stars), nil }

// inClear reports whether the value is the password itself: no ciphertext is as short as a password.
func (s Sealed) inClear() bool { return s.Clear && len(s.Value) < minCipher }

// minCipher is the length in base64 of what the shortest RSA key encrypts, of 2048 bits.
const minCipher = 344

// Encrypted returns the value if it is encrypted, else "".
func (s Sealed) Encrypted() string {
	if s.inClear() {
		return ""
	}
	return s.Value
}

// Decrypt returns the password, or the field of the request and the rule that it breaks.
func (a *Accounts) Decrypt(ctx context.Context, s Sealed) (password Clear, field, rule string) {
	if s.inClear() {
		return Clear(s.Value), "", ""
	}
	var key *rsa.PrivateKey
	if s.KeyVersion == "" {
		_, key = a.Keys.Encryption(ctx)
	} else {
		key = a.Keys.EncryptionOf(ctx, s.KeyVersion)
	}
	if key == nil {
		return "", "keyVersion", "must be that of a challengeKey that is not retired"
	}
	const garbled = "must be the base64 of " + Algorithm + " over authenticationId, a full stop and the password"
	box, err := base64.StdEncoding.Strict().DecodeString(s.Value)
	// RFC 8017 takes a ciphertext of the key's length only; crypto/rsa takes one without its leading zeros too.
	if err != nil || len(box) != key.Size() || strings.ContainsAny(s.Value, "\r\n") {
		return "", "passwordValue", garbled
	}
	plain, err := rsa.DecryptOAEP(sha256.New(), nil, key, box, nil)
	text, bound := strings.CutPrefix(string(plain), s.AuthID+".")
	if err != nil || !bound {
		return "", "passwordValue", garbled
	}
	return Clear(text), "", ""
}
