package localserver

import (
	"crypto/rand"
	"encoding/json"
	"html"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"countersign/pkg/clients"
	"countersign/pkg/clients/registry"
	"countersign/pkg/config"
	"countersign/pkg/filetest"
	"countersign/pkg/keyring"
	"countersign/pkg/keyring/keyfile"
	"countersign/pkg/keyring/keyringtest"
	"countersign/pkg/openstore"
	"countersign/pkg/signature"

	"countersign/pkg/logtest"
)

// tryDesk is a server on a new folder, and a person who uses the forms of its console.
type tryDesk struct {
	t      *testing.T
	url    string
	place  openstore.Place
	client registry.Registry
	log    logtest.Buffer
}

// newTryDesk starts a server.
func newTryDesk(t *testing.T) *tryDesk {
	t.Helper()
	d := &tryDesk{t: t, place: openstore.Place{Folder: t.TempDir(), Kind: openstore.SQLite}}
	keys := keyringtest.Write(t, d.place.Folder)
	d.url = run(t, Options{Place: d.place, Stderr: &d.log, Verbose: true})
	cfg, err := config.Load(func(string) string { return "" })
	if err != nil {
		t.Fatal(err)
	}
	table, shut, err := d.place.OpenDocuments(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { shut() })
	ring, err := keyring.New(keyfile.New(keys), time.Now, time.Second, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defaults := cfg.Defaults()
	defaults.Countries = []string{"*"}
	d.client = registry.Registry{Table: table, Sealer: ring, Defaults: defaults, Now: time.Now, Rand: rand.Reader}
	return d
}

// add adds a client.
func (d *tryDesk) add(r clients.Record, secret []byte, accessKeys ...string) {
	d.t.Helper()
	if err := d.client.Add(d.t.Context(), r, secret, accessKeys...); err != nil {
		d.t.Fatal(err)
	}
}

// keyOf puts the published test key into the folder as that of a client, and returns its public half.
func (d *tryDesk) keyOf(client string) clients.Key {
	d.t.Helper()
	text := filetest.Read(d.t, "../ams/testdata/contracts/ams-test-client.key.pem")
	key, err := signature.ParsePrivateKey(text)
	path := d.place.PrivateKeyFile(client, "1")
	if err == nil {
		err = os.MkdirAll(filepath.Dir(path), 0o700)
	}
	if err == nil {
		err = os.WriteFile(path, text, 0o600)
	}
	if err != nil {
		d.t.Fatal(err)
	}
	return clients.Key{Version: "1", PEM: signature.FormatPublicKey(&key.PublicKey)}
}

// tryAnswer is the page that answers a form.
type tryAnswer struct {
	status int
	page   string
}

// post sends a form as the page does.
func (d *tryDesk) post(form url.Values) tryAnswer {
	d.t.Helper()
	return d.raw(form.Encode(), "Content-Type", "application/x-www-form-urlencoded", "Origin", d.url,
		"Sec-Fetch-Site", "same-origin")
}

// raw posts a body with headers.
func (d *tryDesk) raw(body string, headers ...string) tryAnswer {
	d.t.Helper()
	r, err := http.NewRequest(http.MethodPost, d.url+"/console/try", strings.NewReader(body))
	if err != nil {
		d.t.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w, err := http.DefaultClient.Do(r)
	if err != nil {
		d.t.Fatal(err)
	}
	defer w.Body.Close()
	page, err := io.ReadAll(w.Body)
	if err != nil {
		d.t.Fatal(err)
	}
	return tryAnswer{w.StatusCode, string(page)}
}

var tags = regexp.MustCompile(`<[^>]*>`)

// text returns the text of the element with an id, "" if there is none. It has no element of its own kind in it.
func (a tryAnswer) text(id string) string {
	found := regexp.MustCompile(`(?s)<(\w+)[^>]* id="` + id + `"[^>]*>(.*)`).FindStringSubmatch(a.page)
	if found == nil {
		return ""
	}
	inner, _, _ := strings.Cut(found[2], "</"+found[1]+">")
	return html.UnescapeString(strings.TrimSpace(tags.ReplaceAllString(inner, "")))
}

var inputs = regexp.MustCompile(`<input[^>]* name="([^"]*)"[^>]* value="([^"]*)"|<input[^>]* name="([^"]*)"`)

// next returns the second form as it is on the page, with what a person types into it.
func (a tryAnswer) next(do string, typed ...string) url.Values {
	_, form, _ := strings.Cut(a.page, `id="try-verify"`)
	form, _, _ = strings.Cut(form, "</form>")
	values := url.Values{"do": {do}}
	for _, m := range inputs.FindAllStringSubmatch(form, -1) {
		values.Set(m[1]+m[3], html.UnescapeString(m[2]))
	}
	for i := 0; i < len(typed); i += 2 {
		values.Set(typed[i], typed[i+1])
	}
	return values
}

// firstForm returns the first form, with what a person types into it.
func firstForm(contract, client, number string, typed ...string) url.Values {
	values := url.Values{
		"do": {"send"}, "contract": {contract}, "client": {client}, "number": {number}, "request-id": {"a1"},
	}
	for i := 0; i < len(typed); i += 2 {
		values.Set(typed[i], typed[i+1])
	}
	return values
}

// codes returns the codes of all messages, newest first.
func (d *tryDesk) codes() (all []string) {
	d.t.Helper()
	w, err := http.Get(d.url + "/_dev/messages")
	if err != nil {
		d.t.Fatal(err)
	}
	defer w.Body.Close()
	var messages []struct{ Code string }
	if err := json.NewDecoder(w.Body).Decode(&messages); err != nil {
		d.t.Fatal(err)
	}
	for _, m := range messages {
		all = append(all, m.Code)
	}
	return all
}

// wrong returns a code that is not code.
func wrong(code string) string {
	if strings.HasPrefix(code, "0") {
		return "1" + code[1:]
	}
	return "0" + code[1:]
}
