package stream_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"log/slog"
	"maps"
	"math/rand"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"countersign/pkg/changes"
	"countersign/pkg/changes/changestest"
	"countersign/pkg/changes/stream"
	"countersign/pkg/sqlitestore"
)

// The stream of a life tells all that happened in it, once; each record twice, and
// in any order, tell no more.
func TestStreamTellsALife(t *testing.T) {
	l := life(t)
	changestest.Sort(l.Want)
	twice := append(append([]json.RawMessage(nil), l.records...), l.records...)
	rand.New(rand.NewSource(1)).Shuffle(len(twice), func(i, j int) { twice[i], twice[j] = twice[j], twice[i] })
	for name, records := range map[string][]json.RawMessage{"in order": l.records, "twice, in any order": twice} {
		for _, size := range []int{1, 7, 100} {
			b := &bus{}
			deliver(t, func() stream.Handler { return handler(&memory{}, b, nil) }, records, size)
			if got := changestest.Of(b.facts); !reflect.DeepEqual(got, l.Want) {
				t.Errorf("%s, %d at a time:\n%s", name, size, changestest.Diff(got, l.Want))
			}
			changestest.Valid(t, b.facts...)
			if name == "in order" && len(b.facts) != len(l.Want) {
				t.Errorf("%d facts were told, %d happened", len(b.facts), len(l.Want))
			}
		}
	}
}

// Both stores give facts of the same ids.
func TestStoresAgree(t *testing.T) {
	l := life(t)
	m, b := &memory{}, &bus{}
	deliver(t, func() stream.Handler { return handler(m, b, nil) }, l.records, 100)

	s, err := sqlitestore.Open(filepath.Join(t.TempDir(), "countersign.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	other := changestest.NewLife(t, s, "demo")
	other.Lead()
	for round := false; !round; {
		if round, err = s.Sweep(t.Context(), other.Now); err != nil {
			t.Fatal(err)
		}
	}
	var facts []changes.Fact
	for {
		p, err := s.Feed().Next(t.Context(), 10, time.Now())
		if err == nil {
			err = s.Feed().Finish(t.Context(), p)
		}
		if err != nil {
			t.Fatal(err)
		}
		if len(p.List) == 0 {
			break
		}
		for _, change := range p.List {
			facts = append(facts, changes.Facts(change)...)
		}
	}
	a, z := map[string]changes.Kind{}, map[string]changes.Kind{}
	for _, f := range b.facts {
		a[f.ID] = f.Kind
	}
	for _, f := range facts {
		z[f.ID] = f.Kind
	}
	if !maps.Equal(a, z) || len(a) != len(l.Want) {
		t.Errorf(
			"%d facts from the stream, %d from the file, ids equal: %v; %d happened",
			len(a),
			len(z),
			maps.Equal(a, z),
			len(l.Want),
		)
	}
}

// No code, no number, no digest, no seed and nothing else that belongs to the table
// is published or logged (P14).
func TestSilence(t *testing.T) {
	l := life(t)
	m, b, said := &memory{}, &bus{}, &bytes.Buffer{}
	log := slog.New(slog.NewJSONHandler(said, &slog.HandlerOptions{Level: slog.LevelDebug}))
	deliver(t, func() stream.Handler { return handler(m, b, log) }, l.records, 100)
	m.fail = errors.New("away")
	b.fail = func([]changes.Fact) (int, error) { return 0, errors.New("away") }
	for _, text := range l.records { // and what cannot be read, or done, says no more
		broken := bytes.ReplaceAll(text, []byte(`"seed":{"B"`), []byte(`"seed":{"S"`))
		invoke(t, handler(m, b, log), []json.RawMessage{text})
		invoke(t, handler(m, b, log), []json.RawMessage{broken, text[:len(text)-3]})
	}
	b.fail = nil
	m.fail = nil
	for _, text := range l.records {
		invoke(
			t,
			handler(m, b, log),
			[]json.RawMessage{bytes.ReplaceAll(text, []byte(`"seed":{"B"`), []byte(`"seed":{"S"`))},
		)
	}
	var told bytes.Buffer
	for _, f := range b.facts {
		if err := json.NewEncoder(&told).Encode(f.Event()); err != nil {
			t.Fatal(err)
		}
	}
	told.WriteString(said.String())
	if said.Len() == 0 || told.Len() < 1000 {
		t.Fatal("nothing was said")
	}
	secrets := map[string]string{changestest.Numbers: "the beginning of the numbers", `"owner"`: "an owner"}
	for _, code := range l.Codes {
		secrets[`"`+code+`"`] = "a code"
	}
	for _, text := range l.records {
		var r struct {
			Change struct {
				NewImage, OldImage map[string]struct{ S, B, N string }
			} `json:"dynamodb"`
		}
		if err := json.Unmarshal(text, &r); err != nil {
			t.Fatal(err)
		}
		for _, image := range []map[string]struct{ S, B, N string }{r.Change.NewImage, r.Change.OldImage} {
			for _, name := range []string{"seed", "sealed", "code", "guess", "print"} {
				if v := image[name].B; len(v) > 8 {
					secrets[v] = name
					raw, _ := base64.StdEncoding.DecodeString(v)
					secrets[base64.RawURLEncoding.EncodeToString(raw)] = name
				}
			}
			for _, name := range []string{"pk", "owner", "op", "ledger"} {
				if v := image[name].S; len(v) > 8 {
					secrets[v] = name
				}
			}
		}
	}
	if len(secrets) < 100 {
		t.Fatalf("only %d secrets to look for", len(secrets))
	}
	for secret, what := range secrets {
		if strings.Contains(told.String(), secret) {
			t.Errorf("%s is told: %s", what, secret)
		}
	}
}
