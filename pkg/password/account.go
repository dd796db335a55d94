package password

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"countersign/pkg/documents"
)

// account is the document of a client's number.
type account struct {
	// User is the user of the directory who has the number, nil if none is known.
	User    *userRef `json:"user,omitempty"`
	Payment *secret  `json:"payment,omitempty"`
	Login   *secret  `json:"login,omitempty"`
	// Proofs are the challenges by which passwords were set of late, each of them once.
	Proofs []proof `json:"proofs,omitempty"`

	stored  bool // the table has it
	damaged bool // it cannot be read
}

// userRef is a user of the directory. Another one who gets the same id later was added at another time.
type userRef struct {
	ID string    `json:"id"`
	Of time.Time `json:"of"`
}

// proof is a challenge that a password was set with.
type proof struct {
	AuthID string `json:"authenticationId"`
	Kind   Kind   `json:"kind"`
	// Value is a keyed digest of the encrypted password, by which a repeat of the request is recognised; "" for one in
	// clear, whose repeat would be a guess that nothing counts.
	Value string    `json:"value,omitempty"`
	Until time.Time `json:"until"` // when it is too old to be used in any case
}

// of returns the place of a kind's password.
func (a *account) of(k Kind) **secret {
	if k == Payment {
		return &a.Payment
	}
	return &a.Login
}

// Prefix begins the keys of the documents of this package.
const Prefix = "password#"

func keyOf(client string, digest documents.Digest) string {
	return Prefix + url.QueryEscape(client) + "#" + string(digest)
}

// clientOf returns the client of an account's key.
func clientOf(key string) string {
	escaped, _, _ := strings.Cut(strings.TrimPrefix(key, Prefix), "#")
	client, err := url.QueryUnescape(escaped)
	if err != nil {
		return escaped // no key of ours
	}
	return client
}

// errDamaged has no cause, since that would quote the document.
var errDamaged = errors.New("the document cannot be read: remove all passwords of the number with " +
	"countersign user password clear, and let its user set them anew")

// about adds the client of an account's key to an error.
func about(key string, err error) error {
	if err != nil {
		err = fmt.Errorf("the passwords of a number of client %q: %w", clientOf(key), err)
	}
	return err
}

// decode reads a document; revision 0 is none.
func decode(text []byte, revision int64) (acc account) {
	if revision > 0 && documents.Decode(text, &acc) != nil {
		acc = account{damaged: true}
	}
	acc.stored = revision > 0
	return acc
}

// read reads an account as it is now. One that cannot be read is an error.
func (a *Accounts) read(ctx context.Context, key string) (account, error) {
	text, revision, err := a.Table.Get(ctx, key)
	acc := decode(text, revision)
	if err == nil && acc.damaged {
		err = errDamaged
	}
	return acc, about(key, err)
}

// edit changes an account, or makes it. change returns false to leave it as it is. It is called again with the newer
// account if another call changed it meanwhile. An account that cannot be read is an error.
func (a *Accounts) edit(ctx context.Context, key string, change func(acc *account) (bool, error)) error {
	return a.mend(ctx, key, func(acc *account) (bool, error) {
		if acc.damaged {
			return false, errDamaged
		}
		return change(acc)
	})
}

// mend is edit, and calls change for an account that cannot be read too.
func (a *Accounts) mend(ctx context.Context, key string, change func(acc *account) (bool, error)) error {
	return about(key, documents.Upsert(ctx, a.Table, key, func(text []byte, revision int64) ([]byte, error) {
		acc := decode(text, revision)
		if did, err := change(&acc); err != nil || !did {
			return nil, err
		}
		return documents.Encode(acc)
	}))
}
