package clients

import (
	"context"
	"fmt"
	"log/slog"

	"countersign/pkg/phone"
)

// Standing is whether a wallet token may still be used.
type Standing int

const (
	NoToken Standing = iota // the token is unknown, revoked or expired
	NoUser                  // the user behind it is gone
	Blocked                 // the user is blocked
	Good
)

// String returns the standing as a log line has it.
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

// Person is who a wallet token stands for. It formats and logs as its masked
// number.
type Person struct {
	// Ref is what [Users.Check] finds the token by. It tells neither token nor
	// number, and is kept with a challenge.
	Ref string
	// Number is as it was added, such as "60-6543216353"; "" for a user without.
	Number string
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

// Resolve returns whom a client's wallet token stands for, and whether it may be
// used; the number is told of the Good only. It costs two reads at most.
func (u Users) Resolve(ctx context.Context, client, token string) (Person, Standing, error) {
	p := Person{Ref: tokenKey(client, token)}
	key, user, standing, err := u.find(ctx, p.Ref)
	if err != nil || standing != Good || user.Number == "" {
		return p, standing, err
	}
	number, err := u.Sealer.Open(ctx, string(user.Number), numberBound(key))
	if err != nil {
		return p, NoToken, fmt.Errorf("the number of the user of %s cannot be opened: add the user anew, or bring back the key that it was sealed under: %w", p.Ref, err)
	}
	p.Number = string(number)
	return p, Good, nil
}

// Check tells whether the token that [Users.Resolve] gave ref for may still be
// used. It costs two reads at most.
func (u Users) Check(ctx context.Context, ref string) (Standing, error) {
	_, _, standing, err := u.find(ctx, ref)
	return standing, err
}

// find returns the user behind a token, with the key of the user's record.
func (u Users) find(ctx context.Context, ref string) (key string, user User, s Standing, err error) {
	if _, ok := userOf(ref, ""); !ok {
		return "", User{}, NoToken, nil // no other kind of record is taken for a token
	}
	text, revision, err := u.Table.Get(ctx, ref)
	if err != nil || revision == 0 {
		return "", User{}, NoToken, err
	}
	t, err := parseToken(text)
	if err != nil || !t.Expires.IsZero() && !u.Now().Before(t.Expires) {
		return "", User{}, NoToken, about(ref, err)
	}
	key, _ = userOf(ref, t.User)
	text, revision, err = u.Table.Get(ctx, key)
	if err != nil {
		return "", User{}, NoToken, err
	}
	if revision == 0 {
		return "", User{}, NoUser, nil
	}
	user, err = parseUser(text)
	switch {
	case err != nil:
		return "", User{}, NoToken, about(ref, err)
	case !user.Added.Equal(t.Of):
		return "", User{}, NoUser, nil
	case user.Status != StatusActive:
		return "", User{}, Blocked, nil
	}
	return key, user, Good, nil
}

// about says which token an error is about. The user's id could be a number.
func about(ref string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", ref, err)
}
