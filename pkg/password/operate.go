package password

import (
	"context"
	"time"

	"countersign/pkg/otp"
	"countersign/pkg/users"
)

// State is what an operator may see of a password.
type State struct {
	Kind        Kind      `json:"kind"`
	Set         time.Time `json:"set"`
	Wrong       int       `json:"wrong"` // guesses since the last right one
	LockedUntil time.Time `json:"lockedUntil,omitzero"`
	// Unusable is why nothing that is typed can pass, whatever the lock; "" if something can.
	Unusable string `json:"unusable,omitempty"`
}

// States returns the passwords of a number.
func (a *Accounts) States(ctx context.Context, client string, to otp.Phone) (states []State, err error) {
	key, err := a.key(ctx, client, to, false)
	if err != nil {
		return nil, err
	}
	acc, err := a.read(ctx, key)
	if err != nil {
		return nil, err
	}
	standing, err := a.standing(ctx, client, acc)
	if err != nil {
		return nil, err
	}
	for _, k := range Kinds() {
		s := *acc.of(k)
		if !s.there() {
			continue
		}
		state := State{Kind: k, Set: s.Set, Wrong: s.Wrong}
		if until := s.lockedUntil(); a.now().Before(until) {
			state.LockedUntil = until
		}
		if d, pepper, err := a.usable(ctx, s); err != nil {
			state.Unusable = err.Error()
		} else {
			state.Unusable = acc.against(k, standing, d, pepper)
		}
		if standing != users.Good && acc.User != nil {
			state.Unusable += ": user " + acc.User.ID
		}
		states = append(states, state)
	}
	return states, nil
}

// Clear removes a password of a number, and reports whether there was one. Of a document that cannot be read it removes
// all: the other password, and whose number it is.
func (a *Accounts) Clear(ctx context.Context, client string, to otp.Phone, k Kind) (was bool, err error) {
	key, err := a.key(ctx, client, to, false)
	if err != nil {
		return false, err
	}
	err = a.mend(ctx, key, func(acc *account) (bool, error) {
		s := acc.of(k)
		was = (*s).there() || acc.damaged
		*s = (*s).removed()
		return was, nil
	})
	return was, err
}

// Unlock forgets the wrong guesses at a password, and reports whether there is one.
func (a *Accounts) Unlock(ctx context.Context, client string, to otp.Phone, k Kind) (is bool, err error) {
	key, err := a.key(ctx, client, to, false)
	if err != nil {
		return false, err
	}
	err = a.edit(ctx, key, func(acc *account) (bool, error) {
		s := *acc.of(k)
		if is = s.there(); is {
			s.Wrong, s.Last, s.Op = 0, time.Time{}, ""
		}
		return is, nil
	})
	return is, err
}

// Link notes which user of the directory has a number, so that a block of the user holds for its passwords. A user who
// has the number already, and is not removed, keeps it.
//
// It is called for each change of a user: a password that was set by number names nobody until then.
func (a *Accounts) Link(ctx context.Context, client string, to otp.Phone, user string, added time.Time) error {
	key, err := a.key(ctx, client, to, true)
	if err != nil {
		return err
	}
	return a.edit(ctx, key, func(acc *account) (bool, error) {
		return a.adopt(ctx, client, acc, &userRef{user, added})
	})
}

// adopt gives an account to a user, nil for nobody, and reports whether that changes it. The passwords of a user who
// was removed are not those of the next one.
func (a *Accounts) adopt(ctx context.Context, client string, acc *account, by *userRef) (did bool, err error) {
	if acc.User != nil {
		standing, err := a.Users.StandingOf(ctx, client, acc.User.ID, acc.User.Of)
		if err != nil || standing != users.NoUser {
			return false, err
		}
		acc.Payment, acc.Login = acc.Payment.removed(), acc.Login.removed()
	}
	did = acc.User != nil || by != nil
	acc.User = by
	return did, nil
}

// Forget removes the passwords of a number whose user is removed, and whose number it is. It leaves those of another
// user who has the number too.
func (a *Accounts) Forget(ctx context.Context, client string, to otp.Phone, user string, added time.Time) error {
	key, err := a.key(ctx, client, to, false)
	if err != nil {
		return err
	}
	return a.edit(ctx, key, func(acc *account) (bool, error) {
		if u := acc.User; u != nil && (u.ID != user || !u.Of.Equal(added)) {
			return false, nil
		}
		was := acc.User != nil || acc.Payment.there() || acc.Login.there()
		acc.User, acc.Payment, acc.Login = nil, acc.Payment.removed(), acc.Login.removed()
		return was, nil
	})
}
