package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"countersign/pkg/documents"
	"countersign/pkg/phone/plan"
	"countersign/pkg/users"
)

type userCommands struct {
	Add     userAdd     `cmd:"" help:"Add a user of a client."`
	List    userList    `cmd:"" help:"List a client's users; their numbers are masked."`
	Block   userBlock   `cmd:"" help:"Send a user no codes, and let none verify."`
	Unblock userUnblock `cmd:"" help:"Undo block."`
	Remove  userRemove  `cmd:"" help:"Remove a user, whose tokens are worth nothing then."`
	Token   struct {
		Add    tokenAdd    `cmd:"" help:"Give a user a wallet token. Adding it again changes when it expires."`
		Revoke tokenRevoke `cmd:"" help:"Take a wallet token back."`
	} `cmd:"" help:"Wallet tokens, which stand for a user in users/initAuthentication."`
}

// Help tells the JSON.
func (userCommands) Help() string {
	return "With --json, list gives an array of {id, status, number, mask, added}, where number is never told, and all else {client, user, done, tokens, expires}."
}

// ofClient is the flag that names the client of a user.
type ofClient struct {
	Client string `required:"" placeholder:"ID" help:"The client that the user belongs to."`
}

// aUser is the argument that names a user.
type aUser struct {
	User string `arg:"" help:"The user's id."`
}

// userDone is what commands tell of one user.
type userDone struct {
	Client  string    `json:"client"`
	User    string    `json:"user,omitempty"`
	Done    string    `json:"done"`
	Tokens  int       `json:"tokens,omitzero"`  // how many were added or revoked
	Expires time.Time `json:"expires,omitzero"` // of those
}

func (w where) tellUser(d userDone) error {
	who := "client " + quoted(d.Client)
	if d.User != "" {
		who = "user " + quoted(d.User) + " of " + who
	}
	text := who + ": " + d.Done
	if d.Tokens > 0 {
		text += fmt.Sprintf(" (tokens: %d)", d.Tokens)
	}
	if !d.Expires.IsZero() {
		text += ", good until " + d.Expires.Format(time.RFC3339)
	}
	return w.tell(d, text)
}

// tokens are the flags that give wallet tokens.
type tokens struct {
	Token     []string `sep:"none" placeholder:"TOKEN" help:"A wallet token. The list of processes shows it to everybody on this machine: --token-file does not."`
	TokenFile []string `sep:"none" placeholder:"FILE" help:"A file with a wallet token; a last line break is cut off, and - is the standard input."`
}

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

// some is all where there must be one at least.
func (t tokens) some() ([]string, error) {
	all, err := t.all()
	if err == nil && len(all) == 0 {
		err = errors.New("no token: give --token-file, or --token")
	}
	return all, err
}

// expiry is a flag: an instant, or a time from now.
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

// lifetime is the flag for how long tokens are good.
type lifetime struct {
	TokenExpires expiry `placeholder:"TIME|DURATION" help:"When the tokens expire, such as 2026-11-22T06:00:00Z or 720h; never without."`
}

type userAdd struct {
	where
	ofClient
	Number string `required:"" placeholder:"NUMBER" help:"The user's phone number, +606543216353 or 60-6543216353; empty for a user without."`
	tokens
	lifetime
	aUser
}

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
			return fmt.Errorf("%w; user token add gives it tokens; for another number user remove comes first, which voids its tokens", err)
		} else if err != nil {
			return err
		}
		if err := addTokens(ctx, b, c.Client, c.User, values, c.TokenExpires.Time); err != nil {
			return fmt.Errorf("the user is added, but not each token (user token add does that): %w", err)
		}
		return c.tellUser(userDone{c.Client, c.User, "added", len(values), c.TokenExpires.Time})
	})
}

func addTokens(ctx context.Context, b *books, client, user string, values []string, expires time.Time) error {
	for _, value := range values {
		if err := b.users.AddToken(ctx, client, user, value, expires); err != nil {
			return err
		}
	}
	return nil
}

// phoneNumber brings a number into the form of the AMS contract.
func phoneNumber(s string) (string, error) {
	if !strings.HasPrefix(s, "+") {
		return s, nil // who takes it looks at it
	}
	n, ok := plan.Lookup(s)
	if !ok {
		return "", errors.New("the number after + is not possible: must be a calling code and a number such as +606543216353, without spaces")
	}
	return n.CC + "-" + s[1+len(n.CC):], nil
}

type userList struct {
	where
	ofClient
}

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
			all = []users.User{} // for JSON
		}
		return errors.Join(c.tell(all, columns(rows...)), unreadable)
	})
}

type userBlock struct {
	where
	ofClient
	aUser
}

func (c *userBlock) Run(ctx context.Context) error {
	return c.on(ctx, func(b *books) error {
		if err := b.users.Block(ctx, c.Client, c.User); err != nil {
			return err
		}
		return c.tellUser(userDone{Client: c.Client, User: c.User, Done: "blocked"})
	})
}

type userUnblock struct {
	where
	ofClient
	aUser
}

func (c *userUnblock) Run(ctx context.Context) error {
	return c.on(ctx, func(b *books) error {
		if err := b.users.Unblock(ctx, c.Client, c.User); err != nil {
			return err
		}
		return c.tellUser(userDone{Client: c.Client, User: c.User, Done: "unblocked"})
	})
}

type userRemove struct {
	where
	ofClient
	aUser
}

func (c *userRemove) Run(ctx context.Context) error {
	return c.on(ctx, func(b *books) error {
		if err := b.users.Remove(ctx, c.Client, c.User); err != nil {
			return err
		}
		return c.tellUser(userDone{Client: c.Client, User: c.User, Done: "removed"})
	})
}

type tokenAdd struct {
	where
	ofClient
	tokens
	lifetime
	aUser
}

func (c *tokenAdd) Run(ctx context.Context) error {
	values, err := c.some()
	if err != nil {
		return err
	}
	return c.on(ctx, func(b *books) error {
		if err := addTokens(ctx, b, c.Client, c.User, values, c.TokenExpires.Time); err != nil {
			return err
		}
		return c.tellUser(userDone{c.Client, c.User, "tokens added", len(values), c.TokenExpires.Time})
	})
}

type tokenRevoke struct {
	where
	ofClient
	tokens
}

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
		return c.tellUser(userDone{Client: c.Client, Done: "tokens revoked", Tokens: len(values)})
	})
}
