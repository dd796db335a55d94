package password

import (
	"context"
	"crypto/rsa"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"time"

	"countersign/pkg/clients"
	"countersign/pkg/documents"
	"countersign/pkg/otp"
	"countersign/pkg/users"
)

// Keys are the keys of passwords. They are safe for concurrent use. [countersign/pkg/keyring.Ring] has them.
type Keys interface {
	// Pepper returns the pepper in force; version 0 if there is none.
	Pepper(ctx context.Context) (version int, pepper []byte)
	// PepperOf returns the pepper of a version, nil if it was retired or is not known.
	PepperOf(ctx context.Context, version int) []byte
	// Encryption returns the key in force to which callers encrypt passwords; nil if there is none.
	Encryption(ctx context.Context) (version string, key *rsa.PrivateKey)
	// EncryptionOf returns the key of a version, nil if it was retired or is not known.
	EncryptionOf(ctx context.Context, version string) *rsa.PrivateKey
}

// Accounts are the passwords of all clients' users. [New] makes it. It keeps no account in memory, and is safe for
// concurrent use, by several processes too.
type Accounts struct {
	Table documents.Table
	// Digests make the digest of a number. They must have the name [DigestName].
	Digests *clients.Digests
	Users   users.Directory
	Keys    Keys
	Now     func() time.Time
	Rand    io.Reader // crypto/rand.Reader, or a test's own
	Cost    Cost      // of passwords that are set, and of those whose user types them the next time

	// slots holds an element for each evaluation at work: each one takes Cost.Memory.
	slots chan struct{}
}

// DigestName is the name of the key of the digests of numbers with passwords, see [clients.Digests].
const DigestName = "password"

// atOnce is how many passwords a process evaluates at once. Others wait: more of them would not be faster.
const atOnce = 4

// New returns the accounts in a table.
func New(
	table documents.Table, sealer documents.Sealer, keys Keys, now func() time.Time, random io.Reader,
) *Accounts {
	return &Accounts{
		Table: table, Keys: keys, Now: now, Rand: random, Cost: DefaultCost,
		Digests: &clients.Digests{Table: table, Sealer: sealer, Name: DigestName},
		Users:   users.Directory{Table: table, Sealer: sealer, Now: now},
		slots:   make(chan struct{}, atOnce),
	}
}

// Served reports whether the keyring has the keys that passwords need.
func (a *Accounts) Served(ctx context.Context) bool {
	if a == nil {
		return false
	}
	pepper, _ := a.Keys.Pepper(ctx)
	_, key := a.Keys.Encryption(ctx)
	return pepper > 0 && key != nil
}

// key returns the key of a number's account. made makes the key of the digests if there is none yet.
func (a *Accounts) key(ctx context.Context, client string, to otp.Phone, make bool) (string, error) {
	number := client + "\x00" + to.E164()
	digest, ok, err := a.Digests.Of(ctx, number)
	if err == nil && !ok && make {
		if err = a.Digests.Make(ctx, a.random(32), a.Now()); err == nil {
			digest, ok, err = a.Digests.Of(ctx, number)
		}
		if err == nil && !ok {
			err = errors.New("the key of the digests was not stored")
		}
	}
	if err != nil {
		return "", fmt.Errorf("passwords: %w", err)
	}
	if !ok {
		digest = nobody
	}
	return keyOf(client, digest), nil
}

// nobody stands for the digest of a number as long as no number has a password.
const nobody documents.Digest = "none"

// random returns n random bytes.
func (a *Accounts) random(n int) []byte {
	b := make([]byte, n)
	io.ReadFull(a.Rand, b) // crypto/rand never fails
	return b
}

func (a *Accounts) op() string { return base64.RawURLEncoding.EncodeToString(a.random(16)) }

// Find returns the reference by which a challenge asks for the password of a number, see [otp.Issuer.Ask]. why is "",
// or why nothing that is typed can pass, for the operator alone: no such number, no password of this kind, one whose
// pepper the keyring does not have, or a user who is blocked or removed. All of them take the same reads.
func (a *Accounts) Find(ctx context.Context, client string, to otp.Phone, k Kind) (ref, why string, err error) {
	key, err := a.key(ctx, client, to, false)
	if err != nil {
		return "", "", err
	}
	acc, err := a.read(ctx, key)
	if err != nil {
		return "", "", err
	}
	standing, err := a.standing(ctx, client, acc)
	if err != nil {
		return "", "", err
	}
	d, pepper, err := a.usable(ctx, *acc.of(k))
	return refOf(k, key), acc.against(k, standing, d, pepper), err
}

// standing returns whether the user of an account may sign in, [users.Good] where the account has no user. It takes one
// read in any case.
func (a *Accounts) standing(ctx context.Context, client string, acc account) (users.Standing, error) {
	user := acc.User
	if user == nil {
		user = &userRef{ID: "-"}
	}
	standing, err := a.Users.StandingOf(ctx, client, user.ID, user.Of)
	if acc.User == nil {
		standing = users.Good
	}
	return standing, err
}

// UserBlocked is why a password of a blocked user is neither taken nor set.
const UserBlocked = "the user of the number is blocked"

// against returns why nothing that is typed can pass for a password of an account, whose digest and pepper are those of
// [Accounts.usable]; "" if something can. It names neither the number nor the user.
func (acc account) against(k Kind, standing users.Standing, d digest, pepper []byte) string {
	switch {
	case !acc.Payment.there() && !acc.Login.there():
		return "the client has no password of the number"
	case !(*acc.of(k)).there():
		return "the number has a password of the other kind only"
	case standing == users.Blocked:
		return UserBlocked
	case standing != users.Good:
		return "the user of the number was removed"
	case pepper == nil:
		return fmt.Sprintf("the password is under pepper %d, which the keyring does not have", d.pepper)
	}
	return ""
}

// usable returns the digest of a password and its pepper, by which a guess can be evaluated. The pepper is nil if there
// is no password, or the keyring has its pepper no more.
func (a *Accounts) usable(ctx context.Context, s *secret) (d digest, pepper []byte, err error) {
	if !s.there() {
		return digest{}, nil, nil
	}
	if d, err = parseDigest(s.Digest); err != nil {
		return digest{}, nil, err
	}
	return d, a.Keys.PepperOf(ctx, d.pepper), nil
}

// evaluate runs f, which takes the time and memory of one digest, when it is its turn.
func (a *Accounts) evaluate(ctx context.Context, f func()) error {
	select {
	case a.slots <- struct{}{}:
		defer func() { <-a.slots }()
	case <-ctx.Done():
		return fmt.Errorf("passwords: waiting for other passwords to be evaluated: %w", context.Cause(ctx))
	}
	f()
	return nil
}
