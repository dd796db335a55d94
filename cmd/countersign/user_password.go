package main

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"time"

	"countersign/pkg/inquiry"
	"countersign/pkg/otp"
	"countersign/pkg/password"
	"countersign/pkg/phone"
	"countersign/pkg/phone/plan"
	"countersign/pkg/users"
)

var passwordHelp = texts{
	"passwords": "Manage payment and login passwords, by the user's id or by the number.",
	"password_set": "Set a password. It is typed twice without an echo, or comes from the standard input in one " +
		"line. Wrong guesses and a lock are forgotten.",
	"password_clear":  "Remove a password.",
	"password_unlock": "Forget the wrong guesses at a password, and end its lock.",
	"password_show": "Print which passwords a number has, when they were set, wrong guesses, locks, and why no guess " +
		"can pass: the user is blocked, or the keyring does not have the pepper.",
	"password_number": "The number, +606543216353 or 60-6543216353, in place of the user's id.",
	"password_kind":   "payment (a PIN of 4 to 8 digits) or login (8 to 64 characters).",
}

type passwordCommands struct {
	Set    passwordSet    `cmd:"" help:"password_set"`
	Clear  passwordClear  `cmd:"" help:"password_clear"`
	Unlock passwordUnlock `cmd:"" help:"password_unlock"`
	Show   passwordShow   `cmd:"" help:"password_show"`
}

// Help describes the JSON of the commands, and what a password belongs to.
func (passwordCommands) Help() string {
	return `A password belongs to a client and a number: two users with the same number have the same passwords. ` +
		`The commands for a user's id note that the number is the user's, so that user block holds for it.

With --json, show prints {client, user, number, passwords}, where number is masked and passwords is an array of ` +
		`{kind, set, wrong, lockedUntil, unusable}. unusable is why no guess passes. Each other command prints ` +
		`{client, user, number, kind, done}.`
}

// ofPassword names whose passwords a command is for.
type ofPassword struct {
	place
	ofClient
	Number string `placeholder:"NUMBER" help:"password_number"`
	User   string `arg:"" optional:"" help:"The user's id."`
}

// kind is the flag for the kind of a password.
type kind struct {
	Kind string `required:"" enum:"payment,login" placeholder:"KIND" help:"password_kind"`
}

func (k kind) kind() password.Kind { return password.Kind(strings.ToUpper(k.Kind)) }

// owner has the passwords that a command works on.
type owner struct {
	*password.Accounts
	number phone.Number
	user   users.Person // without an id if the number was given
}

// on finds the owner and does the work.
func (c *ofPassword) on(ctx context.Context, work func(owner) error) error {
	if (c.User == "") == (c.Number == "") {
		return errors.New("give the user's id, or --number for a person who is not in the directory")
	}
	return c.place.on(ctx, func(b *books) error {
		if _, err := b.clients.Get(ctx, c.Client); err != nil {
			return err
		}
		o, err := c.find(ctx, b)
		if err != nil {
			return err
		}
		return work(o)
	})
}

func (c *ofPassword) find(ctx context.Context, b *books) (o owner, err error) {
	if o.Accounts, err = b.passwords(); err != nil {
		return o, err
	}
	if c.Number != "" {
		o.number, err = inquiry.Typed(c.Number)
		return o, err
	}
	if o.user, err = b.users.Person(ctx, c.Client, c.User); err != nil {
		return o, err
	}
	var ok bool
	if o.number, ok = lineOf(o.user); !ok {
		err = fmt.Errorf("user %s has no possible number, and so no password", quoted(c.User))
	}
	return o, err
}

// link notes whose number it is, where the user is known.
func (c *ofPassword) link(ctx context.Context, o owner) error {
	if o.user.ID == "" {
		return nil
	}
	return o.Link(ctx, c.Client, o.number.E164, o.user.ID, o.user.Added)
}

// passwords returns the passwords of the clients' users.
func (b *books) passwords() (*password.Accounts, error) {
	ring, err := b.ring()
	if err != nil {
		return nil, err
	}
	return password.New(b.users.Table, ring, ring, time.Now, rand.Reader), nil
}

// lineOf returns the number of a user in the spelling that passwords are kept under. ok is false if there is none.
func lineOf(p users.Person) (n phone.Number, ok bool) {
	cc, national, ok := phone.Split(p.Number)
	if !ok {
		return n, false
	}
	return plan.Lookup("+" + cc + national)
}

// linked notes that a number is that of a user, so that a block of the user holds for a password that was set by
// number.
func (b *books) linked(ctx context.Context, client, user string) error {
	p, err := b.users.Person(ctx, client, user)
	n, ok := lineOf(p)
	if err != nil || !ok {
		return err
	}
	accounts, err := b.passwords()
	if err != nil {
		return err
	}
	return accounts.Link(ctx, client, n.E164, p.ID, p.Added)
}

// forget removes the passwords of a user who was removed.
func (b *books) forget(ctx context.Context, client string, p users.Person) error {
	n, ok := lineOf(p)
	if !ok {
		return nil
	}
	accounts, err := b.passwords()
	if err != nil {
		return err
	}
	return accounts.Forget(ctx, client, n.E164, p.ID, p.Added)
}

// passwordDone is the JSON of a command that changes a password.
type passwordDone struct {
	Client string        `json:"client"`
	User   string        `json:"user,omitempty"`
	Number string        `json:"number"`
	Kind   password.Kind `json:"kind"`
	Done   string        `json:"done"`
}

func (c *ofPassword) did(o owner, k kind, done string) error {
	d := passwordDone{c.Client, c.User, o.number.Mask, k.kind(), done}
	return c.answer(d, fmt.Sprintf("%s password of %s of client %s: %s", k.Kind, c.who(o), quoted(c.Client), done))
}

// who is the user, or the number.
func (c *ofPassword) who(o owner) string {
	if c.User != "" {
		return "user " + quoted(c.User)
	}
	return "number " + o.number.Mask
}

// none is the error of a command for a password that is not there.
func (c *ofPassword) none(o owner, k kind) error {
	return fmt.Errorf("%s of client %s has no %s password", c.who(o), quoted(c.Client), k.Kind)
}

type passwordSet struct {
	ofPassword
	kind
}

// Run sets a password.
func (c *passwordSet) Run(ctx context.Context) error {
	return c.on(ctx, func(o owner) error {
		if !o.Served(ctx) {
			return errors.New("the keyring has no keys for passwords: keys rotate pepper and keys rotate encrypt " +
				"make them")
		}
		typed, err := typedPassword(ctx, c.Kind+" password", true)
		if err != nil {
			return err
		}
		if rule := cmp.Or(c.kind.kind().Form(typed), c.kind.kind().Weak(typed, o.number.E164)); rule != "" {
			return fmt.Errorf("the %s password %s", c.Kind, rule)
		}
		outcome, err := o.Set(ctx, password.Setting{
			Client: c.Client, To: o.number.E164, Kind: c.kind.kind(), Password: typed,
			User: o.user.ID, UserAdded: o.user.Added,
		})
		if err != nil {
			return err
		}
		if outcome != otp.PasswordSet {
			return fmt.Errorf("%s of client %s is blocked, and nothing is set: user unblock comes first",
				c.who(o), quoted(c.Client))
		}
		return c.did(o, c.kind, "set")
	})
}

type passwordClear struct {
	ofPassword
	kind
}

// Run removes a password.
func (c *passwordClear) Run(ctx context.Context) error {
	return c.change(ctx, c.kind, "removed", (*password.Accounts).Clear)
}

type passwordUnlock struct {
	ofPassword
	kind
}

// Run ends a lock.
func (c *passwordUnlock) Run(ctx context.Context) error {
	return c.change(ctx, c.kind, "unlocked", (*password.Accounts).Unlock)
}

// change changes a password that must be there.
func (c *ofPassword) change(
	ctx context.Context, k kind, done string,
	change func(a *password.Accounts, ctx context.Context, client string, to otp.Phone, k password.Kind) (bool, error),
) error {
	return c.on(ctx, func(o owner) error {
		if err := c.link(ctx, o); err != nil {
			return err
		}
		is, err := change(o.Accounts, ctx, c.Client, o.number.E164, k.kind())
		if err == nil && !is {
			err = c.none(o, k)
		}
		if err != nil {
			return err
		}
		return c.did(o, k, done)
	})
}

// passwordsShown is the JSON of show.
type passwordsShown struct {
	Client    string           `json:"client"`
	User      string           `json:"user,omitempty"`
	Number    string           `json:"number"`
	Passwords []password.State `json:"passwords"`
}

// unusable returns a line for each password that cannot pass, whatever is typed.
func unusable(states []password.State) (lines string) {
	for _, s := range states {
		if s.Unusable != "" {
			lines += strings.ToLower(string(s.Kind)) + ": no guess passes, because " + s.Unusable + "\n"
		}
	}
	return lines
}

type passwordShow struct{ ofPassword }

// Run prints which passwords there are.
func (c *passwordShow) Run(ctx context.Context) error {
	return c.on(ctx, func(o owner) error {
		states, err := o.States(ctx, c.Client, o.number.E164)
		if err != nil {
			return err
		}
		all := append([]password.State{}, states...) // [] in JSON, and not null
		shown := passwordsShown{c.Client, c.User, o.number.Mask, all}
		rows := [][]string{{"KIND", "SET", "WRONG GUESSES", "LOCKED UNTIL"}}
		for _, s := range states {
			rows = append(rows, []string{
				strings.ToLower(string(s.Kind)), instant(s.Set), fmt.Sprint(s.Wrong), instant(s.LockedUntil),
			})
		}
		if len(states) == 0 {
			return c.answer(shown, c.who(o)+" of client "+quoted(c.Client)+": no passwords")
		}
		return c.answer(shown, columns(rows...)+unusable(states))
	})
}
