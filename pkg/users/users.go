// Package users holds the people behind the wallet tokens of each client. It is the
// user directory of a deployment that has none of its own.
package users

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"countersign/pkg/clients"
	"countersign/pkg/documents"
	"countersign/pkg/phone"
)

// Status of a user.
const (
	StatusActive  = "active"
	StatusBlocked = "blocked" // no codes are sent to the user, and none verify
)

// Directory keeps users and their tokens in the table of the clients. Phone numbers
// are sealed. A token is stored as its SHA-256 hash, which is safe because wallet
// tokens are random.
//
// It keeps nothing in memory, so a change works at once. Its methods may be called
// concurrently, by several processes too. Errors wrap [documents.ErrNotFound] if a
// client, user or token does not exist, and [documents.ErrExists] if it already does.
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

const (
	userPrefix  = "user#"
	tokenPrefix = "token#"
)

// Ids are escaped inside keys. An escaped id holds no "#", so keys are unambiguous.
func keysOf(client string) string        { return userPrefix + url.QueryEscape(client) + "#" }
func userKey(client, user string) string { return keysOf(client) + url.QueryEscape(user) }

// userOf returns the key of a user who belongs to the client of a token's key.
func userOf(tokenKey, user string) (key string, ok bool) {
	client, ok := clientOf(tokenKey)
	return userKey(client, user), ok
}

// clientOf returns the client of a token's key.
func clientOf(tokenKey string) (client string, ok bool) {
	rest, ok := strings.CutPrefix(tokenKey, tokenPrefix)
	escaped, _, whole := strings.Cut(rest, "#")
	client, err := url.QueryUnescape(escaped)
	return client, ok && whole && err == nil
}

// bound is the text that a user's number is sealed with. It keeps the number from
// being moved to another user.
func bound(userKey string) string { return userKey + "#number" }

func parseUser(text []byte) (User, error) {
	var u User
	if err := documents.Decode(text, &u); err != nil {
		return User{}, fmt.Errorf("the user cannot be read: %w", err)
	}
	return u, nil
}

// user reads the user under a key. The error is [documents.ErrNotFound] if there is none.
func (d Directory) user(ctx context.Context, key string) (User, error) {
	text, revision, err := d.Table.Get(ctx, key)
	if err == nil && revision == 0 {
		err = documents.ErrNotFound
	}
	if err != nil {
		return User{}, err
	}
	return parseUser(text)
}

// Add adds a user to a client, who must exist. The number has the form of
// [phone.Split], such as "60-6543216353", or is "" for a user without one.
func (d Directory) Add(ctx context.Context, client, id, number string) error {
	if !clients.ValidID(id) {
		return named(client, id, errors.New("its id must be 1 to 64 characters, none of them a control character"))
	}
	if _, _, ok := phone.Split(number); !ok && number != "" {
		return named(client, id, errors.New(
			`its number must be a calling code, a hyphen and 4 to 14 digits, such as "60-6543216353"`))
	}
	_, revision, err := d.Table.Get(ctx, clients.DocumentKey(client))
	if err == nil && revision == 0 {
		err = documents.ErrNotFound
	}
	if err != nil {
		return clients.Named(client, err)
	}
	text, err := d.encode(ctx, client, id, number)
	if err == nil {
		err = documents.Add(ctx, d.Table, userKey(client, id), text)
	}
	return named(client, id, err)
}

// encode returns the document of a new user.
func (d Directory) encode(ctx context.Context, client, id, number string) ([]byte, error) {
	user := User{ID: id, Status: StatusActive, Mask: mask(number), Added: d.now()}
	if number != "" {
		sealed, err := d.Sealer.Seal(ctx, []byte(number), bound(userKey(client, id)))
		if err != nil {
			return nil, fmt.Errorf("seal the number: %w", err)
		}
		user.Number = documents.Sealed(sealed)
	}
	return documents.Encode(user)
}

// Block makes init and verify report an abnormal user status, until
// [Directory.Unblock].
func (d Directory) Block(ctx context.Context, client, id string) error {
	return d.setStatus(ctx, client, id, StatusBlocked)
}

// Unblock undoes [Directory.Block].
func (d Directory) Unblock(ctx context.Context, client, id string) error {
	return d.setStatus(ctx, client, id, StatusActive)
}

func (d Directory) setStatus(ctx context.Context, client, id, status string) error {
	return named(client, id, documents.Edit(ctx, d.Table, userKey(client, id), func(text []byte) ([]byte, error) {
		user, err := parseUser(text)
		if err != nil {
			return nil, err
		}
		user.Status = status
		return documents.Encode(user)
	}))
}

// Remove removes a user. The user's tokens remain and have the standing [NoUser],
// even if another user gets the same id later.
func (d Directory) Remove(ctx context.Context, client, id string) error {
	return named(client, id, documents.Remove(ctx, d.Table, userKey(client, id)))
}

// List returns a client's users in the order of their keys. It leaves out users that
// cannot be read, and its error names them.
func (d Directory) List(ctx context.Context, client string) (all []User, err error) {
	var broken []error
	err = d.Table.List(ctx, keysOf(client), func(key string, text []byte, _ int64) error {
		user, err := parseUser(text)
		if err != nil {
			broken = append(broken, fmt.Errorf("%s: %w", key, err))
			return nil
		}
		all = append(all, user)
		return nil
	})
	return all, errors.Join(append(broken, err)...)
}

// Reseal seals the numbers of all clients' users again, under the newest key of the
// sealer, so that older keys can be retired. It returns the number of changed users.
// It skips a user that fails, and its error names each of them.
func (d Directory) Reseal(ctx context.Context) (changed int, err error) {
	return documents.ResealAll(ctx, d.Table, userPrefix, d.reseal)
}

func (d Directory) reseal(ctx context.Context, key string, text []byte) ([]byte, error) {
	u, err := parseUser(text)
	if err != nil || u.Number == "" {
		return text, err
	}
	if err := u.Number.Reseal(ctx, d.Sealer, bound(key)); err != nil {
		return nil, fmt.Errorf("number: %w", err)
	}
	return documents.Encode(u)
}

// now returns the time in the precision of documents.
func (d Directory) now() time.Time { return d.Now().UTC().Truncate(time.Millisecond) }

// named adds the user's and the client's id to an error.
func named(client, id string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("user %q of client %q: %w", id, client, err)
}
