package console

import (
	"bytes"
	"embed"
	"html/template"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"countersign/pkg/clients"
	"countersign/pkg/inquiry"
	"countersign/pkg/version"
)

//go:embed web
var web embed.FS

// entry is a page of the navigation.
type entry struct {
	Path, Title string
	local       bool // only a server on this machine has it
}

// navigation has the pages in the order in which they are shown.
var navigation = []entry{
	{"/", "Phone", true},
	{"/console/happened", "What happened", false},
	{"/console/clients", "Clients", false},
	{"/console/guard", "Guard", false},
	{"/console/settings", "Settings", false},
	{"/console/api", "API", false},
}

// frame is what the layout of a page needs.
type frame struct {
	Title      string
	Path       string // of the page's entry in the navigation
	Navigation []entry
	Place      string // what the pages are about: a folder, or tables
	Local      bool
	Version    string
	Body       any // for the page's own template
}

// helpers are the functions of the templates.
var helpers = template.FuncMap{
	"instant": func(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05") },
	"machine": func(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) },
	"plain":   plain,

	"challengeAddress": addressOf, "clientAddress": clientLink, "shownID": shownID,
	"stateWords": stateWords, "stateTone": stateTone, "factState": factState, "receiptTone": inquiry.ReceiptTone,
	"length":  func(d time.Duration) string { return clients.Duration(d).String() },
	"hour":    func(t time.Time) string { return t.UTC().Format("2006-01-02 15:04") },
	"grouped": grouped, "groupedOf": groupedOf, "share": share, "decimal": decimal,
	"sentence": sentence,
}

// templates are those of the pages, by the name of the file. Each has the layout, the common parts, and its own text,
// which defines "main". They are read at the first page: the other commands of the program need none.
var templates = sync.OnceValue(func() map[string]*template.Template {
	files, err := web.ReadDir("web")
	if err != nil {
		panic("console: " + err.Error()) // the files are in the program
	}
	all := map[string]*template.Template{}
	common := template.Must(template.New("").Funcs(helpers).ParseFS(web, "web/layout.html", "web/parts*.html"))
	for _, f := range files {
		if strings.HasSuffix(f.Name(), ".html") {
			all[f.Name()] = template.Must(template.Must(common.Clone()).ParseFS(web, "web/"+f.Name()))
		}
	}
	return all
})

// show answers with a page: the file of its template, its title and its content. path is that of its entry in the
// navigation.
func (c *Console) show(
	w http.ResponseWriter, r *http.Request, status int, file, path, title string, body any,
) {
	f := frame{
		Title: title, Path: path, Place: c.Place.Name(c.Config.ClientsTable), Local: c.Local != nil,
		Version: version.Current, Body: body,
	}
	for _, e := range navigation {
		if !e.local || f.Local {
			f.Navigation = append(f.Navigation, e)
		}
	}
	var text bytes.Buffer
	if err := templates()[file].ExecuteTemplate(&text, "layout", f); err != nil {
		c.Log.Error("console", "page", file, "cause", err.Error())
		http.Error(w, "The page cannot be shown: the server's log has the reason.", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		w.Write(text.Bytes())
	}
}

// pageAddress returns that of a page, with a query of the fields that have a value.
func pageAddress(path string, fields map[string]string) string {
	query := url.Values{}
	for name, value := range fields {
		if value != "" {
			query.Set(name, value)
		}
	}
	return (&url.URL{Path: path, RawQuery: query.Encode()}).String()
}

// fail answers with a page that has a sentence for the reader.
func (c *Console) fail(w http.ResponseWriter, r *http.Request, status int, sentence string) {
	c.show(w, r, status, "fail.html", "", http.StatusText(status), sentence)
}
