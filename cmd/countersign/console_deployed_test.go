package main

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"

	"countersign/pkg/awsfake"
	"countersign/pkg/dynamostore/dynamotest"

	"countersign/pkg/filetest"
)

// reader is AWS as a person gets it who may read a deployment's tables and keyring: it notes each call, and refuses
// those that it is set to.
type reader struct {
	t      *testing.T
	data   string // a folder that the console must not make
	env    []string
	tables string // the name of the table of challenges
	id     string // an authenticationId
	code   string // of its message

	mu     sync.Mutex
	calls  map[string]int    // by operation and table
	refuse map[string]string // code of the answer, by operation
}

// deployed makes a deployment with a challenge.
func deployed(t *testing.T) *reader {
	t.Helper()
	engine := dynamotest.Endpoint(t)
	a := &reader{
		t: t, data: filepath.Join(t.TempDir(), "none"), tables: "console-" + rand.Text(), refuse: map[string]string{},
	}
	t.Setenv("COUNTERSIGN_TABLE", a.tables)
	t.Setenv("COUNTERSIGN_CLIENTS_TABLE", a.tables+"-clients")
	data := newFolder(t)
	c := onFolder(t, data, "COUNTERSIGN_STORE=dynamodb", "COUNTERSIGN_DYNAMODB_ENDPOINT="+engine,
		"COUNTERSIGN_TABLE="+a.tables, "COUNTERSIGN_CLIENTS_TABLE="+a.tables+"-clients")
	c.ok("client", "add", "acme", "--country", "*", "--unsigned", "--unimatrix", "simple")
	server := serveOn(t, data, "--store", "dynamodb", "--dynamodb-endpoint", engine)
	request, _ := http.NewRequest("POST", server.url+initPath, strings.NewReader(initBody("a", "60-1111111111")))
	request.Header = http.Header{"Client-Id": {"acme"}, "Content-Type": {"application/json; charset=UTF-8"}}
	_, answer := fetch(t, request)
	var started struct{ AuthenticationID string }
	if err := json.Unmarshal([]byte(answer), &started); err != nil || started.AuthenticationID == "" {
		t.Fatal(err, answer)
	}
	a.id, a.code = started.AuthenticationID, server.messages("")[0].Code
	server.end(syscall.SIGTERM)
	target, err := url.Parse(engine)
	if err != nil {
		t.Fatal(err)
	}
	tables, secret := httputil.NewSingleHostReverseProxy(target), awsfake.NewSecret(filetest.Read(t, data+"/keys.json"))
	at := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if operation, refused := a.note(r); refused != "" {
			w.WriteHeader(http.StatusBadRequest)
			fmt.Fprintf(w, `{"__type":"com.amazonaws#%s","message":"User: arn:aws:iam::123456789012:user/me is not `+
				`authorized to perform: %s on resource: arn:aws:x","Message":"not authorized to perform: %[2]s"}`,
				refused, operation)
		} else if strings.HasPrefix(operation, "secretsmanager:") {
			secret.ServeHTTP(w, r)
		} else {
			tables.ServeHTTP(w, r)
		}
	}))
	t.Cleanup(at.Close)
	a.env = append(environment(), "AWS_REGION=eu-central-1", "AWS_ENDPOINT_URL_DYNAMODB="+at.URL,
		"AWS_ENDPOINT_URL_SECRETS_MANAGER="+at.URL, "COUNTERSIGN_KEYS=keys")
	return a
}

// note counts a call, and returns its permission and the code of its refusal.
func (a *reader) note(r *http.Request) (permission, refused string) {
	service, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	if service = strings.ToLower(service); strings.HasPrefix(service, "dynamodb") {
		service = "dynamodb"
	}
	var in struct {
		TableName    string
		RequestItems map[string]any
	}
	if err := json.Unmarshal(readAll(r), &in); err != nil {
		a.t.Error(err)
	}
	permission = service + ":" + operation
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, table := range append(slices.Collect(maps.Keys(in.RequestItems)), in.TableName) {
		if table != "" || in.RequestItems == nil {
			a.calls[strings.TrimSpace(permission+" "+strings.TrimPrefix(table, a.tables))]++
		}
	}
	return permission, a.refuse[permission]
}

// start starts the console, with the calls at 0.
func (a *reader) start(args ...string) *process {
	a.t.Helper()
	a.set("", "")
	return start(a.t, a.data, a.env, append([]string{"console", "--store", "dynamodb"}, args...)...)
}

// set has AWS refuse the calls of a permission, and no others, and counts calls anew.
func (a *reader) set(permission, code string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.calls, a.refuse = map[string]int{}, map[string]string{permission: code}
}

// made returns the calls that were made, in order of their names.
func (a *reader) made() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Sorted(maps.Keys(a.calls))
}

// TestConsoleReads: a walk through all pages of a deployment makes reading calls alone, those of the policy in
// docs/console.md. The whole table of challenges is read after the person asks for a number, and not before. The pages
// have neither the number nor the code.
func TestConsoleReads(t *testing.T) {
	a := deployed(t)
	p := a.start()
	if calls := a.made(); len(calls) > 0 {
		t.Errorf("before the first page: %q", calls)
	}
	if status, page := p.ask(t, "", "GET", "/console/happened"); status != 200 || strings.Contains(page, "Try it") {
		t.Errorf("the page of what happened: %d %s", status, page)
	}
	pages := p.walk(t, "")
	if calls := a.made(); slices.Contains(calls, "dynamodb:Scan") {
		t.Errorf("the whole table of challenges is read without a number: %q", calls)
	}
	maps.Copy(pages, p.walk(t, "60-1111111111"))
	if found := pages["/console/happened number authenticationId client"]; !strings.Contains(found.page, a.id) {
		t.Errorf("the challenge is not found by its number: %d %s", found.status, found.page)
	}
	for address, v := range pages {
		typed := strings.ReplaceAll(v.page, `value="60-1111111111"`, "")
		if v.status >= 500 || strings.Contains(typed, "1111111111") || strings.Contains(v.page, a.code) {
			t.Errorf("%s: %d %s", address, v.status, v.page)
		}
	}
	if _, err := os.Stat(a.data); err == nil {
		t.Error("a folder was made")
	}
	var made []string
	for _, call := range a.made() {
		permission, _, _ := strings.Cut(call, " ")
		made = append(made, permission)
	}
	if made, policy := slices.Compact(made), documented(t); !slices.Equal(made, policy) {
		t.Errorf("the walk needs %q, and the policy of docs/console.md has %q", made, policy)
	}
}

// documented returns the permissions of the policy in docs/console.md, in order of their names.
func documented(t *testing.T) (all []string) {
	t.Helper()
	_, rest, _ := strings.Cut(string(filetest.Read(t, "../../docs/console.md")), "```json\n")
	text, _, _ := strings.Cut(rest, "```")
	var policy struct {
		Statement []struct {
			Effect           string
			Action, Resource any
		}
	}
	if err := json.Unmarshal([]byte(text), &policy); err != nil {
		t.Fatal(err)
	}
	for _, s := range policy.Statement {
		switch actions := s.Action.(type) {
		case string:
			all = append(all, actions)
		case []any:
			for _, action := range actions {
				all = append(all, action.(string))
			}
		}
	}
	slices.Sort(all)
	return all
}

// TestConsoleWithoutAPermission: a page that lacks a permission names it, and the others work. It is noticed when the
// person gets the permission.
func TestConsoleWithoutAPermission(t *testing.T) {
	a := deployed(t)
	whole := a.start().walk(t, "60-1111111111")
	for _, permission := range []string{
		"dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:Scan", "secretsmanager:GetSecretValue",
	} {
		p := a.start() // a new process has read no key
		a.set(permission, "AccessDeniedException")
		named, works := 0, 0
		for address, v := range p.walk(t, "60-1111111111") {
			switch {
			case strings.Contains(v.page, "The permission "+permission+" is missing"):
				named++
			case v.status < 300:
				works++
			case v.status >= 500:
				t.Errorf("%s without %s: %d %s", address, permission, v.status, v.page)
			}
		}
		if used := a.made(); len(used) > 0 && named == 0 && a.calledFor(permission) || works == 0 {
			t.Errorf("without %s %d pages name it and %d work; calls: %q", permission, named, works, used)
		}
		if log := p.out.String(); named > 0 && !strings.Contains(log, "not authorized to perform: "+permission) {
			t.Errorf("the log does not have the cause: %s", log)
		}
		a.set("", "")
		for address, v := range p.walk(t, "60-1111111111") {
			if v.status != whole[address].status {
				t.Errorf("%s with %s again: %d, want %d", address, permission, v.status, whole[address].status)
			}
		}
		p.end(syscall.SIGINT)
	}
}

// calledFor reports whether a permission was needed.
func (a *reader) calledFor(permission string) bool {
	return slices.ContainsFunc(a.made(), func(call string) bool { return strings.HasPrefix(call, permission) })
}

// TestConsoleInTrouble: a table that is not there, credentials that expired and a place without an answer are named on
// the page, with what to do, and nothing of AWS's answer.
func TestConsoleInTrouble(t *testing.T) {
	a := deployed(t)
	p := a.start()
	for code, want := range map[string]string{
		"ResourceNotFoundException":     "does not exist in this region and account",
		"ExpiredTokenException":         "The credentials of AWS have expired",
		"UnrecognizedClientException":   "AWS does not accept the credentials (UnrecognizedClientException)",
		"InvalidSignatureException":     "the clock of this machine",
		"ProvisionedThroughputExceeded": "AWS refused to read (ProvisionedThroughputExceeded)",
	} {
		a.set("dynamodb:Scan", code)
		found := p.walk(t, "60-1111111111")["/console/happened number authenticationId client"]
		if found.status != 500 || !strings.Contains(found.page, want) || strings.Contains(found.page, "arn:aws") {
			t.Errorf("%s: %d %s", code, found.status, found.page)
		}
		if log := p.out.String(); !strings.Contains(log, code) {
			t.Errorf("the log does not have %s: %s", code, log)
		}
	}
	p.end(syscall.SIGINT)
	for setting, want := range map[string]string{
		"AWS_ENDPOINT_URL_DYNAMODB=http://127.0.0.1:1": "There is no connection",
		"COUNTERSIGN_KEYS=":                            "This needs the keyring of the deployment",
	} {
		b := reader{t: t, data: a.data, env: append(slices.Clip(a.env), setting)}
		found := b.start().walk(t, "60-1111111111")["/console/happened number authenticationId client"]
		if found.status != 500 || !strings.Contains(found.page, want) {
			t.Errorf("with %s: %d %s", setting, found.status, found.page)
		}
	}
}
