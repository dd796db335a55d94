package clients

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"net/url"
	"time"
	"unicode/utf8"
)

// token is a wallet token at rest, under its hash.
type token struct {
	User string `json:"user"`
	// Of is when its user was added: whoever gets the id of a removed user does not
	// get that user's tokens.
	Of      time.Time `json:"of"`
	Added   time.Time `json:"added"`
	Expires time.Time `json:"expires,omitzero"` // never
}

// maxToken is the longest wallet token that the contract has, in code points.
const maxToken = 128

func tokenKey(client, value string) string {
	sum := sha256.Sum256([]byte(value))
	return tokenPrefix + url.QueryEscape(client) + "#" + base64.RawURLEncoding.EncodeToString(sum[:])
}

// parseToken reads a token as it lies in the table.
func parseToken(text []byte) (token, error) {
	var t token
	if err := decode(text, &t); err != nil {
		return token{}, fmt.Errorf("the token's record cannot be read: %w", err)
	}
	return t, nil
}

// AddToken gives a user a wallet token, which is good until expires, or for ever
// where that is zero. Adding it again to the same user changes when it expires.
// Tokens must be random, of 128 bits or more: a dump of the table has their hashes.
func (u Users) AddToken(ctx context.Context, client, id, value string, expires time.Time) error {
	if n := utf8.RuneCountInString(value); n < 1 || n > maxToken {
		return ofUser(client, id, fmt.Errorf("the token has %d characters, must have 1 to %d", n, maxToken))
	}
	if !expires.IsZero() && !u.Now().Before(expires) {
		return ofUser(client, id, fmt.Errorf("the token would have expired on %s: give a time to come, or none", expires.UTC().Format(time.RFC3339)))
	}
	return ofUser(client, id, u.addToken(ctx, userKey(client, id), tokenKey(client, value), expires))
}

func (u Users) addToken(ctx context.Context, userKey, tokenKey string, expires time.Time) error {
	text, revision, err := u.Table.Get(ctx, userKey)
	if err != nil || revision == 0 {
		return orNotFound(err)
	}
	user, err := parseUser(text)
	if err != nil {
		return err
	}
	was, revision, err := u.Table.Get(ctx, tokenKey)
	if err != nil {
		return err
	}
	if revision != 0 {
		t, err := parseToken(was)
		if err != nil {
			return err
		}
		if t.User != user.ID {
			return fmt.Errorf("the token of another user: %w", ErrExists)
		}
	}
	text, err = encode(token{User: user.ID, Of: user.Added, Added: u.now(), Expires: expires.UTC()})
	if err != nil {
		return err
	}
	ok, err := u.Table.Put(ctx, tokenKey, text, revision)
	if err == nil && !ok {
		err = errors.New("the token was changed by somebody else at this moment; try again")
	}
	return err
}

// RevokeToken removes a wallet token.
func (u Users) RevokeToken(ctx context.Context, client, value string) error {
	if err := remove(ctx, u.Table, tokenKey(client, value)); err != nil {
		return fmt.Errorf("token of client %q: %w", client, err)
	}
	return nil
}
