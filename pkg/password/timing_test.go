package password_test

import (
	"flag"
	"fmt"
	"slices"
	"testing"
	"time"

	"countersign/pkg/clients/registry"
	"countersign/pkg/otp"
	"countersign/pkg/password"
	"countersign/pkg/users"
)

var timing = flag.Int("timing", 0, "print medians of so many calls of each kind, at the cost of a deployment")

// line is a number of the test, as callers write it, and as the directory has it.
type line struct{ as string }

func (l line) to() otp.Phone { return otp.Phone("+60" + l.as[3:]) }

// work is what a call took.
type work struct{ reads, writes, evaluations int64 }

// TestWorkIsTheSame compares what callers must not tell apart: why there is no password at init, and whether it is gone
// or wrong at verify (P59). What a call takes is compared here; -timing prints how long it takes.
func TestWorkIsTheSame(t *testing.T) {
	onEach(t, func(t *testing.T, o opener) {
		cost := small
		if *timing > 0 {
			cost = password.DefaultCost
		}
		d := newDoor(t, o.open(t), cost)
		list := d.directory()
		kinds := []string{
			"no such user", "no password", "blocked", "removed", "wrong", "gone", "blocked meanwhile", "cut off",
		}
		lines, asked := map[string]line{}, map[string]string{}
		for i, kind := range kinds {
			lines[kind] = line{fmt.Sprintf("60-654321640%d", i)}
			if i > 0 {
				d.person(list, lines[kind], kind)
			}
			if i > 3 {
				asked[kind] = d.start(client, "SUCCESS", "ask "+kind, password.Payment, lines[kind].as)
			}
		}
		d.turn(list, lines)
		n := 0
		compare(t, d, kinds[:4], work{2, 1, 0}, func(kind string) {
			n++
			d.start(client, "PROCESS_FAIL", fmt.Sprint("init ", n), password.Payment, lines[kind].as)
		})
		compare(t, d, kinds[4:], work{3, 1, 1}, func(kind string) {
			d.enter(client, "VERIFY_UNMATCHED", "ask "+kind, asked[kind], password.Payment, d.seal(asked[kind], wrong))
		})
	})
}

// person adds a user with a PIN.
func (d *door) person(list registry.Users, l line, id string) {
	d.t.Helper()
	ctx := d.t.Context()
	if err := list.Add(ctx, client, id, l.as); err != nil {
		d.t.Fatal(err)
	}
	all, err := list.List(ctx, client)
	if err != nil {
		d.t.Fatal(err)
	}
	i := slices.IndexFunc(all, func(u users.User) bool { return u.ID == id })
	if err := d.init.Passwords.Link(ctx, client, l.to(), id, all[i].Added); err != nil {
		d.t.Fatal(err)
	}
	r := password.Setting{Client: client, To: l.to(), Kind: password.Payment, Password: pin}
	if got, err := d.init.Passwords.Set(ctx, r); err != nil || got != otp.PasswordSet {
		d.t.Fatal(got, err)
	}
}

// turn blocks, removes and clears, as the kinds of the test are named.
func (d *door) turn(list registry.Users, lines map[string]line) {
	d.t.Helper()
	ctx := d.t.Context()
	for _, id := range []string{"blocked", "blocked meanwhile"} {
		if err := list.Block(ctx, client, id); err != nil {
			d.t.Fatal(err)
		}
	}
	for _, id := range []string{"removed", "cut off"} {
		if err := list.Remove(ctx, client, id); err != nil {
			d.t.Fatal(err)
		}
	}
	for _, kind := range []string{"no password", "gone"} {
		if was, err := d.init.Passwords.Clear(ctx, client, lines[kind].to(), password.Payment); err != nil || !was {
			d.t.Fatal(was, err)
		}
	}
}

// compare makes calls of each kind by turns, and holds each to the same work.
func compare(t *testing.T, d *door, kinds []string, want work, call func(kind string)) {
	t.Helper()
	took := map[string][]time.Duration{}
	for range max(*timing, 2) {
		for _, kind := range kinds {
			d.unlock()
			d.calls.reads.Store(0)
			d.calls.writes.Store(0)
			before, begun := password.AllEvaluations(), time.Now()
			call(kind)
			took[kind] = append(took[kind], time.Since(begun))
			got := work{d.calls.reads.Load(), d.calls.writes.Load(), int64(password.AllEvaluations() - before)}
			if got != want {
				t.Errorf("%s: %+v, want %+v", kind, got, want)
			}
		}
	}
	if *timing == 0 {
		return
	}
	median := func(kind string) time.Duration {
		slices.Sort(took[kind])
		return took[kind][len(took[kind])/2]
	}
	base := median(kinds[0])
	for _, kind := range kinds {
		m := median(kind)
		t.Logf("%-18s %v, %.3f of %s", kind, m.Round(time.Microsecond), float64(m)/float64(base), kinds[0])
	}
}

// unlock forgets all wrong guesses: no lock is meant here.
func (d *door) unlock() {
	d.t.Helper()
	for i := range 10 {
		if _, err := d.processes[0].Unlock(d.t.Context(), client, line{fmt.Sprintf("60-654321640%d", i)}.to(),
			password.Payment); err != nil {
			d.t.Fatal(err)
		}
	}
}
