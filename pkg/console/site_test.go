package console

import (
	"bytes"
	"crypto/rand"
	"html"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"countersign/pkg/clients"
	"countersign/pkg/clients/origins"
	"countersign/pkg/clients/registry"
	"countersign/pkg/config"
	"countersign/pkg/config/inforce"
	"countersign/pkg/dynamostore/dynamotest"
	"countersign/pkg/guard"
	"countersign/pkg/keyring"
	"countersign/pkg/keyring/keyfile"
	"countersign/pkg/message/languages"
	"countersign/pkg/openstore"
)

// testNow is the clock of a site.
var testNow = time.Date(2026, 11, 27, 12, 30, 0, 0, time.UTC)

// site is a console with its store.
type site struct {
	*Console
	registry registry.Registry
	ring     *keyring.Ring
	log      *bytes.Buffer
}

// onEachSite runs a test with a folder's SQLite, as the local server has it, and with the tables of an engine, as the
// command has it.
func onEachSite(t *testing.T, test func(t *testing.T, s *site)) {
	t.Run("sqlite", func(t *testing.T) { test(t, localSite(t)) })
	t.Run("dynamodb", func(t *testing.T) {
		place := openstore.Place{
			Folder: t.TempDir(), Kind: openstore.DynamoDB, Engine: dynamotest.Endpoint(t),
			Getenv: func(string) string { return "eu-west-1" },
		}
		test(t, newSite(t, place, dynamotest.Table(t), dynamotest.ClientsTable(t), nil))
	})
}

// localSite is a console as the local server has it.
func localSite(t *testing.T) *site {
	place := openstore.Place{Folder: t.TempDir(), Kind: openstore.SQLite}
	return newSite(t, place, "", "", &Local{Rand: rand.Reader})
}

func newSite(t *testing.T, place openstore.Place, table, clientsTable string, local *Local) *site {
	t.Helper()
	store, err := place.Open(t.Context(), table, clientsTable)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { store.Close() })
	clock := func() time.Time { return testNow }
	ring, err := keyring.New(keyfile.New(place.KeysFile()), time.Now, time.Minute, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	cfg, err := config.Load(func(string) string { return "" })
	if err != nil {
		t.Fatal(err)
	}
	var demo clients.Record
	if local != nil {
		cfg.Countries, cfg.Unsigned = []string{"*"}, true
		demo = clients.Record{
			ID: "demo", Status: clients.StatusActive, Unsigned: true, Unimatrix: "simple", Countries: []string{"*"},
			CustomCodes: new(true), Guard: clients.Guard{Mode: guard.Enforce},
		}
	}
	log := &bytes.Buffer{}
	defaults := cfg.Defaults()
	defaults.CheckWords, defaults.CheckSender = languages.Check, origins.Check
	return &site{
		Console: New(t.Context(), Sources{
			Store: store, Place: place, Config: cfg, Now: clock, Demo: demo,
			Process: inforce.Process{Getenv: func(string) string { return "" }},
			Ring:    func() (*keyring.Ring, error) { return ring, nil },
			Log:     slog.New(slog.NewTextHandler(log, nil)), Local: local,
		}),
		registry: registry.Registry{
			Table: store.Documents(), Sealer: ring, Defaults: defaults, Now: clock, Rand: rand.Reader,
		},
		ring: ring, log: log,
	}
}

// get asks for a page, and checks that it is one.
func (s *site) get(t *testing.T, status int, path string) string {
	t.Helper()
	r := httptest.NewRequest(http.MethodGet, path, nil)
	r.Host, r.RemoteAddr = "127.0.0.1", "127.0.0.1:1"
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	text := w.Body.String()
	if w.Code != status || status == http.StatusOK && !strings.HasSuffix(strings.TrimSpace(text), "</html>") {
		t.Fatalf("%s: %d, want %d: %s%s", path, w.Code, status, s.log, text)
	}
	checkPage(t, path, text)
	return text
}

var (
	anID      = regexp.MustCompile(`\sid="([^"]*)"`)
	reference = regexp.MustCompile(`\saria-(?:labelledby|describedby)="([^"]*)"`)
	inline    = regexp.MustCompile(`<script>|<style|\sstyle="|\son[a-z]+="`)
	level     = regexp.MustCompile(`<h([1-6])`)
)

// checkPage finds what a browser or a screen reader would stumble over.
func checkPage(t *testing.T, path, text string) {
	t.Helper()
	var ids []string
	for _, found := range anID.FindAllStringSubmatch(text, -1) {
		if slices.Contains(ids, found[1]) {
			t.Errorf("%s: the id %s is there twice", path, found[1])
		}
		ids = append(ids, found[1])
	}
	for _, found := range reference.FindAllStringSubmatch(text, -1) {
		for _, id := range strings.Fields(found[1]) {
			if !slices.Contains(ids, id) {
				t.Errorf("%s: nothing has the id %s", path, id)
			}
		}
	}
	if found := inline.FindString(text); found != "" {
		t.Errorf("%s: the policy refuses %s", path, found)
	}
	last := byte('1')
	for _, found := range level.FindAllStringSubmatch(text, -1) {
		if found[1][0] > last+1 {
			t.Errorf("%s: a heading of level %s follows one of level %c", path, found[1], last)
		}
		last = found[1][0]
	}
	if strings.Contains(text, "%!") || strings.Contains(text, "ZgotmplZ") {
		t.Errorf("%s: a value is broken", path)
	}
}

var anyTag = regexp.MustCompile(`<[^>]*>`)

// words returns a page as a person reads it.
func words(page string) string {
	return strings.Join(strings.Fields(html.UnescapeString(anyTag.ReplaceAllString(page, " "))), " ")
}

// wants fails the test unless a page has all texts, as a person reads them.
func wants(t *testing.T, page string, texts ...string) {
	t.Helper()
	has := words(page)
	for _, text := range texts {
		if !strings.Contains(has, text) {
			t.Errorf("the page lacks %q: %.3000s", text, has)
		}
	}
}

// lacks fails the test if a page has one of the texts, also where nobody sees it.
func lacks(t *testing.T, page string, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if text == "" || strings.Contains(page, text) || strings.Contains(html.UnescapeString(page), text) {
			t.Errorf("the page has %q", text)
		}
	}
}
