package users_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"countersign/pkg/clients"
	"countersign/pkg/clients/clientstest"
	"countersign/pkg/documents"
	"countersign/pkg/users"
)

// expires is when the token of these tests expires at first.
var expires = clientstest.Start.Add(time.Hour)

// change is something that happens to a token or its user.
type change struct {
	name   string
	happen func(*clientstest.Rig, *testing.T) error
	want   users.Standing
	reads  int64
}

var changes = []change{
	{"nothing", func(*clientstest.Rig, *testing.T) error { return nil }, users.Good, 2},
	{"the last millisecond", func(r *clientstest.Rig, _ *testing.T) error {
		r.Clock.Advance(time.Hour - time.Millisecond)
		return nil
	}, users.Good, 2},
	{"it expires", func(r *clientstest.Rig, _ *testing.T) error {
		r.Clock.Advance(time.Hour)
		return nil
	}, users.NoToken, 1},
	{"it is revoked", func(r *clientstest.Rig, t *testing.T) error {
		return r.Users.RevokeToken(t.Context(), "acme", "token")
	}, users.NoToken, 1},
	{"the user is blocked", func(r *clientstest.Rig, t *testing.T) error {
		return r.Users.Block(t.Context(), "acme", "u1")
	}, users.Blocked, 2},
	{"blocked and unblocked", func(r *clientstest.Rig, t *testing.T) error {
		return errors.Join(r.Users.Block(t.Context(), "acme", "u1"), r.Users.Unblock(t.Context(), "acme", "u1"))
	}, users.Good, 2},
	{"the user is removed", func(r *clientstest.Rig, t *testing.T) error {
		return r.Users.Remove(t.Context(), "acme", "u1")
	}, users.NoUser, 2},
	{"another user gets the id", func(r *clientstest.Rig, t *testing.T) error {
		r.Clock.Advance(time.Millisecond)
		return errors.Join(r.Users.Remove(t.Context(), "acme", "u1"),
			r.Users.Add(t.Context(), "acme", "u1", "44-2044555666"))
	}, users.NoUser, 2},
	{"another user gets the id and the token", func(r *clientstest.Rig, t *testing.T) error {
		r.Clock.Advance(time.Millisecond)
		return errors.Join(r.Users.Remove(t.Context(), "acme", "u1"),
			r.Users.Add(t.Context(), "acme", "u1", "60-6543216353"),
			r.Users.AddToken(t.Context(), "acme", "u1", "token", time.Time{}))
	}, users.Good, 2},
	{"it gets more time", func(r *clientstest.Rig, t *testing.T) error {
		err := r.Users.AddToken(t.Context(), "acme", "u1", "token", expires.Add(time.Hour))
		r.Clock.Advance(90 * time.Minute)
		return err
	}, users.Good, 2},
	{"an unknown status", func(r *clientstest.Rig, t *testing.T) error {
		r.Put(t, "user#acme#u1", strings.Replace(r.Raw(t, "user#acme#u1"), `"active"`, `"frozen"`, 1))
		return nil
	}, users.Blocked, 2},
}

// A token has the right standing after each change of it or of its user, at init and at
// verify, with two reads at most.
func TestStanding(t *testing.T) {
	for _, c := range changes {
		t.Run(c.name, func(t *testing.T) { testStanding(t, c) })
	}
}

func testStanding(t *testing.T, c change) {
	r, ctx := clientstest.New(t), t.Context()
	r.MustAdd(t, clients.Record{ID: "acme"}, "")
	if err := errors.Join(r.Users.Add(ctx, "acme", "u1", "60-6543216353"),
		r.Users.AddToken(ctx, "acme", "u1", "token", expires)); err != nil {
		t.Fatal(err)
	}
	before, standing, err := r.Users.Resolve(ctx, "acme", "token")
	if err != nil || standing != users.Good || before.Number != "60-6543216353" {
		t.Fatal(before, standing, err)
	}
	if err := c.happen(r, t); err != nil {
		t.Fatal(err)
	}
	reads := r.Counted.Gets.Load()
	after, standing, err := r.Users.Resolve(ctx, "acme", "token")
	if err != nil || standing != c.want || after.Ref != before.Ref ||
		(after.Number != "") != (c.want == users.Good) || r.Counted.Gets.Load()-reads != c.reads {
		t.Errorf("at init: %v, %v, %v after %d reads, want %v after %d", after, standing, err,
			r.Counted.Gets.Load()-reads, c.want, c.reads)
	}
	reads = r.Counted.Gets.Load()
	standing, err = r.Users.Check(ctx, before.Ref)
	if err != nil || standing != c.want || r.Counted.Gets.Load()-reads != c.reads {
		t.Errorf("at verify: %v, %v after %d reads, want %v after %d", standing, err,
			r.Counted.Gets.Load()-reads, c.want, c.reads)
	}
}

// A token works only for its client, and a reference finds only tokens.
func TestOfTheirClient(t *testing.T) {
	r, ctx := clientstest.New(t), t.Context()
	r.MustAdd(t, clients.Record{ID: "acme"}, "")
	r.MustAdd(t, clients.Record{ID: "b"}, "")
	if err := errors.Join(r.Users.Add(ctx, "acme", "u1", "60-6543216353"), r.Users.Add(ctx, "b", "u1", ""),
		r.Users.AddToken(ctx, "acme", "u1", "token", time.Time{})); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ client, token string }{{"b", "token"}, {"nobody", "token"}, {"acme", "Token"},
		{"acme", ""}, {"acme", "token "}} {
		if p, s, err := r.Users.Resolve(ctx, c.client, c.token); s != users.NoToken || err != nil || p.Number != "" {
			t.Errorf("%q of %q: %v, %v", c.token, c.client, s, err)
		}
	}
	reads := r.Counted.Gets.Load()
	for _, ref := range []string{"", "client#acme", "user#acme#u1", "token#", "token"} {
		if s, err := r.Users.Check(ctx, ref); s != users.NoToken || err != nil || r.Counted.Gets.Load() != reads {
			t.Errorf("%q: %v, %v, %d reads", ref, s, err, r.Counted.Gets.Load()-reads)
		}
	}
	// Two clients may have the same token for different users.
	if err := r.Users.AddToken(ctx, "b", "u1", "token", time.Time{}); err != nil {
		t.Fatal(err)
	}
	if p, s, err := r.Users.Resolve(ctx, "b", "token"); s != users.Good || p.Number != "" || err != nil {
		t.Errorf("a user without a number: %v, %v, %v", p, s, err)
	}
	if p, s, err := r.Users.Resolve(ctx, "acme", "token"); s != users.Good || p.Number != "60-6543216353" ||
		err != nil {
		t.Errorf("%v, %v, %v", p, s, err)
	}
}

func TestAdministerUsers(t *testing.T) {
	r, ctx := clientstest.New(t), t.Context()
	r.MustAdd(t, clients.Record{ID: "acme"}, "")
	if err := errors.Join(r.Users.Add(ctx, "acme", "u1", "60-6543216353"),
		r.Users.Add(ctx, "acme", "u2", "44-2044555666"), r.Users.Block(ctx, "acme", "u2"),
		r.Users.AddToken(ctx, "acme", "u1", "token", time.Time{})); err != nil {
		t.Fatal(err)
	}
	all, err := r.Users.List(ctx, "acme")
	if err != nil || len(all) != 2 || all[0].Mask != "+60******6353" || all[0].Status != "active" ||
		all[1].Mask != "+44******5666" || all[1].Status != "blocked" || !all[1].Added.Equal(clientstest.Start) {
		t.Errorf("%+v, %v", all, err)
	}
	err = r.Users.Add(ctx, "acme", "u1", "")
	if clientstest.WantError(t, err, `user "u1" of client "acme": already there`); !errors.Is(err,
		documents.ErrExists) {
		t.Error("not ErrExists")
	}
	err = r.Users.AddToken(ctx, "acme", "u2", "token", time.Time{})
	if clientstest.WantError(t, err, "the token of another user: already there"); !errors.Is(err, documents.ErrExists) {
		t.Error("not ErrExists")
	}
	clientstest.WantError(t, r.Users.Add(ctx, "acme", "u\n", ""), "its id must be 1 to 64 characters")
	for _, number := range []string{"12025550143", "+1-2025550143", "1-202555014x", "1202-555014300"} {
		err := r.Users.Add(ctx, "acme", "u3", number)
		if clientstest.WantError(t, err, "its number must be a calling code, a hyphen"); err != nil &&
			strings.Contains(err.Error(), number) {
			t.Errorf("the error shows the number: %v", err)
		}
	}
	clientstest.WantError(t, r.Users.AddToken(ctx, "acme", "u1", "", time.Time{}),
		"the token has 0 characters, must have 1 to 128")
	clientstest.WantError(t, r.Users.AddToken(ctx, "acme", "u1", "late", clientstest.Start),
		"the token would have expired on 2026-11-22T02:25:27Z")
	err = r.Users.AddToken(ctx, "acme", "u1", strings.Repeat("é", 129), time.Time{})
	clientstest.WantError(t, err, "the token has 129 characters")
	if err != nil && strings.Contains(err.Error(), "é") {
		t.Error("the error shows the token")
	}
	if err := r.Users.AddToken(ctx, "acme", "u1", strings.Repeat("é", 128), time.Time{}); err != nil {
		t.Error(err)
	}
}

// A token or a user that cannot be read, and a number that cannot be opened, cause errors without the user's id, which
// could be a phone number, and without the digest of the token, which a reader of the log could compare with those of
// all short tokens.
func TestBrokenUsers(t *testing.T) {
	for _, key := range []string{"user#acme#6543216353", "token", "number"} {
		r, ctx := clientstest.New(t), t.Context()
		r.MustAdd(t, clients.Record{ID: "acme"}, "")
		if err := errors.Join(r.Users.Add(ctx, "acme", "6543216353", "60-6543216353"),
			r.Users.AddToken(ctx, "acme", "6543216353", "token", time.Time{})); err != nil {
			t.Fatal(err)
		}
		p, _, err := r.Users.Resolve(ctx, "acme", "token")
		if err != nil {
			t.Fatal(err)
		}
		text, want := `{"id":`, " cannot be read"
		switch key {
		case "token":
			key = p.Ref
		case "number":
			key, want = "user#acme#6543216353", `the user +60******6353 of client "acme" cannot be opened`
			text = strings.Replace(r.Raw(t, key), `"number": "1.`, `"number": "1.x`, 1)
		}
		r.Put(t, key, text)
		_, s, err := r.Users.Resolve(ctx, "acme", "token")
		clientstest.WantError(t, err, `client "acme"`, want)
		digest := p.Ref[strings.LastIndex(p.Ref, "#")+1:]
		if s == users.Good || strings.Contains(err.Error(), "6543216353") || strings.Contains(err.Error(), digest) {
			t.Errorf("%v, %v", s, err)
		}
	}
}

// A user is found by its id, with the number in clear, whatever its standing.
func TestPerson(t *testing.T) {
	r, ctx := clientstest.New(t), t.Context()
	r.MustAdd(t, clients.Record{ID: "acme"}, "")
	if err := errors.Join(r.Users.Add(ctx, "acme", "u1", "60-6543216353"), r.Users.Add(ctx, "acme", "mute", ""),
		r.Users.Block(ctx, "acme", "u1")); err != nil {
		t.Fatal(err)
	}
	for id, number := range map[string]string{"u1": "60-6543216353", "mute": ""} {
		p, err := r.Users.Person(ctx, "acme", id)
		if err != nil || p.ID != id || p.Number != number || !p.Added.Equal(clientstest.Start) || p.Ref != "" {
			t.Errorf("%s: %s of %v, %v", p.ID, p, p.Added, err)
		}
	}
	if _, err := r.Users.Person(ctx, "acme", "nobody"); !errors.Is(err, documents.ErrNotFound) {
		t.Error(err)
	}
	key := "user#acme#u1"
	r.Put(t, key, strings.Replace(r.Raw(t, key), `"number": "1.`, `"number": "1.x`, 1))
	_, err := r.Users.Person(ctx, "acme", "u1")
	clientstest.WantError(t, err, "the user +60******6353", "cannot be opened")
	if strings.Contains(err.Error(), "6543216353") {
		t.Error("the error has the number")
	}
	r.Put(t, key, "{")
	_, err = r.Users.Person(ctx, "acme", "u1")
	clientstest.WantError(t, err, `user "u1" of client "acme"`, "cannot be read")
}
