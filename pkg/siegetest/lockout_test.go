package siegetest

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"countersign/pkg/otp"
)

const (
	number   = "+60123456789"
	home     = "203.0.113.7-home-device"
	stranger = "198.51.100.9-other-device"
	days     = 30
)

// attacker is a stranger who wants to keep the owner of a number from codes. He asks for
// codes of the number in each interval, and always just before the owner does.
type attacker struct {
	name     string
	interval time.Duration
	perDay   int // messages in a day after the first two, in which he takes all that he gets
}

var attackers = []attacker{
	{"nobody", time.Hour, 0},
	{"first, one message a day", time.Hour, 1},
	{"first, two messages a day", time.Hour, 2},
	{"everywhere", time.Hour, 1 << 30},
}

// siege plays 30 days. It returns on how many the owner got a code, how many messages he
// was refused, and how many messages the attacker caused.
func siege(t *testing.T, w *world, via string, a attacker, source string) (good, refused, caused int) {
	owner, enemy := w.people()[via](), w.people()[via]()
	if source != "" { // he signed in before
		if !owner.ask(number, source) || !owner.guess(number, source, w.code()) {
			t.Fatal("the owner cannot sign in before the attack")
		}
		w.clock.Advance(48 * time.Hour)
	}
	for day := range days {
		end, done, asked := w.clock.Now().Add(24*time.Hour), false, 0
		attack := func() {
			if limit := a.perDay; a.perDay > 0 && day < 2 || asked < limit {
				if enemy.ask(number, stranger) {
					asked, caused = asked+1, caused+1
				}
			}
		}
		w.meanwhile = attack
		for next := w.clock.Now(); w.clock.Now().Before(end); w.clock.Advance(a.interval) {
			attack()
			if !done && !w.clock.Now().Before(next) {
				if next = next.Add(time.Hour); owner.ask(number, source) {
					done = owner.guess(number, source, w.code())
				} else {
					refused++
				}
			}
		}
		if done {
			good++
		}
		w.clock.Advance(end.Sub(w.clock.Now()))
	}
	return good, refused, caused
}

// TestLockout: nobody can lock the owner of a number out for good. The owner asks each hour
// until he has a code, and types it. With a known source he has one on each day. Without
// one he has one on each day on which the attacker leaves one of the messages that strangers
// get: all but the first two days, if the attacker takes two a day after them.
func TestLockout(t *testing.T) {
	var table strings.Builder
	row := func(cells ...any) { fmt.Fprintf(&table, "%-10s %-26s %-10s %15s %16s %18s\n", cells...) }
	row("contract", "attacker", "owner", "days with a code", "owner's refusals", "messages to others")
	for _, via := range []string{"ams", "unimatrix", "cognito"} {
		for _, a := range attackers {
			for _, owner := range []struct{ name, source string }{{"a stranger", ""}, {"known", home}} {
				w := newWorld(t, otp.DefaultPolicy())
				good, refused, caused := siege(t, w, via, a, owner.source)
				row(via, a.name, owner.name, fmt.Sprint(good, " of ", days), fmt.Sprint(refused), fmt.Sprint(caused))
				promised := days
				switch {
				case owner.source != "" || a.perDay == 0:
				case a.perDay <= 2:
					promised -= 2
				default:
					promised = 0 // the attacker may take every message
				}
				if good < promised {
					t.Errorf("%s, attacker %s, owner %s: a code on %d days, want %d",
						via, a.name, owner.name, good, promised)
				}
			}
		}
	}
	t.Log("\n" + table.String())
}

// TestGuessesOfOthers: strangers guess at each code of the owner before he has read it. That
// ends his code only where the contract names it by what strangers know.
func TestGuessesOfOthers(t *testing.T) {
	for _, c := range []struct {
		name string
		own  func(*world) person
		want int // days with a code that passes
	}{
		{"ams", func(w *world) person { return &viaAMS{world: w} }, days},
		{"cognito", func(w *world) person { return &viaCognito{world: w} }, days},
		{"unimatrix", func(w *world) person { return &viaUnimatrix{world: w} }, 0},
		{"unimatrix, an intent for each session",
			func(w *world) person {
				return &viaUnimatrix{world: w, intent: "123e4567-e89b-42d3-a456-426614174000"}
			}, days},
	} {
		w := newWorld(t, otp.DefaultPolicy())
		via, _, _ := strings.Cut(c.name, ",")
		owner, enemy, good := c.own(w), w.people()[via](), 0
		for range days {
			w.clock.Advance(24 * time.Hour)
			enemy.ask(number, stranger)
			w.clock.Advance(otp.DefaultPolicy().Cooldown)
			if !owner.ask(number, home) {
				t.Fatalf("%s: the owner gets no code", c.name)
			}
			code := w.code()
			for range 10 {
				enemy.guess(number, stranger, "0000")
			}
			if owner.guess(number, home, code) {
				good++
			}
		}
		if good != c.want {
			t.Errorf("%s: the owner's code passes on %d days, want %d", c.name, good, c.want)
		}
	}
}
