// Package functions runs the events in events/ against the handlers, as sam
// local invoke would, and compares each answer with the one beside it:
// NAME.json and NAME.answer.json.
package functions

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"flag"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"countersign/pkg/ams"
	"countersign/pkg/clients"
	"countersign/pkg/gateway"
	"countersign/pkg/message"
	"countersign/pkg/otp"
	"countersign/pkg/outbox"
	"countersign/pkg/phone/plan"
	"countersign/pkg/sqlitestore"
)

var update = flag.Bool("update", false, "write what the handlers answer as what is expected")

// service is both functions on a store of their own. Clock and entropy stand
// still, so that answers do not change.
type service struct{ init, verify gateway.Handler }

func newService(t testing.TB) service {
	t.Helper()
	db, err := sqlitestore.Open(filepath.Join(t.TempDir(), "countersign.db"))
	if err != nil {
		t.Fatal(err)
	}
	now := func() time.Time { return time.UnixMilli(1_795_314_808_000) }
	messages, err := outbox.Open(filepath.Join(t.TempDir(), "outbox.jsonl"), now, func() string { return "id" }, func(outbox.Entry) {})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close(); messages.Close() })
	secret := bytes.Repeat([]byte("k"), otp.MinSecret)
	keys, err := otp.NewKeys(1, map[int][]byte{1: secret}, secret)
	if err != nil {
		t.Fatal(err)
	}
	text, err := message.Text("Countersign")
	if err != nil {
		t.Fatal(err)
	}
	demo := clients.Of([]string{"demo"}, []string{"*"}, otp.DefaultPolicy())
	log := slog.New(slog.DiscardHandler)
	issuer := otp.Issuer{Challenges: db, Ledger: db, Sender: messages, Keys: keys, Now: now, Rand: &noise{}}
	return service{
		init:   gateway.Handler{Serve: (&ams.Init{Clients: demo, Issuer: issuer, Lookup: plan.Lookup, Text: text, Log: log}).Serve},
		verify: gateway.Handler{Serve: (&ams.Verify{Clients: demo, Verifier: otp.Verifier{Challenges: db, Keys: keys, Now: now, Rand: &noise{}}, Log: log}).Serve},
	}
}

// noise is entropy that is the same in every run.
type noise struct{ n byte }

func (e *noise) Read(p []byte) (int, error) {
	e.n++
	sum := sha256.Sum256([]byte{e.n})
	return copy(p, sum[:]), nil
}

const folder = "../events/"

func read(t *testing.T, name string) []byte {
	t.Helper()
	text, err := os.ReadFile(folder + name)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestEvents(t *testing.T) {
	files, err := filepath.Glob(folder + "*.json")
	if err != nil || len(files) < 20 {
		t.Fatalf("%d files in %s, %v", len(files), folder, err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".json")
		if strings.HasSuffix(name, ".answer") {
			continue
		}
		t.Run(name, func(t *testing.T) {
			s := newService(t)
			h := s.init
			if strings.HasPrefix(name, "verify-") {
				if _, err := s.init.Invoke(context.Background(), read(t, "init-http-api.json")); err != nil {
					t.Fatal(err)
				}
				h = s.verify
			}
			got := answer(t, h, read(t, name+".json"))
			if *update {
				if err := os.WriteFile(folder+name+".answer.json", got, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if want := read(t, name+".answer.json"); !bytes.Equal(got, want) {
				t.Errorf("answered\n%swant\n%s", got, want)
			}
		})
	}
}

// answer returns what a handler answers, indented; an error in the form in which
// Lambda tells it.
func answer(t *testing.T, h gateway.Handler, event []byte) []byte {
	t.Helper()
	out, err := h.Invoke(context.Background(), event)
	if err != nil {
		text, _ := json.Marshal(map[string]string{"errorMessage": err.Error(), "errorType": "errorString"})
		out = text
	}
	var pretty bytes.Buffer
	if err := json.Indent(&pretty, out, "", "  "); err != nil {
		t.Fatalf("not JSON: %s", out)
	}
	return append(pretty.Bytes(), '\n')
}
