package main

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"countersign/pkg/clients"
	"countersign/pkg/clients/registry"
	"countersign/pkg/dynamostore/dynamotest"
	"countersign/pkg/filetest"
)

// An access key is random and made of characters that no SDK escapes.
func TestRandomAccessKey(t *testing.T) {
	one, two := randomAccessKey(), randomAccessKey()
	form := regexp.MustCompile(`\Acsak_[A-Z2-7]{26}\z`)
	if !form.MatchString(one) || one == two || registry.CheckAccessKey(one) != nil {
		t.Error(one, two)
	}
}

// keyTour has the access keys of a tour of the Unimatrix contract, with the process that it was made on.
type keyTour struct {
	*process
	t             testing.TB
	simple, hmac  handover
	brought, seen string // the key of a file, and all that the process and the commands showed
}

// request posts to an action with an access key, and wants a code in the answer.
func (a *keyTour) request(want, key, action, body string) {
	a.t.Helper()
	resp, err := http.Post(a.url+"/?action="+action+"&accessKeyId="+url.QueryEscape(key), "application/json",
		strings.NewReader(body))
	if err != nil {
		a.t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil || !strings.Contains(string(text), `"code":"`+want+`"`) {
		a.t.Errorf("%s: %s, want %s; %v", action, text, want, err)
	}
	a.seen += string(text)
}

// tour uses and misuses access keys in each way, then reads the events and ends the server.
func (a *keyTour) tour(c tool) {
	a.t.Helper()
	const send, check = `{"to":"+606543216353"}`, `{"to":"+606543216353","code":"000000"}`
	a.request("0", a.simple.AccessKey, "otp.send", send)
	a.request("0", a.simple.AccessKey, "otp.verify", check)
	a.request("0", a.brought, "otp.verify", check)
	a.request("105300", a.simple.AccessKey, "otp.send", send)
	a.request("104002", a.simple.AccessKey, "otp.resend", send)
	a.request("104200", a.hmac.AccessKey, "otp.send", send)
	for _, slip := range []string{a.simple.AccessKey + "x", strings.ToLower(a.simple.AccessKey), " " + a.brought} {
		a.request("104111", slip, "otp.send", send)
	}
	for _, id := range []string{"shop", "signing"} { // the id is no credential
		a.request("104111", id, "otp.send", send)
	}
	eventually(a.t, "the events of the send and the check", func() bool { return len(a.events()) >= 2 })
	events := fmt.Appendf(nil, "%s", a.events())
	if !bytes.Contains(events, []byte(`"shop"`)) {
		a.t.Errorf("no event names the client: %s", events)
	}
	if err := a.end(syscall.SIGTERM); err != nil {
		a.t.Fatal(err)
	}
	a.seen += string(events) + a.out.String() + c.ok("client", "list") + c.ok("client", "show", "shop")
	if !strings.Contains(a.out.String(), "client=shop ") {
		a.t.Errorf("no line names the client:\n%s", a.out.String())
	}
}

// canaries are the access keys, as they are and as digests that anybody can make.
func (a *keyTour) canaries() (all []string) {
	for _, key := range []string{a.simple.AccessKey, a.hmac.AccessKey, a.hmac.Secret, a.brought} {
		sum := sha256.Sum256([]byte(key))
		all = append(all, key, strings.ToLower(key), hex.EncodeToString(sum[:]),
			base64.StdEncoding.EncodeToString(sum[:]), base64.RawURLEncoding.EncodeToString(sum[:]),
			clients.RosterEntry(key), clients.RosterEntry(clients.AccessKeyName(key)))
	}
	return all
}

func (a *keyTour) absent(name string, text []byte) {
	a.t.Helper()
	for i, canary := range a.canaries() {
		if bytes.Contains(text, []byte(canary)) {
			a.t.Errorf("%s has canary %d of the access keys", name, i)
		}
	}
}

// newKeyTour adds clients, and starts a server that logs each request.
func newKeyTour(t testing.TB, c tool, flags ...string) *keyTour {
	t.Helper()
	a := &keyTour{t: t, brought: "brought-" + rand.Text()}
	c.json(&a.simple, "client", "add", "shop", "--unimatrix", "simple", "--country=*")
	c.json(&a.hmac, "client", "add", "signing", "--unimatrix", "hmac", "--country=*")
	file := write(t, "brought", a.brought+"\n")
	a.seen += c.ok("client", "add-access-key", "shop", "--access-key-file", file)
	a.process = serveOn(t, c.data, append(flags, "--verbose")...)
	return a
}

// TestNothingInAnythingOfAccessKeys looks for access keys in answers, log lines, events, files and tables, also those
// that a person mistyped (P14, P42).
func TestNothingInAnythingOfAccessKeys(t *testing.T) {
	t.Run("sqlite", func(t *testing.T) {
		c := onFolder(t, newFolder(t))
		a := newKeyTour(t, c)
		a.tour(c)
		a.absent("what people see", []byte(a.seen))
		files, err := filepath.Glob(filepath.Join(c.data, "*"))
		if err != nil || len(files) < 3 {
			t.Fatal(files, err)
		}
		for _, file := range files {
			text := filetest.Read(t, file)
			a.absent(file, text)
		}
	})
	t.Run("dynamodb", func(t *testing.T) {
		tables, endpoint := "access-"+rand.Text(), dynamotest.Endpoint(t)
		t.Setenv("COUNTERSIGN_TABLE", tables)
		t.Setenv("COUNTERSIGN_CLIENTS_TABLE", tables+"-clients")
		c := onFolder(t, newFolder(t), "COUNTERSIGN_STORE=dynamodb", "COUNTERSIGN_DYNAMODB_ENDPOINT="+endpoint)
		a := newKeyTour(t, c, "--store", "dynamodb", "--dynamodb-endpoint", endpoint)
		a.tour(c)
		a.absent("what people see", []byte(a.seen))
		for _, table := range []string{tables, tables + "-clients"} {
			dump, err := dynamotest.Client(t, nil).Scan(t.Context(), &dynamodb.ScanInput{TableName: &table})
			if err != nil || len(dump.Items) < 2 {
				t.Fatalf("%d items, %v", len(dump.Items), err)
			}
			for _, item := range dump.Items {
				for name, value := range item {
					a.absent(name, fmt.Appendf(nil, "%s", value))
				}
			}
		}
	})
}

// TestAccessKeyCommands: several keys work beside each other, are listed by their fingerprints, found and removed.
func TestAccessKeyCommands(t *testing.T) {
	onEach(t, func(t *testing.T, c tool) {
		var h, more handover
		c.json(&h, "client", "add", "shop", "--unimatrix", "simple")
		c.json(&more, "client", "add-access-key", "shop")
		if len(more.Client.AccessKeys) != 2 || more.AccessKey == h.AccessKey || len(h.AccessKey) != 31 {
			t.Errorf("%+v, %+v", h, more)
		}
		key := write(t, "key", h.AccessKey+"\r\n")
		out := c.ok("client", "find-access-key", key)
		old := strings.Fields(out)[2]
		if !strings.Contains(out, "finds this client\nclient ") || !strings.Contains(out, " shop\n") {
			t.Error(out)
		}
		c.prints([]string{"client", "show", "shop"}, "access keys   ", old+", added ")
		c.no("already there", "client", "add", "other", "--unimatrix", "simple", "--access-key-file", key)
		c.no("already there", "client", "add", "other", "--unimatrix", "hmac", "--access-key-file", key)
		c.no("goes with --unimatrix", "client", "add", "other", "--access-key-file", key)
		c.prints([]string{"client", "remove-access-key", "shop", old}, "access keys")
		c.no("not found", "client", "find-access-key", key)
		c.no("client show and user list print", "client", "remove-access-key", "shop", old)
		c.prints([]string{"client", "add-access-key", "shop", "--access-key-file", key, "--retire-old"},
			"and no other one", "access key id  as in ")
		for name, want := range map[string]string{
			"": "is empty", "\n": "is empty", " ": "white space", "a b \n": "white space", "one\ntwo\n": "in one line",
			strings.Repeat("k", 65): "1 to 64 characters", "nul\x00": "control character",
		} {
			c.no(want, "client", "add-access-key", "shop", "--access-key-file", write(t, "bad", name))
			c.no(want, "client", "add", "bad", "--unimatrix", "simple", "--access-key-file", write(t, "bad", name))
		}
		c.no("file: the file cannot be read", "client", "add-access-key", "shop", "--access-key-file", "gone")
		c.no(`"bad": not found`, "client", "show", "bad")
		weak := write(t, "weak", "weak")
		c.prints([]string{"client", "add", "weak", "--unimatrix", "simple", "--access-key-file", weak},
			"its access key has 4 characters", "simple")
		c.prints([]string{"client", "list"}, "weak  active  -    simple, by its id")
	})
}

// An access key is no secret in the mode hmac. It becomes the whole credential in the mode simple, which the command
// states, and states for no other change.
func TestAccessKeysThatWereNoSecrets(t *testing.T) {
	c := onFolder(t, newFolder(t))
	c.ok("client", "add", "shop", "--unimatrix", "hmac", "--country", "MY")
	for _, step := range []struct {
		flag  string
		warns bool
	}{
		{"--brand=X", false}, {"--unimatrix=hmac", false}, {"--unimatrix=simple", true}, {"--unimatrix=simple", false},
		{"--brand=Y", false}, {"--unimatrix=hmac", false}, {"--unimatrix=simple", true},
	} {
		_, faults, code := c.run("client", "set", "shop", step.flag)
		if code != 0 || strings.Contains(faults, "add-access-key --retire-old gives it a new key") != step.warns {
			t.Errorf("%s: exit %d, %q, want a warning: %v", step.flag, code, faults, step.warns)
		}
	}
}
