package secretsmanager_test

import (
	"crypto/rand"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"countersign/pkg/keyring"
)

func rotate(d *keyring.Document) error {
	_, err := d.Rotate(keyring.Code, time.Time{}, time.Date(2026, 11, 22, 6, 0, 0, 0, time.UTC), rand.Reader)
	return err
}

func TestEdit(t *testing.T) {
	for name, before := range map[string]string{
		"long":  string(codes(1)),
		"short": `{"version":1,"secret":"` + strings.Repeat(canary, 11)[:64] + `"}`, // as the template makes it
	} {
		t.Run(name, func(t *testing.T) {
			v := newVault([]byte(before))
			if err := secret(t, v).Edit(t.Context(), rotate); err != nil {
				t.Fatal(err)
			}
			if got := held(t, v.Current()); got != "code 1 2, number 1, seal 1" {
				t.Error(got)
			}
			if want := []string{"GetSecretValue", "PutSecretValue", "UpdateSecretVersionStage"}; !slices.Equal(v.asked,
				want) {
				t.Errorf("asked %q", v.asked)
			}
			if len(v.Labels()) != 2 {
				t.Errorf("labels %v", v.Labels()) // a secret has room for 20
			}
		})
	}
	// The keys of passwords come into a keyring of the template's form too.
	short := newVault([]byte(`{"version":1,"secret":"` + strings.Repeat(canary, 11)[:64] + `"}`))
	if err := secret(t, short).Edit(t.Context(), func(d *keyring.Document) error {
		at := time.Date(2026, 11, 22, 6, 0, 0, 0, time.UTC)
		_, errPepper := d.Rotate(keyring.Pepper, time.Time{}, at, rand.Reader)
		_, errEncrypt := d.Rotate(keyring.Encrypt, time.Time{}, at, rand.Reader)
		return errors.Join(errPepper, errEncrypt)
	}); err != nil || held(t, short.Current()) != "code 1, number 1, seal 1, pepper 1, encrypt 1" {
		t.Error(err, held(t, short.Current()))
	}
	v := newVault(codes(1))
	refused := errors.New("no")
	if err := secret(t, v).Edit(t.Context(), func(d *keyring.Document) error {
		return errors.Join(rotate(d),
			refused)
	}); !errors.Is(err, refused) {
		t.Error(err)
	}
	if err := secret(t, v).Edit(t.Context(), func(*keyring.Document) error { return nil }); err != nil {
		t.Error(err)
	}
	if v.requests("") != 2 || v.Current() != string(codes(1)) {
		t.Errorf("asked %q", v.asked)
	}
}

// Of edits at the same time, each one that succeeded is in the document, and each other
// one returned an error.
func TestConcurrentEdits(t *testing.T) {
	v := newVault(codes(1))
	var all sync.WaitGroup
	var mu sync.Mutex
	done, lost := 0, 0
	for range 30 {
		all.Go(func() {
			err := secret(t, v).Edit(t.Context(), rotate)
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				done++
				return
			}
			if lost++; !strings.Contains(err.Error(), "somebody else") {
				t.Error(err)
			}
			quiet(t, err)
		})
	}
	all.Wait()
	if got := len(strings.Fields(held(t, v.Current()))); got != done+6 || done == 0 {
		t.Errorf("%d edits done, %d refused; there is %s", done, lost, held(t, v.Current()))
	}
}

// An edit whose requests fail is made completely or not at all, and its result reports
// which, if that can be known.
func TestEditInTrouble(t *testing.T) {
	always := func(int) bool { return true }
	once := func(n int) bool { return n == 1 }
	for name, c := range map[string]struct {
		operation string
		when      func(n int) bool // of the n-th request of that operation
		answer    answer
		done      bool   // the edit is there
		text      string // in the error; "" is no error
	}{
		"put once throttled":        {"PutSecretValue", once, refusal("ThrottlingException", canary), true, ""},
		"put answered, lost":        {"PutSecretValue", once, answer{lost: true}, true, ""},
		"put broken off":            {"PutSecretValue", always, answer{}, false, "PutSecretValue"},
		"put answered, always lost": {"PutSecretValue", always, answer{lost: true}, false, "PutSecretValue"},
		"put not allowed": {"PutSecretValue", always,
			refusal("AccessDeniedException", "not authorized to perform: secretsmanager:PutSecretValue"), false,
			"secretsmanager:PutSecretValue"},
		"put quotes": {"PutSecretValue", always, refusal("InvalidParameterException", canary), false,
			"InvalidParameterException (HTTP 400"},
		"move once in trouble": {"UpdateSecretVersionStage", once, answer{status: 500}, true, ""},
		"move answered, lost":  {"UpdateSecretVersionStage", once, answer{lost: true}, true, ""},
		"move always lost":     {"UpdateSecretVersionStage", always, answer{lost: true}, true, ""},
		"move broken off":      {"UpdateSecretVersionStage", always, answer{}, false, "UpdateSecretVersionStage"},
		"move not allowed": {"UpdateSecretVersionStage", always,
			refusal("AccessDeniedException", "not authorized to perform: secretsmanager:UpdateSecretVersionStage"),
			false, "secretsmanager:UpdateSecretVersionStage"},
		"move not understood": {"UpdateSecretVersionStage", always, answer{status: 200, body: canary, lost: true},
			true, ""},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				v, n := newVault(codes(1)), 0
				v.before = func(_ int, operation string) *answer {
					if operation != c.operation {
						return nil
					}
					if n++; !c.when(n) {
						return nil
					}
					return &c.answer
				}
				edits := 0
				err := secret(t, v).Edit(t.Context(), func(d *keyring.Document) error { edits++; return rotate(d) })
				if (err == nil) != (c.text == "") || err != nil && !strings.Contains(err.Error(), c.text) {
					t.Errorf("%v, want %q", err, c.text)
				}
				quiet(t, err)
				want := "code 1, number 1, seal 1"
				if c.done {
					want = "code 1 2, number 1, seal 1"
				}
				if got := held(t, v.Current()); got != want || edits != 1 {
					t.Errorf("there is %s, want %s; edited %d times", got, want, edits)
				}
			})
		})
	}
}
