// Package users holds the people behind the wallet tokens of each client. It is the
// user directory of a deployment that has none of its own.
package users

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"time"

	"countersign/pkg/documents"
)

// Status of a user.
const (
	StatusActive  = "active"
	StatusBlocked = "blocked" // no codes are sent to the user, and none verify
)

// Directory finds users and their tokens in the table of the clients. Phone numbers
// are sealed. A token is stored as its SHA-256 hash, which is safe because wallet
// tokens are random.
//
// It keeps nothing in memory, so a change works at once. Its methods may be called
// concurrently, by several processes too. Errors wrap [documents.ErrNotFound] if a
// client, user or token does not exist.
type Directory struct {
	Table  documents.Table
	Sealer documents.Sealer
	Now    func() time.Time
}

// User is a user at rest.
type User struct {
	ID     string           `json:"id"`
	Status string           `json:"status"`
	Number documents.Sealed `json:"number,omitzero"`
	Mask   string           `json:"mask,omitempty"` // of the number, see [phone.Mask]
	Added  time.Time        `json:"added"`
}

// Prefix begins the keys of all users' documents.
const Prefix = "user#"

const tokenPrefix = "token#"

// Ids are escaped inside keys. An escaped id holds no "#", so keys are unambiguous.

// KeysOf returns the beginning of the keys of a client's users.
func KeysOf(client string) string { return Prefix + url.QueryEscape(client) + "#" }

// DocumentKey returns the key of a user's document.
func DocumentKey(client, user string) string { return KeysOf(client) + url.QueryEscape(user) }

// userOf returns the key of a user who belongs to the client of a token's key.
func userOf(tokenKey, user string) (key string, ok bool) {
	client, ok := clientOf(tokenKey)
	return DocumentKey(client, user), ok
}

// clientOf returns the client of a token's key.
func clientOf(tokenKey string) (client string, ok bool) {
	rest, ok := strings.CutPrefix(tokenKey, tokenPrefix)
	escaped, _, whole := strings.Cut(rest, "#")
	client, err := url.QueryUnescape(escaped)
	return client, ok && whole && err == nil
}

// Bound is the text that a user's number is sealed with. It keeps the number from
// being moved to another user.
func Bound(documentKey string) string { return documentKey + "#number" }

// ParseUser reads a user from its document.
func ParseUser(text []byte) (User, error) {
	var u User
	if err := documents.Decode(text, &u); err != nil {
		return User{}, fmt.Errorf("the user cannot be read: %w", err)
	}
	return u, nil
}

// Read reads the user under a [DocumentKey]. The error is [documents.ErrNotFound] if there is none.
func (d Directory) Read(ctx context.Context, key string) (User, error) {
	text, revision, err := d.Table.Get(ctx, key)
	if err == nil && revision == 0 {
		err = documents.ErrNotFound
	}
	if err != nil {
		return User{}, err
	}
	return ParseUser(text)
}

// Named adds the user's and the client's id to an error.
func Named(client, id string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("user %q of client %q: %w", id, client, err)
}
