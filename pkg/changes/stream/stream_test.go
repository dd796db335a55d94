package stream_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"log/slog"
	"math/rand"
	"reflect"
	"strings"
	"testing"

	"countersign/pkg/changes"
	"countersign/pkg/changes/changestest"
	"countersign/pkg/changes/stream"
)

// The stream of a life gives each fact of the life once, also if each record comes twice
// and in any order.
func TestFactsOfALife(t *testing.T) {
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
				t.Errorf("%d facts, want %d", len(b.facts), len(l.Want))
			}
		}
	}
}

// Events and log lines have no code, number, digest, seed, or other value of the table
// (P14).
func TestSilence(t *testing.T) {
	l := life(t)
	published := output(t, l.records)
	secrets := secretsOf(t, l)
	if len(published) < 1000 || len(secrets) < 100 {
		t.Fatalf("%d bytes of output and %d secrets to look for are too few", len(published), len(secrets))
	}
	for secret, name := range secrets {
		if strings.Contains(published, secret) {
			t.Errorf("%s is published or logged: %s", name, secret)
		}
	}
}

// output returns all events and log lines that follow from records: from readable ones,
// from unreadable ones, and while every call fails.
func output(t *testing.T, records []json.RawMessage) string {
	t.Helper()
	m, b, lines := &memory{}, &bus{}, &bytes.Buffer{}
	log := slog.New(slog.NewJSONHandler(lines, &slog.HandlerOptions{Level: slog.LevelDebug}))
	broken := func(text json.RawMessage) json.RawMessage {
		return bytes.ReplaceAll(text, []byte(`"seed":{"B"`), []byte(`"seed":{"S"`))
	}
	deliver(t, func() stream.Handler { return handler(m, b, log) }, records, 100)
	m.fail = errors.New("away")
	b.fail = func([]changes.Fact) (int, error) { return 0, errors.New("away") }
	for _, text := range records {
		invoke(t, handler(m, b, log), []json.RawMessage{text})
		invoke(t, handler(m, b, log), []json.RawMessage{broken(text), text[:len(text)-3]})
	}
	m.fail, b.fail = nil, nil
	for _, text := range records {
		invoke(t, handler(m, b, log), []json.RawMessage{broken(text)})
	}
	if lines.Len() == 0 {
		t.Fatal("there is no log line")
	}
	out := json.NewEncoder(lines)
	for _, f := range b.facts {
		if err := out.Encode(f.Event()); err != nil {
			t.Fatal(err)
		}
	}
	return lines.String()
}

// secretsOf returns the values of a life that nobody may see, with their names.
func secretsOf(t *testing.T, l lived) map[string]string {
	t.Helper()
	secrets := map[string]string{changestest.Numbers: "the beginning of the numbers", `"owner"`: "an owner"}
	for _, code := range l.Codes {
		secrets[`"`+code+`"`] = "a code"
	}
	for _, text := range l.records {
		var r struct {
			Change struct {
				NewImage, OldImage map[string]struct{ S, B string }
			} `json:"dynamodb"`
		}
		if err := json.Unmarshal(text, &r); err != nil {
			t.Fatal(err)
		}
		for _, image := range []map[string]struct{ S, B string }{r.Change.NewImage, r.Change.OldImage} {
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
	return secrets
}
