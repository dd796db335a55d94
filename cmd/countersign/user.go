package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"countersign/pkg/clients/registry"
	"countersign/pkg/documents"
	"countersign/pkg/phone/plan"
	"countersign/pkg/users"
)

var userHelp = texts{
	"user_number":   "The user's phone number, +606543216353 or 60-6543216353; empty for a user without a number.",
	"token":         "A wallet token. All users of this machine can see it in the list of processes; use --token-file.",
	"token_file":    "File with a wallet token, without its last line break; - is the standard input.",
	"token_expires": "End of the tokens' validity, such as 2026-11-22T06:00:00Z or 720h. Without it: never.",
}

type userCommands struct {
	Add      userAdd          `cmd:"" help:"Add a user of a client."`
	List     userList         `cmd:"" help:"List a client's users. Their numbers are masked."`
	Block    userBlock        `cmd:"" help:"Send a user no codes, and accept neither codes nor passwords."`
	Unblock  userUnblock      `cmd:"" help:"Undo block."`
	Remove   userRemove       `cmd:"" help:"Remove a user and its passwords. The user's tokens become invalid."`
	Password passwordCommands `cmd:"" help:"passwords"`
	Token    struct {
		Add    tokenAdd    `cmd:"" help:"Give a user a wallet token. To add it again changes its expiry."`
		Revoke tokenRevoke `cmd:"" help:"Revoke a wallet token."`
	} `cmd:"" help:"Manage wallet tokens, which stand for a user in users/initAuthentication."`
}

// Help describes the JSON of the commands.
func (userCommands) Help() string {
	return "With --json, list prints an array of {id, status, number, mask, added}, where number is never in clear. " +
		"Each other command but those of password prints {client, user, done, tokens, expires}."
}

// ofClient is the flag that names the client of a user.
type ofClient struct {
	Client string `required:"" placeholder:"ID" help:"The client that the user belongs to."`
}

// aUser is the argument that names a user.
type aUser struct {
	User string `arg:"" help:"The user's id."`
}

// userDone is the result of a command for one user.
type userDone struct {
	Client  string    `json:"client"`
	User    string    `json:"user,omitempty"`
	Done    string    `json:"done"`
	Tokens  int       `json:"tokens,omitzero"`  // number of tokens that were added or revoked
	Expires time.Time `json:"expires,omitzero"` // of those tokens
}

// answerUser prints the result of a command.
func (p place) answerUser(d userDone) error {
	who := "client " + quoted(d.Client)
	if d.User != "" {
		who = "user " + quoted(d.User) + " of " + who
	}
	text := who + ": " + d.Done
	if d.Tokens > 0 {
		text += fmt.Sprintf(" (tokens: %d)", d.Tokens)
	}
	if !d.Expires.IsZero() {
		text += ", valid until " + d.Expires.Format(time.RFC3339)
	}
	return p.answer(d, text)
}

// tokens are the flags that give wallet tokens.
type tokens struct {
	Token     []string `sep:"none" placeholder:"TOKEN" help:"token"`
	TokenFile []string `sep:"none" placeholder:"FILE" help:"token_file"`
}

// all returns the tokens of both flags.
func (t tokens) all() ([]string, error) {
	all := t.Token
	for _, name := range t.TokenFile {
		text, err := readSecret(name)
		if err != nil {
			return nil, fmt.Errorf("--token-file: %w", err)
		}
		all = append(all, string(text))
	}
	return all, nil
}

// some returns all tokens, of which there must be one at least.
func (t tokens) some() ([]string, error) {
	all, err := t.all()
	if err == nil && len(all) == 0 {
		err = errors.New("no token: give --token-file, or --token")
	}
	return all, err
}

// expiry is a flag: an instant, or a duration from now.
type expiry struct{ time.Time }

// UnmarshalText implements [encoding.TextUnmarshaler], for kong.
func (e *expiry) UnmarshalText(text []byte) error {
	if d, err := time.ParseDuration(string(text)); err == nil && d > 0 {
		e.Time = time.Now().Add(d).UTC().Truncate(time.Second)
		return nil
	}
	at, err := time.Parse(time.RFC3339, string(text))
	if err != nil {
		return errors.New("must be a time such as 2026-11-22T06:00:00Z, or a duration above 0 such as 720h")
	}
	e.Time = at.UTC()
	return nil
}

// lifetime is the flag for the end of tokens.
type lifetime struct {
	TokenExpires expiry `placeholder:"TIME|DURATION" help:"token_expires"`
}

type userAdd struct {
	place
	ofClient
	Number string `required:"" placeholder:"NUMBER" help:"user_number"`
	tokens
	lifetime
	aUser
}

// Run adds a user, with tokens.
func (c *userAdd) Run(ctx context.Context) error {
	values, err := c.all()
	if err != nil {
		return err
	}
	number, err := phoneNumber(c.Number)
	if err != nil {
		return err
	}
	return c.on(ctx, func(b *books) error {
		if err := b.users.Add(ctx, c.Client, c.User, number); errors.Is(err, documents.ErrExists) {
			return fmt.Errorf("%w; user token add gives it tokens; for another number, user remove comes first, "+
				"which makes its tokens invalid", err)
		} else if err != nil {
			return err
		}
		if err := b.linked(ctx, c.Client, c.User); err != nil {
			return fmt.Errorf("the user is added, but user block does not hold for passwords of the number yet "+
				"(user unblock mends that), and no token is added: %w", err)
		}
		if err := addTokens(ctx, b, c.Client, c.User, values, c.TokenExpires.Time); err != nil {
			return fmt.Errorf("the user is added, but not every token (user token add adds one): %w", err)
		}
		return c.answerUser(userDone{c.Client, c.User, "added", len(values), c.TokenExpires.Time})
	})
}

func addTokens(ctx context.Context, b *books, client, user string, values []string, expires time.Time) error {
	for _, value := range values {
		if n := utf8.RuneCountInString(value); n < shortKey {
			warn("a token has %d characters, and the table keeps a digest without a key: unless it is random, whoever "+
				"reads the table finds it by trying", n)
		}
		if err := b.users.AddToken(ctx, client, user, value, expires); err != nil {
			return err
		}
	}
	return nil
}

// phoneNumber returns a number in the form of the AMS contract, such as 60-6543216353.
func phoneNumber(s string) (string, error) {
	if !strings.HasPrefix(s, "+") {
		return s, nil // checked where it is used
	}
	n, ok := plan.Lookup(s)
	if !ok {
		return "", errors.New("the number after + is not possible: " +
			"must be a calling code and a number such as +606543216353, without spaces")
	}
	return n.CC + "-" + s[1+len(n.CC):], nil
}

type userList struct {
	place
	ofClient
}

// Run prints a client's users.
func (c *userList) Run(ctx context.Context) error {
	return c.on(ctx, func(b *books) error {
		if _, err := b.clients.Get(ctx, c.Client); err != nil {
			return err
		}
		all, unreadable := b.users.List(ctx, c.Client)
		rows := [][]string{{"USER", "STATUS", "NUMBER", "ADDED"}}
		for _, u := range all {
			rows = append(rows, []string{quoted(u.ID), u.Status, u.Mask, u.Added.Format(time.DateOnly)})
		}
		if all == nil {
			all = []users.User{} // [] in JSON, and not null
		}
		return errors.Join(c.answer(all, columns(rows...)), unreadable)
	})
}

// oneUser has the flags and the argument of a command for one user.
type oneUser struct {
	place
	ofClient
	aUser
}

type userBlock struct{ oneUser }

// Run blocks a user.
func (c *userBlock) Run(ctx context.Context) error {
	return c.change(ctx, "blocked", registry.Users.Block)
}

type userUnblock struct{ oneUser }

// Run unblocks a user.
func (c *userUnblock) Run(ctx context.Context) error {
	return c.change(ctx, "unblocked", registry.Users.Unblock)
}

type userRemove struct{ oneUser }

// Run removes a user and the user's passwords. A user whose number cannot be read is removed too.
func (c *userRemove) Run(ctx context.Context) error {
	return c.on(ctx, func(b *books) error {
		person, unread := b.users.Person(ctx, c.Client, c.User)
		if err := b.users.Remove(ctx, c.Client, c.User); err != nil {
			return err
		}
		if err := cmp.Or(unread, b.forget(ctx, c.Client, person)); err != nil {
			return fmt.Errorf("the user is removed, but passwords that were set by number may stay "+
				"(user password clear --number removes them): %w", err)
		}
		return c.answerUser(userDone{Client: c.Client, User: c.User, Done: "removed"})
	})
}

// change changes the user, links the passwords of the number to the user, and prints what is done.
func (c *oneUser) change(
	ctx context.Context, done string, change func(d registry.Users, ctx context.Context, client, id string) error,
) error {
	return c.on(ctx, func(b *books) error {
		if err := change(b.users, ctx, c.Client, c.User); err != nil {
			return err
		}
		if err := b.linked(ctx, c.Client, c.User); err != nil {
			return fmt.Errorf("the user is %s, but for passwords that were set by number only once this command ends "+
				"without an error: %w", done, err)
		}
		return c.answerUser(userDone{Client: c.Client, User: c.User, Done: done})
	})
}

type tokenAdd struct {
	place
	ofClient
	tokens
	lifetime
	aUser
}

// Run gives a user tokens.
func (c *tokenAdd) Run(ctx context.Context) error {
	values, err := c.some()
	if err != nil {
		return err
	}
	return c.on(ctx, func(b *books) error {
		if err := addTokens(ctx, b, c.Client, c.User, values, c.TokenExpires.Time); err != nil {
			return err
		}
		return c.answerUser(userDone{c.Client, c.User, "tokens added", len(values), c.TokenExpires.Time})
	})
}

type tokenRevoke struct {
	place
	ofClient
	tokens
}

// Run revokes tokens.
func (c *tokenRevoke) Run(ctx context.Context) error {
	values, err := c.some()
	if err != nil {
		return err
	}
	return c.on(ctx, func(b *books) error {
		for _, value := range values {
			if err := b.users.RevokeToken(ctx, c.Client, value); err != nil {
				return err
			}
		}
		return c.answerUser(userDone{Client: c.Client, Done: "tokens revoked", Tokens: len(values)})
	})
}
