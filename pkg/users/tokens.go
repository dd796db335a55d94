package users

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"net/url"
	"time"
	"unicode/utf8"

	"countersign/pkg/documents"
)

// token is a wallet token at rest. Its key holds its hash.
type token struct {
	User string `json:"user"`
	// Of is when its user was added. A user who gets the id of a removed user does
	// not get that user's tokens.
	Of      time.Time `json:"of"`
	Added   time.Time `json:"added"`
	Expires time.Time `json:"expires,omitzero"` // default: never
}

// maxToken is the length of the longest wallet token in the contract, in code points.
const maxToken = 128

func tokenKey(client, value string) string {
	sum := sha256.Sum256([]byte(value))
	return tokenPrefix + url.QueryEscape(client) + "#" + base64.RawURLEncoding.EncodeToString(sum[:])
}

func parseToken(text []byte) (token, error) {
	var t token
	if err := documents.Decode(text, &t); err != nil {
		return token{}, fmt.Errorf("the token's record cannot be read: %w", err)
	}
	return t, nil
}

// AddToken gives a user a wallet token that is valid until expires, or forever if
// expires is zero. Adding the token to the same user again changes its expiry. Tokens
// must be random, of 128 bits or more, because the table holds their hashes.
func (d Directory) AddToken(ctx context.Context, client, id, value string, expires time.Time) error {
	if n := utf8.RuneCountInString(value); n < 1 || n > maxToken {
		return named(client, id, fmt.Errorf("the token has %d characters, must have 1 to %d", n, maxToken))
	}
	if !expires.IsZero() && !d.Now().Before(expires) {
		return named(client, id, fmt.Errorf("the token would have expired on %s: give a later time, or none",
			expires.UTC().Format(time.RFC3339)))
	}
	return named(client, id, d.addToken(ctx, userKey(client, id), tokenKey(client, value), expires))
}

func (d Directory) addToken(ctx context.Context, userKey, tokenKey string, expires time.Time) error {
	user, err := d.user(ctx, userKey)
	if err != nil {
		return err
	}
	was, revision, err := d.Table.Get(ctx, tokenKey)
	if err != nil {
		return err
	}
	if revision != 0 {
		t, err := parseToken(was)
		if err != nil {
			return err
		}
		if t.User != user.ID {
			return fmt.Errorf("the token of another user: %w", documents.ErrExists)
		}
	}
	text, err := documents.Encode(token{User: user.ID, Of: user.Added, Added: d.now(), Expires: expires.UTC()})
	if err != nil {
		return err
	}
	ok, err := d.Table.Put(ctx, tokenKey, text, revision)
	if err == nil && !ok {
		err = errors.New("somebody else changed the token at the same time; try again")
	}
	return err
}

// RevokeToken removes a wallet token.
func (d Directory) RevokeToken(ctx context.Context, client, value string) error {
	if err := documents.Remove(ctx, d.Table, tokenKey(client, value)); err != nil {
		return fmt.Errorf("token of client %q: %w", client, err)
	}
	return nil
}
