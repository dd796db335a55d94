package clients_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"countersign/pkg/clients"
)

// The standing of a token after all that can happen to it and to its user, at init
// and at verify, with two reads each.
func TestStanding(t *testing.T) {
	expires := start.Add(time.Hour)
	for _, c := range []struct {
		name   string
		happen func(*rig, *testing.T) error
		want   clients.Standing
		reads  int64
	}{
		{"nothing", func(*rig, *testing.T) error { return nil }, clients.Good, 2},
		{"the last millisecond", func(r *rig, _ *testing.T) error { r.clock.pass(time.Hour - time.Millisecond); return nil }, clients.Good, 2},
		{"it expires", func(r *rig, _ *testing.T) error { r.clock.pass(time.Hour); return nil }, clients.NoToken, 1},
		{"it is revoked", func(r *rig, t *testing.T) error { return r.users.RevokeToken(t.Context(), "acme", "token") }, clients.NoToken, 1},
		{"the user is blocked", func(r *rig, t *testing.T) error { return r.users.Block(t.Context(), "acme", "u1") }, clients.Blocked, 2},
		{"blocked and unblocked", func(r *rig, t *testing.T) error {
			return errors.Join(r.users.Block(t.Context(), "acme", "u1"), r.users.Unblock(t.Context(), "acme", "u1"))
		}, clients.Good, 2},
		{"the user is removed", func(r *rig, t *testing.T) error { return r.users.Remove(t.Context(), "acme", "u1") }, clients.NoUser, 2},
		{"somebody else gets the id", func(r *rig, t *testing.T) error {
			r.clock.pass(time.Millisecond)
			return errors.Join(r.users.Remove(t.Context(), "acme", "u1"), r.users.AddUser(t.Context(), "acme", "u1", "44-2044555666"))
		}, clients.NoUser, 2},
		{"somebody else gets the id, and the token", func(r *rig, t *testing.T) error {
			r.clock.pass(time.Millisecond)
			return errors.Join(r.users.Remove(t.Context(), "acme", "u1"), r.users.AddUser(t.Context(), "acme", "u1", "60-6543216353"),
				r.users.AddToken(t.Context(), "acme", "u1", "token", time.Time{}))
		}, clients.Good, 2},
		{"it gets more time", func(r *rig, t *testing.T) error {
			err := r.users.AddToken(t.Context(), "acme", "u1", "token", expires.Add(time.Hour))
			r.clock.pass(90 * time.Minute)
			return err
		}, clients.Good, 2},
		{"a status that nobody knows", func(r *rig, t *testing.T) error {
			r.put(t, "user#acme#u1", strings.Replace(r.raw(t, "user#acme#u1"), `"active"`, `"frozen"`, 1))
			return nil
		}, clients.Blocked, 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, ctx := newRig(t), t.Context()
			r.add(t, clients.Record{ID: "acme"}, "")
			if err := errors.Join(r.users.AddUser(ctx, "acme", "u1", "60-6543216353"), r.users.AddToken(ctx, "acme", "u1", "token", expires)); err != nil {
				t.Fatal(err)
			}
			before, standing, err := r.users.Resolve(ctx, "acme", "token")
			if err != nil || standing != clients.Good || before.Number != "60-6543216353" {
				t.Fatal(before, standing, err)
			}
			if err := c.happen(r, t); err != nil {
				t.Fatal(err)
			}
			reads := r.table.gets.Load()
			after, standing, err := r.users.Resolve(ctx, "acme", "token")
			if err != nil || standing != c.want || after.Ref != before.Ref || (after.Number != "") != (c.want == clients.Good) || r.table.gets.Load()-reads != c.reads {
				t.Errorf("at init: %v, %v, %v after %d reads, want %v after %d", after, standing, err, r.table.gets.Load()-reads, c.want, c.reads)
			}
			reads = r.table.gets.Load()
			standing, err = r.users.Check(ctx, before.Ref)
			if err != nil || standing != c.want || r.table.gets.Load()-reads != c.reads {
				t.Errorf("at verify: %v, %v after %d reads, want %v after %d", standing, err, r.table.gets.Load()-reads, c.want, c.reads)
			}
		})
	}
}

// A token works for the client that it was added to, and a reference names tokens
// and nothing else.
func TestOfTheirClient(t *testing.T) {
	r, ctx := newRig(t), t.Context()
	r.add(t, clients.Record{ID: "acme"}, "")
	r.add(t, clients.Record{ID: "b"}, "")
	if err := errors.Join(r.users.AddUser(ctx, "acme", "u1", "60-6543216353"), r.users.AddUser(ctx, "b", "u1", ""), r.users.AddToken(ctx, "acme", "u1", "token", time.Time{})); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ client, token string }{{"b", "token"}, {"nobody", "token"}, {"acme", "Token"}, {"acme", ""}, {"acme", "token "}} {
		if p, s, err := r.users.Resolve(ctx, c.client, c.token); s != clients.NoToken || err != nil || p.Number != "" {
			t.Errorf("%q of %q: %v, %v", c.token, c.client, s, err)
		}
	}
	reads := r.table.gets.Load()
	for _, ref := range []string{"", "client#acme", "user#acme#u1", "token#", "token"} {
		if s, err := r.users.Check(ctx, ref); s != clients.NoToken || err != nil || r.table.gets.Load() != reads {
			t.Errorf("%q: %v, %v, %d reads", ref, s, err, r.table.gets.Load()-reads)
		}
	}
	// The same token of two clients is two tokens.
	if err := r.users.AddToken(ctx, "b", "u1", "token", time.Time{}); err != nil {
		t.Fatal(err)
	}
	if p, s, err := r.users.Resolve(ctx, "b", "token"); s != clients.Good || p.Number != "" || err != nil {
		t.Errorf("a user without a number: %v, %v, %v", p, s, err)
	}
	if p, s, err := r.users.Resolve(ctx, "acme", "token"); s != clients.Good || p.Number != "60-6543216353" || err != nil {
		t.Errorf("%v, %v, %v", p, s, err)
	}
}

func TestAdministerUsers(t *testing.T) {
	r, ctx := newRig(t), t.Context()
	r.add(t, clients.Record{ID: "acme"}, "")
	if err := errors.Join(r.users.AddUser(ctx, "acme", "u1", "60-6543216353"), r.users.AddUser(ctx, "acme", "u2", "44-2044555666"), r.users.Block(ctx, "acme", "u2"),
		r.users.AddToken(ctx, "acme", "u1", "token", time.Time{})); err != nil {
		t.Fatal(err)
	}
	all, err := r.users.List(ctx, "acme")
	if err != nil || len(all) != 2 || all[0].Mask != "+60******6353" || all[0].Status != "active" || all[1].Mask != "+44******5666" || all[1].Status != "blocked" || !all[1].Added.Equal(start) {
		t.Errorf("%+v, %v", all, err)
	}
	err = r.users.AddUser(ctx, "acme", "u1", "")
	if says(t, err, `user "u1" of client "acme": already there`); !errors.Is(err, clients.ErrExists) {
		t.Error("not ErrExists")
	}
	err = r.users.AddToken(ctx, "acme", "u2", "token", time.Time{})
	if says(t, err, "the token of another user: already there"); !errors.Is(err, clients.ErrExists) {
		t.Error("not ErrExists")
	}
	says(t, r.users.AddUser(ctx, "acme", "u\n", ""), "its id must be 1 to 64 characters")
	for _, number := range []string{"12025550143", "+1-2025550143", "1-202555014x", "1202-555014300"} {
		err := r.users.AddUser(ctx, "acme", "u3", number)
		if says(t, err, "its number must be a calling code, a hyphen"); err != nil && strings.Contains(err.Error(), number) {
			t.Errorf("the error tells the number: %v", err)
		}
	}
	says(t, r.users.AddToken(ctx, "acme", "u1", "", time.Time{}), "the token has 0 characters, must have 1 to 128")
	says(t, r.users.AddToken(ctx, "acme", "u1", "late", start), "the token would have expired on 2026-11-22T02:25:27Z")
	err = r.users.AddToken(ctx, "acme", "u1", strings.Repeat("é", 129), time.Time{})
	if says(t, err, "the token has 129 characters"); err != nil && strings.Contains(err.Error(), "é") {
		t.Error("the error tells the token")
	}
	if err := r.users.AddToken(ctx, "acme", "u1", strings.Repeat("é", 128), time.Time{}); err != nil {
		t.Error(err)
	}
}

// A record of a token or a user that cannot be read is an error, without the
// user's id, which could be a number.
func TestBrokenUsers(t *testing.T) {
	for _, key := range []string{"user#acme#6543216353", "token"} {
		r, ctx := newRig(t), t.Context()
		r.add(t, clients.Record{ID: "acme"}, "")
		if err := errors.Join(r.users.AddUser(ctx, "acme", "6543216353", "60-6543216353"), r.users.AddToken(ctx, "acme", "6543216353", "token", time.Time{})); err != nil {
			t.Fatal(err)
		}
		p, _, err := r.users.Resolve(ctx, "acme", "token")
		if err != nil {
			t.Fatal(err)
		}
		if key == "token" {
			key = p.Ref
		}
		r.put(t, key, `{"id":`)
		s, err := r.users.Check(ctx, p.Ref)
		says(t, err, p.Ref+": the ", " cannot be read")
		if s == clients.Good || strings.Contains(err.Error(), "6543216353") {
			t.Errorf("%v, %v", s, err)
		}
	}
}
