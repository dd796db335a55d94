package documents

import (
	"bytes"
	"context"
	"errors"
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

// Reseal encrypts a value again, under the newest key of the sealer.
func (s *Sealed) Reseal(ctx context.Context, sealer Sealer, bound string) error {
	plain, err := sealer.Open(ctx, string(*s), bound)
	if err != nil {
		return err
	}
	sealed, err := sealer.Seal(ctx, plain, bound)
	*s = Sealed(sealed)
	return err
}

// ResealAll edits every document under a prefix and returns how many it changed.
// reseal returns the text of one document with its values sealed again, or the same
// text if it holds none. ResealAll skips a document that fails, continues with the
// rest, and returns the errors of all that failed.
func ResealAll(
	ctx context.Context, t Table, prefix string,
	reseal func(ctx context.Context, key string, text []byte) ([]byte, error),
) (changed int, err error) {
	keys, err := keysUnder(ctx, t, prefix)
	errs := []error{err}
	for _, key := range keys {
		did := false
		err := Edit(ctx, t, key, func(text []byte) ([]byte, error) {
			got, err := reseal(ctx, key, text)
			did = !bytes.Equal(got, text)
			return got, err
		})
		switch {
		case errors.Is(err, ErrNotFound): // removed meanwhile
		case err != nil:
			errs = append(errs, fmt.Errorf("%s: %w", key, err))
		case did:
			changed++
		}
	}
	return changed, errors.Join(errs...)
}

// keysUnder collects the keys first: a table need not support writes during List.
func keysUnder(ctx context.Context, t Table, prefix string) (keys []string, err error) {
	err = t.List(ctx, prefix, func(key string, _ []byte, _ int64) error {
		keys = append(keys, key)
		return nil
	})
	return keys, err
}
