package documents

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Sealer encrypts values that a dump of the table must not show. It is safe for
// concurrent use. [countersign/pkg/keyring.Ring] is one.
type Sealer interface {
	// Seal encrypts plain under the newest key and binds it to bound.
	Seal(ctx context.Context, plain []byte, bound string) (string, error)
	// Open decrypts a value that was sealed with the same bound under a key that
	// the sealer still holds.
	Open(ctx context.Context, sealed, bound string) ([]byte, error)
}

// Sealed is a value encrypted by a [Sealer]. It formats, logs and marshals as the
// word "sealed", so that no listing shows it. Only [Encode] writes the value.
type Sealed string

// SealedWord is the text that listings show for every sealed value.
const SealedWord = "sealed"

func (s Sealed) String() string               { return SealedWord }
func (s Sealed) Format(f fmt.State, _ rune)   { fmt.Fprint(f, SealedWord) }
func (s Sealed) LogValue() slog.Value         { return slog.StringValue(SealedWord) }
func (s Sealed) MarshalText() ([]byte, error) { return []byte(SealedWord), nil }

// Digest is the digest of a credential, in hex. It formats, logs and marshals as its
// fingerprint, so that no listing shows it whole. Only [Encode] writes the value.
type Digest string

// fingerprint is the number of characters of a digest that listings show.
const fingerprint = 8

// Fingerprint returns the beginning of the digest, by which people name a credential.
func (d Digest) Fingerprint() string { return string(d[:min(len(d), fingerprint)]) }

func (d Digest) String() string               { return d.Fingerprint() }
func (d Digest) Format(f fmt.State, _ rune)   { fmt.Fprint(f, d.Fingerprint()) }
func (d Digest) LogValue() slog.Value         { return slog.StringValue(d.Fingerprint()) }
func (d Digest) MarshalText() ([]byte, error) { return []byte(d.Fingerprint()), nil }

// Encode returns v as a document: indented JSON, with sealed values and digests in full.
func Encode(v any) ([]byte, error) {
	inFull := json.JoinMarshalers(
		json.MarshalToFunc(func(e *jsontext.Encoder, s Sealed) error {
			return e.WriteToken(jsontext.String(string(s)))
		}),
		json.MarshalToFunc(func(e *jsontext.Encoder, d Digest) error {
			return e.WriteToken(jsontext.String(string(d)))
		}),
	)
	return json.Marshal(v, json.WithMarshalers(inFull), jsontext.WithIndent("  "))
}

// Decode reads a document into v. A member that is unknown, misspelled or repeated
// is an error.
func Decode(text []byte, v any) error {
	return json.Unmarshal(text, v, json.RejectUnknownMembers(true))
}
