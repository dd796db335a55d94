package password_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-json-experiment/json"

	"countersign/pkg/documents"
	"countersign/pkg/keyring"
	"countersign/pkg/keyring/keyfile"
	"countersign/pkg/keyring/keyringtest"
	"countersign/pkg/otp"
	"countersign/pkg/otp/storetest"
	"countersign/pkg/password"

	"countersign/pkg/clocktest"
)

const (
	number  otp.Phone = "+606543216353"
	client            = "demo"
	pin               = password.Clear("482915")
	wrong             = password.Clear("482916")
	phrase            = password.Clear("canary in a coal mine")
	minute            = time.Minute
	forEver           = 100 * 365 * 24 * time.Hour
)

// small is a cost for tests in which evaluation is not the point.
var small = password.Cost{Memory: 8, Passes: 1, Lanes: 1}

// start is in 2100, so that no engine deletes items by TTL.
var start = time.UnixMilli(4_102_531_208_457)

// world is a client's passwords, in several processes.
type world struct {
	t         testing.TB
	clock     *clocktest.Clock
	keys      *peppers
	table     documents.Table
	processes []*password.Accounts
	issuer    otp.Issuer
	verifier  otp.Verifier
}

func newWorld(t testing.TB, s stores, processes int) *world {
	t.Helper()
	w := &world{t: t, clock: clocktest.New(start), table: s.table}
	ring, err := keyring.New(keyfile.New(keyringtest.Write(t, t.TempDir())), w.clock.Now, forEver,
		slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	w.keys = &peppers{Ring: ring, held: map[int][]byte{}}
	w.keys.rotate(1)
	for range processes {
		w.processes = append(w.processes, w.process(s.table))
	}
	keys := storetest.Keys()
	w.issuer = otp.Issuer{Challenges: s.challenges, Keys: keys, Now: w.clock.Now, Rand: rand.Reader}
	w.verifier = otp.Verifier{Challenges: s.challenges, Keys: keys, Now: w.clock.Now, Rand: rand.Reader}
	return w
}

// process returns the passwords as another process has them.
func (w *world) process(table documents.Table) *password.Accounts {
	a := password.New(table, w.keys, w.keys, w.clock.Now, rand.Reader)
	a.Cost = small
	return a
}

// peppers is a keyring whose peppers the test rotates and retires.
type peppers struct {
	*keyring.Ring
	mu     sync.Mutex
	newest int
	held   map[int][]byte
}

func (p *peppers) Pepper(context.Context) (int, []byte) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.newest, p.held[p.newest]
}

func (p *peppers) PepperOf(_ context.Context, version int) []byte {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.held[version]
}

func (p *peppers) rotate(version int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.newest, p.held[version] = version, bytes.Repeat([]byte{byte(version)}, 32)
}

func (p *peppers) retire(version int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.held, version)
}

// set sets a password as an operator does.
func (w *world) set(k password.Kind, typed password.Clear) {
	w.t.Helper()
	r := password.Setting{Client: client, To: number, Kind: k, Password: typed}
	if got, err := w.processes[0].Set(w.t.Context(), r); err != nil || got != otp.PasswordSet {
		w.t.Fatalf("set: %q, %v", got, err)
	}
}

// ref returns the reference of a password, and fails the test unless the refusal is that of want.
func (w *world) ref(k password.Kind, want otp.Outcome) string {
	w.t.Helper()
	ref, why, err := w.processes[0].Find(w.t.Context(), client, number, k)
	if err != nil || (why != "") != (want == otp.NoPassword) {
		w.t.Fatalf("find: %q, %v, want %q", why, err, want)
	}
	return ref
}

// ask makes a challenge.
func (w *world) ask(id string, k password.Kind) (authID string) {
	w.t.Helper()
	got, err := w.issuer.Ask(w.t.Context(), otp.Ask{
		Client: client, ID: id, Fingerprinted: []string{id}, Password: w.ref(k, ""), Policy: otp.DefaultPolicy(),
	})
	if err != nil || got.Outcome != otp.AskedPassword {
		w.t.Fatalf("ask: %q, %v", got.Outcome, err)
	}
	return got.AuthID
}

// confirm types a password for a challenge, as the handlers do.
func (w *world) confirm(a *password.Accounts, id, authID string, typed password.Clear) (otp.Outcome, error) {
	asking, outcome, err := w.verifier.Asking(w.t.Context(), client, id, authID)
	if err != nil || outcome != "" {
		return outcome, err
	}
	got, err := a.Guess(w.t.Context(), asking.Password, typed)
	if err != nil || got.Outcome != otp.Passed {
		return got.Outcome, err
	}
	return w.verifier.Pass(w.t.Context(), asking)
}

// guess types a password in a process. The answer must be that of want.
func (w *world) guess(ref string, typed password.Clear, want otp.Outcome) password.Checked {
	w.t.Helper()
	got, err := w.processes[0].Guess(w.t.Context(), ref, typed)
	if err != nil || got.Outcome != want {
		w.t.Fatalf("guess: %q, %v, want %q", got.Outcome, err, want)
	}
	return got
}

// exhaust guesses wrong until the password is locked, and returns for how long.
func (w *world) exhaust(ref string) time.Duration {
	w.t.Helper()
	for left := password.Guesses - 1; left > 0; left-- {
		if got := w.guess(ref, wrong, otp.Unmatched); got.Left != left {
			w.t.Fatalf("%d guesses are left, want %d", got.Left, left)
		}
	}
	return w.guess(ref, wrong, otp.Exhausted).Wait
}

// record is what the table has of a number.
type record struct {
	Payment, Login *struct {
		Digest  string
		Wrong   int
		Removed bool
	}
	Proofs   []any
	key      string
	text     []byte
	revision int64
}

// record reads the only account of the table.
func (w *world) record() (r record) {
	w.t.Helper()
	found := 0
	err := w.table.List(w.t.Context(), password.Prefix, func(key string, text []byte, revision int64) error {
		found++
		r.key, r.text, r.revision = key, text, revision
		return json.Unmarshal(text, &r, json.MatchCaseInsensitiveNames(true))
	})
	if err != nil || found != 1 {
		w.t.Fatalf("%d accounts, %v", found, err)
	}
	return r
}

// evaluated returns how many guesses at the PIN were evaluated since its digest was made.
func (w *world) evaluated() int {
	w.t.Helper()
	return password.Evaluations(password.SaltOf(w.record().Payment.Digest)) - 1
}

// store writes another text over the account.
func (w *world) store(text string) {
	w.t.Helper()
	r := w.record()
	if ok, err := w.table.Put(w.t.Context(), r.key, []byte(text), r.revision); err != nil || !ok {
		w.t.Fatal(ok, err)
	}
}

// wrongPIN returns the i-th PIN that is not the right one.
func wrongPIN(i int) password.Clear { return password.Clear(fmt.Sprintf("7%05d", i)) }

var errLost = errors.New("scripted loss")

// quiet fails the test if an error quotes a stored value, or does not name how to mend it.
func quiet(t testing.TB, err error, mend string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), mend) || strings.Contains(err.Error(), "canary") {
		t.Errorf("error %v, must have %q and quote nothing", err, mend)
	}
}
