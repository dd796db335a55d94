package users

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"countersign/pkg/clients"
	"countersign/pkg/documents"
	"countersign/pkg/phone"
)

// Standing is whether a wallet token may be used.
type Standing int

const (
	NoToken Standing = iota // the token is unknown, revoked or expired
	NoUser                  // the token's user was removed
	Blocked                 // the user is blocked
	Good
)

// String returns the standing as log lines show it.
func (s Standing) String() string {
	switch s {
	case NoToken:
		return "no token"
	case NoUser:
		return "no user"
	case Blocked:
		return "blocked"
	case Good:
		return "good"
	}
	return fmt.Sprintf("Standing(%d)", int(s))
}

// Person is the user of a wallet token or of an id. It formats and logs as its masked number.
type Person struct {
	// Ref is the token's reference for [Directory.Check]. A challenge stores it. It
	// reveals neither the token nor the number.
	Ref string
	// Number is as it was added, such as "60-6543216353", or "".
	Number string
	// ID and Added are those of the user.
	ID    string
	Added time.Time
}

func (p Person) String() string               { return "person " + mask(p.Number) }
func (p Person) Format(f fmt.State, _ rune)   { fmt.Fprint(f, p.String()) }
func (p Person) LogValue() slog.Value         { return slog.StringValue(p.String()) }
func (p Person) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

func mask(number string) string {
	cc, national, ok := phone.Split(number)
	if !ok {
		return ""
	}
	return phone.Mask(cc, national)
}

// Resolve returns the person of a client's wallet token and the token's standing. The
// person has a number only if the standing is [Good]. It costs at most two reads.
func (d Directory) Resolve(ctx context.Context, client, token string) (Person, Standing, error) {
	p := Person{Ref: TokenKey(client, token)}
	key, user, standing, err := d.find(ctx, p.Ref)
	if err != nil || standing != Good || user.Number == "" {
		return p, standing, err
	}
	if p.Number, err = d.open(ctx, client, key, user); err != nil {
		return p, NoToken, err
	}
	p.ID, p.Added = user.ID, user.Added
	return p, Good, nil
}

// open returns the number of a user who has one.
func (d Directory) open(ctx context.Context, client, key string, user User) (string, error) {
	number, err := d.Sealer.Open(ctx, string(user.Number), Bound(key))
	if err != nil {
		return "", fmt.Errorf("the number of the user %s of client %q cannot be opened: "+
			"add the user anew, or bring back the key that it was sealed under: %w", user.Mask, client, err)
	}
	return string(number), nil
}

// Person returns the user with an id, whatever its standing: no wallet token is needed, and Ref is "".
func (d Directory) Person(ctx context.Context, client, id string) (Person, error) {
	key := DocumentKey(client, id)
	user, err := d.Read(ctx, key)
	if err != nil {
		return Person{}, Named(client, id, err)
	}
	p := Person{ID: user.ID, Added: user.Added}
	if user.Number != "" {
		p.Number, err = d.open(ctx, client, key, user)
	}
	return p, err
}

// Check returns the standing of the token with a reference from [Directory.Resolve].
// It costs at most two reads.
func (d Directory) Check(ctx context.Context, ref string) (Standing, error) {
	_, _, standing, err := d.find(ctx, ref)
	return standing, err
}

// StandingOf returns the standing of the user with this id who was added at this instant: [NoUser] if there is none, or
// another one by now. It costs one read.
func (d Directory) StandingOf(ctx context.Context, client, id string, added time.Time) (Standing, error) {
	_, standing, err := d.standing(ctx, DocumentKey(client, id), added)
	if err != nil {
		err = clients.Named(client, err)
	}
	return standing, err
}

// standing reads a user who was added at this instant.
func (d Directory) standing(ctx context.Context, key string, added time.Time) (user User, s Standing, err error) {
	user, err = d.Read(ctx, key)
	switch {
	case errors.Is(err, documents.ErrNotFound):
		return User{}, NoUser, nil
	case err != nil:
		return User{}, NoUser, err
	case !user.Added.Equal(added):
		return User{}, NoUser, nil
	case user.Status != StatusActive:
		return User{}, Blocked, nil
	}
	return user, Good, nil
}

// find returns the user of a token and the key of the user's document.
func (d Directory) find(ctx context.Context, ref string) (key string, user User, s Standing, err error) {
	if _, ok := userOf(ref, ""); !ok {
		return "", User{}, NoToken, nil // the key of another kind of document is no token
	}
	text, revision, err := d.Table.Get(ctx, ref)
	if err != nil || revision == 0 {
		return "", User{}, NoToken, err
	}
	t, err := ParseToken(text)
	if err != nil || !t.Expires.IsZero() && !d.Now().Before(t.Expires) {
		return "", User{}, NoToken, about(ref, err)
	}
	key, _ = userOf(ref, t.User)
	user, s, err = d.standing(ctx, key, t.Of)
	if err != nil {
		return "", User{}, NoToken, about(ref, err)
	}
	return key, user, s, nil
}

// about adds the client of a token's reference to an error. The reference itself has a plain digest, by which somebody
// who reads the log could find a short token by trying, and the user's id could be a phone number.
func about(ref string, err error) error {
	if err == nil {
		return nil
	}
	client, _ := clientOf(ref)
	return clients.Named(client, fmt.Errorf("a wallet token: %w", err))
}
