package console

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"html/template"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"

	"countersign/docs"
	"countersign/pkg/changes"
	"countersign/pkg/clients"
	"countersign/pkg/config"
	"countersign/pkg/config/inforce"
	"countersign/pkg/keyring"
	"countersign/pkg/openstore"
	"countersign/pkg/outbox"
)

// Sources are what the pages show.
type Sources struct {
	Store openstore.Store
	Place openstore.Place // of the store
	// Ring returns the keyring. Only pages that need a key call it, so that the others work for a person who may not
	// read keys. Its error is for [Console.fault].
	Ring    func() (*keyring.Ring, error)
	Config  config.Config
	Process inforce.Process // has the settings that Config was read from
	Now     func() time.Time
	Log     *slog.Logger // gets faults
	// Demo is the client of a folder or an engine that has no record in the store. Its ID is "" for a deployment.
	Demo clients.Record
	// Local are the sources of a server on this machine. It is nil against deployed tables: then nothing can be sent,
	// and no message can be shown.
	Local *Local
}

// Local are the sources of the pages that only a server on this machine has.
type Local struct {
	Outbox *outbox.Outbox
	Facts  func() []changes.Event // the latest ones, newest first
	Rand   io.Reader              // for ids of requests: crypto/rand.Reader, or a test's own
	TTL    time.Duration          // of an otp.verify that names none
}

// Console answers the requests for its pages. It is safe for concurrent use.
type Console struct {
	Sources
	ended <-chan struct{} // closed when live pages end
	live  hub
	calls onceEach // of the form that calls the contracts
	mux   *http.ServeMux
	// apiPages returns what the page of the API shows. It is written at the first use, as it stays the same.
	apiPages func() (map[string]template.HTML, error)
}

// New returns a console. Its live pages end with ctx, so that a server which shuts down does not wait for them.
func New(ctx context.Context, s Sources) *Console {
	c := &Console{Sources: s, ended: ctx.Done(), mux: http.NewServeMux()}
	c.apiPages = sync.OnceValues(func() (map[string]template.HTML, error) {
		return writeAPIPages(docs.OpenAPI, s.Local != nil)
	})
	if s.Local != nil {
		c.mux.HandleFunc("GET /{$}", c.phone)
		c.mux.HandleFunc("POST /console/messages/empty", c.empty)
		c.mux.HandleFunc("POST /console/try", c.try)
		c.mux.Handle("GET /console/try", http.RedirectHandler("/", http.StatusSeeOther))
	} else {
		c.mux.Handle("GET /{$}", http.RedirectHandler("/console/happened", http.StatusFound))
	}
	for file, kind := range map[string]string{
		"console.css": "text/css; charset=utf-8", "console.js": "text/javascript; charset=utf-8",
		"icon.svg": "image/svg+xml",
	} {
		c.mux.Handle("GET /console/"+file, static(file, kind))
	}
	c.mux.HandleFunc("GET /console/api", c.api)
	c.mux.HandleFunc("GET /console/openapi.yaml", ServeDocument)
	c.mux.HandleFunc("GET /console/clients", c.clients)
	c.mux.HandleFunc("GET /console/guard", c.guard)
	c.mux.HandleFunc("GET /console/settings", c.settings)
	c.mux.HandleFunc("GET /console/happened", c.happened)
	c.mux.HandleFunc("POST /console/happened", c.find)
	c.mux.HandleFunc("GET /console/happened/{id}", c.challenge)
	c.mux.Handle("GET /console", http.RedirectHandler("/", http.StatusFound)) // what people type
	c.mux.Handle("GET /console/{$}", http.RedirectHandler("/", http.StatusFound))
	c.mux.HandleFunc("GET /console/live", c.serveLive)
	c.mux.HandleFunc("/", c.unknown)
	return c
}

// Serves reports whether a request is for the console. Other requests on the same address are for the contracts.
func Serves(method, path string) bool {
	read := method == http.MethodGet || method == http.MethodHead
	return path == "/" && read || path == "/console" || strings.HasPrefix(path, "/console/")
}

// ServeHTTP implements [http.Handler].
func (c *Console) ServeHTTP(w http.ResponseWriter, r *http.Request) { protect(c.mux).ServeHTTP(w, r) }

// unknown answers requests for pages that do not exist.
func (c *Console) unknown(w http.ResponseWriter, r *http.Request) {
	c.fail(w, r, http.StatusNotFound, "There is no such page.")
}

// static returns a handler for a file. A browser asks each time whether it changed, as another version of the program
// has the same address.
func static(file, kind string) http.Handler {
	text, err := web.ReadFile("web/" + file)
	if err != nil {
		panic("console: " + err.Error()) // the files are in the program
	}
	sum := sha256.Sum256(text)
	tag := `"` + hex.EncodeToString(sum[:8]) + `"`
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Type", kind)
		h.Set("Cache-Control", "no-cache")
		h.Set("ETag", tag)
		if r.Header.Get("If-None-Match") == tag {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		w.Write(text)
	})
}
