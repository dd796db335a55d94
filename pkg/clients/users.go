package clients

import (
	"context"
	"errors"
	"fmt"
	"time"

	"countersign/pkg/phone"
)

// Users are the people behind the wallet tokens of each client, kept in the table
// of the [Registry]: the directory of a deployment that brings none of its own. A
// number is sealed; a token is found by its SHA-256, which tells nothing because
// wallet tokens are random.
//
// It keeps nothing in memory, so a change works at once. Its methods may be called
// concurrently, by several processes too. Errors of names that are not there, or
// already are, wrap [ErrNotFound] and [ErrExists].
type Users struct {
	Table  Table
	Sealer Sealer
	Now    func() time.Time
}

// User is a user at rest.
type User struct {
	ID     string    `json:"id"`
	Status string    `json:"status"` // active or blocked
	Number Sealed    `json:"number,omitzero"`
	Mask   string    `json:"mask,omitempty"` // of the number, see [phone.Mask]
	Added  time.Time `json:"added"`
}

// parseUser reads a user as it lies in the table.
func parseUser(text []byte) (User, error) {
	var u User
	if err := decode(text, &u); err != nil {
		return User{}, fmt.Errorf("the user cannot be read: %w", err)
	}
	return u, nil
}

// numberBound ties a sealed number to its user.
func numberBound(userKey string) string { return userKey + "#number" }

// AddUser adds a user of a client, who must be there. The number is in the form
// of [phone.Split], such as "60-6543216353", or "" for a user who has none.
func (u Users) AddUser(ctx context.Context, client, id, number string) error {
	if !ValidID(id) {
		return ofUser(client, id, errors.New("its id must be 1 to 64 characters, none of them a control character"))
	}
	if _, _, ok := phone.Split(number); !ok && number != "" {
		return ofUser(client, id, errors.New(`its number must be a calling code, a hyphen and 4 to 14 digits, such as "60-6543216353"`))
	}
	if _, revision, err := u.Table.Get(ctx, clientKey(client)); err != nil || revision == 0 {
		return named(client, orNotFound(err))
	}
	text, err := u.write(ctx, client, id, number)
	if err == nil {
		err = add(ctx, u.Table, userKey(client, id), text)
	}
	return ofUser(client, id, err)
}

// write returns the text of a new user.
func (u Users) write(ctx context.Context, client, id, number string) ([]byte, error) {
	user := User{ID: id, Status: StatusActive, Mask: mask(number), Added: u.now()}
	if number != "" {
		sealed, err := u.Sealer.Seal(ctx, []byte(number), numberBound(userKey(client, id)))
		if err != nil {
			return nil, fmt.Errorf("seal the number: %w", err)
		}
		user.Number = Sealed(sealed)
	}
	return encode(user)
}

// Block makes init and verify answer that the user's status is abnormal, until
// [Users.Unblock].
func (u Users) Block(ctx context.Context, client, id string) error {
	return u.set(ctx, client, id, StatusBlocked)
}

// Unblock undoes [Users.Block].
func (u Users) Unblock(ctx context.Context, client, id string) error {
	return u.set(ctx, client, id, StatusActive)
}

func (u Users) set(ctx context.Context, client, id, status string) error {
	return ofUser(client, id, edit(ctx, u.Table, userKey(client, id), func(text []byte) ([]byte, error) {
		user, err := parseUser(text)
		if err != nil {
			return nil, err
		}
		user.Status = status
		return encode(user)
	}))
}

// Remove removes a user. The tokens stay, and answer that their user is gone, also
// when another user gets the id.
func (u Users) Remove(ctx context.Context, client, id string) error {
	return ofUser(client, id, remove(ctx, u.Table, userKey(client, id)))
}

// List returns a client's users in the order of their keys. Those that cannot be
// read are left out, and the error tells them.
func (u Users) List(ctx context.Context, client string) (all []User, err error) {
	var broken []error
	err = u.Table.List(ctx, usersOf(client), func(key string, text []byte, _ int64) error {
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

// now is a time as documents keep it.
func (u Users) now() time.Time { return u.Now().UTC().Truncate(time.Millisecond) }

// ofUser says which user an error is about.
func ofUser(client, id string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("user %q of client %q: %w", id, client, err)
}

// orNotFound is the error of a read that found nothing.
func orNotFound(err error) error {
	if err == nil {
		return ErrNotFound
	}
	return err
}
