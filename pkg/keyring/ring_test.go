package keyring_test

import (
	"context"
	"errors"
	"reflect"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"countersign/pkg/keyring"

	"countersign/pkg/clocktest"
)

func TestRefresh(t *testing.T) {
	s := &shelf{text: codes(1)}
	r, c, l := ring(t, s)
	look := func(reads int, newest int, versions ...int) {
		t.Helper()
		if !reflect.DeepEqual(r.Keys(t.Context()), keys(t, newest, versions...)) {
			t.Errorf("holds %v, want %v with %d in force", r, versions, newest)
		}
		if s.count() != reads {
			t.Errorf("%d reads, want %d", s.count(), reads)
		}
	}
	look(1, 1, 1)
	s.put(codes(1, 2), nil)
	c.Advance(time.Minute - 1)
	look(1, 1, 1)
	c.Advance(1)
	look(2, 2, 1, 2)
	look(2, 2, 1, 2)
	c.Advance(time.Minute)
	held := r.Keys(t.Context())
	if c.Advance(time.Minute); r.Keys(t.Context()) != held {
		t.Error("the same document was read anew")
	}
	if l.about("keyring changed") != 1 || l.about("code 1 2") != 1 {
		t.Errorf("log %q", l.all)
	}
	s.put(codes(2), nil) // 1 is retired
	c.Advance(time.Minute)
	look(5, 2, 2)
	c.Advance(-time.Hour) // the clock is set right
	look(6, 2, 2)
}

// A failing source causes a log line and no more, and is read again after a while.
func TestFailingSource(t *testing.T) {
	down := errors.New("the source is down")
	for name, c := range map[string]struct {
		text []byte
		err  error
		line string
	}{
		"an error": {nil, down, "the source is down"},
		"nothing":  {nil, nil, "not JSON"},
		"garbage":  {[]byte(`{"code":7}`), nil, "code must be a list"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := keyring.New(&shelf{text: c.text, err: c.err}, time.Now, time.Minute,
				(&lines{}).log()); err == nil {
				t.Error("starts without keys")
			}
			s := &shelf{text: codes(1)}
			r, clock, l := ring(t, s)
			held := r.Keys(t.Context())
			s.put(c.text, c.err)
			clock.Advance(time.Minute)
			for i := range 50 { // 50 seconds, a call a second
				if r.Keys(t.Context()) != held {
					t.Fatal("other keys")
				}
				if want := 2 + i/10; s.count() != want || l.about(c.line) != want-1 {
					t.Fatalf("after %d s: %d reads, %d lines, want %d reads: %q", i, s.count(), l.about(c.line), want,
						l.all)
				}
				clock.Advance(time.Second)
			}
			s.put(codes(1, 2), nil)
			if clock.Advance(time.Second); reflect.DeepEqual(r.Keys(t.Context()), held) {
				t.Error("not noticed that the source is back")
			}
		})
	}
	if _, err := keyring.New(&shelf{text: codes(1)}, time.Now, 0, (&lines{}).log()); err == nil {
		t.Error("an age of 0")
	}
}

// A version comes into force at its time, without a read.
func TestComingIntoForce(t *testing.T) {
	s := &shelf{text: text(map[keyring.Kind][]v{
		keyring.Code: {{Version: 1}, {Version: 2, From: "2026-11-22T06:00:20Z"},
			{Version: 3, From: "2026-11-22T06:00:10Z"}},
		keyring.Seal: {{Version: 1}, {Version: 2, From: "2026-11-22T06:00:30Z"}},
		keyring.Sign: {{Version: 1}, {Version: 2, From: "2026-11-22T06:00:30.000000001Z"}},
	})}
	r, c, _ := ring(t, s)
	for _, step := range []struct {
		at   time.Duration
		code int
		seal string
		sign string
	}{
		{0, 1, "1.", "1"},
		{10*time.Second - 1, 1, "1.", "1"},
		{10 * time.Second, 3, "1.", "1"},
		{20 * time.Second, 3, "1.", "1"},
		{30 * time.Second, 3, "2.", "1"},
		{30*time.Second + 1, 3, "2.", "2"},
		{59 * time.Second, 3, "2.", "2"},
	} {
		c.Advance(day.Add(step.at).Sub(c.Now()))
		if !reflect.DeepEqual(r.Keys(t.Context()), keys(t, step.code, 1, 2, 3)) {
			t.Errorf("at %v: code version is not %d", step.at, step.code)
		}
		sealed, err := r.Seal(t.Context(), nil, "")
		if err != nil || sealed[:2] != step.seal {
			t.Errorf("at %v: sealed %s, %v", step.at, sealed, err)
		}
		version, key, ok := r.Signing(t.Context())
		if version != step.sign || key == nil || !ok {
			t.Errorf("at %v: signs with %s, want %s", step.at, version, step.sign)
		}
	}
	if s.count() != 1 {
		t.Errorf("%d reads", s.count())
	}
}

// An RSA key is parsed once, however often its document is read.
func TestSignKeysAreKept(t *testing.T) {
	sign := []v{{Version: 1}, {Version: 2, From: "2030-01-01T00:00:00Z"}}
	s := &shelf{text: text(map[keyring.Kind][]v{keyring.Sign: sign})}
	r, c, _ := ring(t, s)
	_, first, _ := r.Signing(t.Context())
	s.put(text(map[keyring.Kind][]v{keyring.Sign: sign, keyring.Code: {{Version: 1}, {Version: 2}}}), nil)
	c.Advance(time.Minute)
	if _, key, _ := r.Signing(t.Context()); key != first ||
		r.Document().String() != "code 1 2, number 1, seal 1, sign 1 2" {
		t.Errorf("parsed again: %v", r)
	}
	sign[1].From = ""
	s.put(text(map[keyring.Kind][]v{keyring.Sign: sign}), nil)
	c.Advance(time.Minute)
	version, key, _ := r.Signing(t.Context())
	if version != "2" || key.Equal(first) {
		t.Errorf("signs with %s", version)
	}
	// Somebody put another key in the place of version 1.
	one := string(text(map[keyring.Kind][]v{keyring.Sign: {{Version: 2}}}))
	s.put([]byte(strings.Replace(one, `"sign":[{"version":2`, `"sign":[{"version":1`, 1)), nil)
	c.Advance(time.Minute)
	if version, again, _ := r.Signing(t.Context()); version != "1" || again.Equal(first) || !again.Equal(key) {
		t.Errorf("signs with %s, not with what is there", version)
	}
}

// One caller refreshes, and the others use the held keys meanwhile.
func TestOneRefreshes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &shelf{text: codes(1)}
		r, err := keyring.New(s, time.Now, time.Minute, (&lines{}).log())
		if err != nil {
			t.Fatal(err)
		}
		s.put(codes(1, 2), nil)
		s.takes = time.Second
		time.Sleep(time.Minute)
		var waited atomic.Int32
		var all sync.WaitGroup
		for i := range 200 {
			all.Go(func() {
				begin := time.Now()
				r.Keys(t.Context())
				r.Newer(t.Context(), i%2) // 1 is held, 0 retired
				if time.Since(begin) > 0 {
					waited.Add(1)
				}
			})
		}
		all.Wait()
		if waited.Load() != 1 || s.count() != 2 {
			t.Errorf("%d callers waited, %d reads", waited.Load(), s.count())
		}
	})
}

// A caller that read the clock before another's refresh does not repeat the refresh.
func TestLateCaller(t *testing.T) {
	s, c := &shelf{text: codes(1)}, clocktest.New(day)
	var r *keyring.Ring
	meanwhile := func() {}
	r, err := keyring.New(s, func() time.Time {
		now, other := c.Now(), meanwhile
		meanwhile = func() {}
		other()
		return now
	}, time.Minute, (&lines{}).log())
	if err != nil {
		t.Fatal(err)
	}
	c.Advance(time.Minute)
	meanwhile = func() { c.Advance(time.Millisecond); r.Keys(t.Context()) }
	if r.Keys(t.Context()); s.count() != 2 {
		t.Errorf("%d reads", s.count())
	}
}

// Many callers that meet an unknown version cause one fetch, and all get the version. Time
// is virtual.
func TestNewer(t *testing.T) {
	for name, ask := range map[string]func(context.Context, *keyring.Ring) bool{
		"code": func(ctx context.Context, r *keyring.Ring) bool {
			return reflect.DeepEqual(r.Newer(ctx, 3), keys(t, 3, 1, 2, 3))
		},
		"seal": func(ctx context.Context, r *keyring.Ring) bool {
			plain, err := r.Open(ctx, sealed3(), "client")
			return err == nil && string(plain) == "plain"
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &shelf{text: codes(1, 2)}
				r, err := keyring.New(s, time.Now, time.Minute, (&lines{}).log())
				if err != nil {
					t.Fatal(err)
				}
				s.put(upTo3(), nil)
				s.takes = 100 * time.Millisecond
				var all sync.WaitGroup
				for range 200 {
					all.Go(func() {
						if !ask(t.Context(), r) {
							t.Error("not the new key")
						}
					})
				}
				all.Wait()
				if s.count() != 2 {
					t.Errorf("%d reads, want one at the start and one more", s.count())
				}
			})
		})
	}
}

// upTo3 is a document after rotations of code and seal elsewhere.
func upTo3() []byte {
	three := []v{{Version: 1}, {Version: 2}, {Version: 3}}
	return text(map[keyring.Kind][]v{keyring.Code: three, keyring.Seal: three})
}

// sealed3 is a value that another process sealed.
var sealed3 = sync.OnceValue(func() string {
	r, err := keyring.New(&shelf{text: upTo3()}, func() time.Time { return day }, time.Minute, (&lines{}).log())
	if err != nil {
		panic(err)
	}
	sealed, err := r.Seal(context.Background(), []byte("plain"), "client")
	if err != nil {
		panic(err)
	}
	return sealed
})

// Requests with retired versions, or with versions that do not exist, cause few reads.
func TestNoFloods(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &shelf{text: codes(2, 5)}
		r, err := keyring.New(s, time.Now, time.Hour, (&lines{}).log())
		if err != nil {
			t.Fatal(err)
		}
		s.takes = time.Millisecond
		flood := func(versions ...int) (reads int) {
			before := s.count()
			var all sync.WaitGroup
			for range 50 {
				for _, version := range versions {
					all.Go(func() { r.Newer(t.Context(), version) })
				}
			}
			all.Wait()
			return s.count() - before
		}
		if n := flood(-1, 0, 1, 2, 3, 4, 5); n != 0 {
			t.Errorf("%d reads for versions that are held or retired", n)
		}
		if n := flood(6, 7, 1<<40); n != 1 {
			t.Errorf("%d reads for versions that nobody has", n)
		}
		time.Sleep(time.Second - time.Millisecond)
		if n := flood(6, 7); n != 0 {
			t.Errorf("%d reads within the second", n)
		}
		time.Sleep(time.Millisecond)
		if n := flood(6, 7); n != 1 {
			t.Errorf("%d reads after the second", n)
		}
		// That a code version was looked for in vain does not delay a seal version.
		s.put(upTo3(), nil)
		if _, err := r.Open(t.Context(), sealed3(), "client"); err != nil {
			t.Error(err)
		}
		// Rotations that follow at once are each fetched.
		for n := 6; n < 10; n++ {
			s.put(codes(5, n), nil)
			time.Sleep(time.Second / 4)
			if n > 6 && !reflect.DeepEqual(r.Newer(t.Context(), n), keys(t, n, 5, n)) {
				t.Errorf("version %d is not held", n)
			}
			time.Sleep(time.Second * time.Duration(7-min(n, 7)))
		}
	})
}

// A caller that gives up returns, and the next one fetches.
func TestCallerGivesUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &shelf{text: codes(1)}
		r, err := keyring.New(s, time.Now, time.Hour, (&lines{}).log())
		if err != nil {
			t.Fatal(err)
		}
		held := r.Keys(t.Context())
		s.put(codes(1, 2), nil)
		s.takes = time.Second
		short, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		begin := time.Now()
		letGo := func() {
			t.Helper()
			if r.Newer(short, 2) != held || time.Since(begin) != time.Millisecond {
				t.Errorf("not let go, or other keys, after %v", time.Since(begin))
			}
		}
		letGo() // the one that reads
		begin = time.Now()
		short, cancel = context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		var all sync.WaitGroup
		all.Go(func() {
			if !reflect.DeepEqual(r.Newer(t.Context(), 2), keys(t, 2, 1, 2)) {
				t.Error("not fetched by the next")
			}
		})
		synctest.Wait()
		letGo() // one that waits for the other
		all.Wait()
		// A source that does not know when to stop holds nobody for ever.
		s.takes = time.Hour
		begin = time.Now()
		if r.Newer(t.Context(), 3); time.Since(begin) > 6*time.Second {
			t.Errorf("took %v", time.Since(begin))
		}
	})
}

// Readers, rotations and versions that come into force run at once (with -race).
func TestUnderLoad(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &shelf{text: codes(1)}
		l := &lines{}
		r, err := keyring.New(s, time.Now, 100*time.Millisecond, l.log())
		if err != nil {
			t.Fatal(err)
		}
		var done atomic.Bool
		var all sync.WaitGroup
		for range 8 {
			all.Go(func() {
				for n := 0; !done.Load(); n++ {
					sealed, err := r.Seal(t.Context(), []byte("plain"), "b")
					if err != nil {
						t.Error(err)
					}
					time.Sleep(time.Millisecond)
					if _, err := r.Open(t.Context(), sealed, "b"); err != nil {
						t.Error(err)
					}
					r.Document().List(time.Now())
					r.Newer(t.Context(), n%50)
				}
			})
		}
		for n := 2; n < 40; n++ {
			all := []v{{Version: n - 1}, {Version: n,
				From: time.Now().Add(50 * time.Millisecond).UTC().Format(time.RFC3339Nano)}}
			s.put(text(map[keyring.Kind][]v{keyring.Code: all, keyring.Seal: all}), nil)
			time.Sleep(200 * time.Millisecond)
		}
		done.Store(true)
		all.Wait()
		if r.Document().String() != "code 38 39, number 1, seal 38 39" || l.about("cause") > 0 {
			t.Errorf("%v, %q", r, l.all)
		}
	})
}
