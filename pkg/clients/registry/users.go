package registry

import (
	"context"
	"errors"
	"fmt"
	"time"

	"countersign/pkg/clients"
	"countersign/pkg/documents"
	"countersign/pkg/phone"
	"countersign/pkg/users"
)

// Users changes users and their tokens for the operator. Errors wrap [documents.ErrNotFound] if a client, user or token
// does not exist, and [documents.ErrExists] if it already does.
type Users struct{ users.Directory }

// Add adds a user to a client, who must exist. The number has the form of
// [phone.Split], such as "60-6543216353", or is "" for a user without one.
func (d Users) Add(ctx context.Context, client, id, number string) error {
	if !clients.ValidID(id) {
		return users.Named(client, id, errors.New(
			"its id must be 1 to 64 characters, none of them a control character"))
	}
	if _, _, ok := phone.Split(number); !ok && number != "" {
		return users.Named(client, id, errors.New(
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
		err = documents.Add(ctx, d.Table, users.DocumentKey(client, id), text)
	}
	return users.Named(client, id, err)
}

// encode returns the document of a new user.
func (d Users) encode(ctx context.Context, client, id, number string) ([]byte, error) {
	user := users.User{ID: id, Status: users.StatusActive, Added: d.now()}
	if number != "" {
		sealed, err := d.Sealer.Seal(ctx, []byte(number), users.Bound(users.DocumentKey(client, id)))
		if err != nil {
			return nil, fmt.Errorf("seal the number: %w", err)
		}
		cc, national, _ := phone.Split(number)
		user.Number, user.Mask = documents.Sealed(sealed), phone.Mask(cc, national)
	}
	return documents.Encode(user)
}

// Block makes init and verify report an abnormal user status, until
// [Users.Unblock].
func (d Users) Block(ctx context.Context, client, id string) error {
	return d.setStatus(ctx, client, id, users.StatusBlocked)
}

// Unblock undoes [Users.Block].
func (d Users) Unblock(ctx context.Context, client, id string) error {
	return d.setStatus(ctx, client, id, users.StatusActive)
}

func (d Users) setStatus(ctx context.Context, client, id, status string) error {
	err := documents.Edit(ctx, d.Table, users.DocumentKey(client, id), func(text []byte) ([]byte, error) {
		user, err := users.ParseUser(text)
		if err != nil {
			return nil, err
		}
		user.Status = status
		return documents.Encode(user)
	})
	return users.Named(client, id, err)
}

// Remove removes a user. The user's tokens remain and have the standing [users.NoUser],
// even if another user gets the same id later.
func (d Users) Remove(ctx context.Context, client, id string) error {
	return users.Named(client, id, documents.Remove(ctx, d.Table, users.DocumentKey(client, id)))
}

// List returns a client's users in the order of their keys. It leaves out users that
// cannot be read, and its error names them.
func (d Users) List(ctx context.Context, client string) (all []users.User, err error) {
	var broken []error
	err = d.Table.List(ctx, users.KeysOf(client), func(key string, text []byte, _ int64) error {
		user, err := users.ParseUser(text)
		if err != nil {
			broken = append(broken, fmt.Errorf("%s: %w", key, err))
			return nil
		}
		all = append(all, user)
		return nil
	})
	return all, errors.Join(append(broken, err)...)
}

// now returns the time in the precision of documents.
func (d Users) now() time.Time { return d.Now().UTC().Truncate(time.Millisecond) }
