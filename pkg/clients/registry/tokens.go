package registry

import (
	"context"
	"errors"
	"fmt"
	"time"
	"unicode/utf8"

	"countersign/pkg/documents"
	"countersign/pkg/users"
)

// maxToken is the length of the longest wallet token in the contract, in code points.
const maxToken = 128

// AddToken gives a user a wallet token that is valid until expires, or forever if
// expires is zero. Adding the token to the same user again changes its expiry. Tokens
// must be random, of 128 bits or more, because the table holds their hashes.
func (d Users) AddToken(ctx context.Context, client, id, value string, expires time.Time) error {
	if n := utf8.RuneCountInString(value); n < 1 || n > maxToken {
		return users.Named(client, id, fmt.Errorf("the token has %d characters, must have 1 to %d", n, maxToken))
	}
	if !expires.IsZero() && !d.Now().Before(expires) {
		return users.Named(client, id, fmt.Errorf("the token would have expired on %s: give a later time, or none",
			expires.UTC().Format(time.RFC3339)))
	}
	err := d.addToken(ctx, users.DocumentKey(client, id), users.TokenKey(client, value), expires)
	return users.Named(client, id, err)
}

func (d Users) addToken(ctx context.Context, userKey, tokenKey string, expires time.Time) error {
	user, err := d.Read(ctx, userKey)
	if err != nil {
		return err
	}
	was, revision, err := d.Table.Get(ctx, tokenKey)
	if err != nil {
		return err
	}
	if revision != 0 {
		t, err := users.ParseToken(was)
		if err != nil {
			return err
		}
		if t.User != user.ID {
			return fmt.Errorf("the token of another user: %w", documents.ErrExists)
		}
	}
	text, err := documents.Encode(users.Token{User: user.ID, Of: user.Added, Added: d.now(), Expires: expires.UTC()})
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
func (d Users) RevokeToken(ctx context.Context, client, value string) error {
	if err := documents.Remove(ctx, d.Table, users.TokenKey(client, value)); err != nil {
		return fmt.Errorf("token of client %q: %w", client, err)
	}
	return nil
}
