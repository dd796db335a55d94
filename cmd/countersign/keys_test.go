package main

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"countersign/pkg/awsfake"
	"countersign/pkg/clients"
	"countersign/pkg/dynamostore/dynamotest"
	"countersign/pkg/keyring"
)

// keys tells all versions in short.
func (c tool) keys() string {
	c.t.Helper()
	var list []keyring.Info
	c.json(&list, "keys", "list")
	var all []string
	for _, k := range list {
		all = append(all, fmt.Sprint(k.Kind, " ", k.Version, " ", k.State))
	}
	return strings.Join(all, ", ")
}

func TestKeysCommands(t *testing.T) {
	c := onFolder(t, filepath.Join(t.TempDir(), "new"))
	if got := c.keys(); got != "code 1 in force, number 1 in force, seal 1 in force, sign 1 in force" {
		t.Errorf("at first: %s", got)
	}
	private(t, c.data)
	var made []keyring.Info
	c.json(&made, "keys", "rotate")
	if len(made) != 1 || made[0].Kind != keyring.Code || made[0].Version != 2 || made[0].State != keyring.InForce ||
		!made[0].From.IsZero() || time.Since(made[0].Made).Abs() > time.Minute {
		t.Errorf("%+v", made)
	}
	c.json(&made, "keys", "rotate", "sign", "--after", "24h")
	if in := time.Until(made[0].From); len(made) != 1 || made[0].Version != 2 || made[0].State != keyring.Waiting ||
		in < 23*time.Hour || in > 24*time.Hour || !strings.Contains(made[0].PublicKey, "BEGIN PUBLIC KEY") {
		t.Errorf("%+v", made)
	}
	c.says([]string{"keys", "list"}, "sign    1        in force  20", "sign    2        waiting   20",
		"public key of sign version 1:\n-----BEGIN", "public key of sign version 2:\n"+made[0].PublicKey)

	// A merchant gets the key of today and the one of tomorrow.
	c.says([]string{"client", "add", "acme", "--country", "MY", "--generate-key"},
		"version 1, that signs its answers:\n",
		"version 2, that signs its answers from "+made[0].From.Format(time.RFC3339)+" on:\n"+made[0].PublicKey)

	out, faults, exit := c.run("keys", "rotate", "sign")
	if exit != 0 || !strings.Contains(out, "Give the merchants this public key") ||
		!strings.Contains(faults, "--after 24h") {
		t.Errorf("%d %s%s", exit, out, faults)
	}
	c.ok("keys", "rotate", "all")
	if got := c.keys(); got != "code 1 read, code 2 read, code 3 in force, number 1 read, number 2 in force, seal 1 "+
		"read, seal 2 in force, sign 1 read, sign 2 read, sign 3 read, sign 4 in force" {
		t.Errorf("%s", got)
	}
	for _, args := range [][]string{{"code", "1"}, {"number", "1"}, {"sign", "2"}, {"seal", "1"}} {
		c.says(append([]string{"keys", "retire"}, args...), args[0]+" version "+args[1]+" is retired\n")
	}
	if got := c.keys(); got != "code 2 read, code 3 in force, number 2 in force, seal 2 in force, sign 1 read, sign "+
		"3 read, sign 4 in force" {
		t.Errorf("%s", got)
	}
	if out := c.ok("keys", "retire", "code", "2", "--json"); out != `{"kind":"code","version":2}`+"\n" {
		t.Error(out)
	}
	for args, want := range map[string]string{
		"retire code 3":            "in force",
		"retire code 9":            "there is no code key of version 9",
		"retire seal 2":            "in force",
		"retire all 1":             `must be one of "code","number","seal","sign"`,
		"retire code":              "<version>",
		"rotate salt":              `must be one of "code","number","seal","sign","all"`,
		"rotate code --after soon": "--after",
		"rotate --after 99999999h": "--after",
		"rotate --after 100000h":   "more than ten years",
	} {
		c.no(want, append([]string{"keys"}, strings.Fields(args)...)...)
	}
	if help := c.ok("keys", "retire", "--help"); !strings.Contains(help, "A version takes with it") ||
		!strings.Contains(help, "encrypted again") {
		t.Error(help)
	}
	if err := os.Chmod(filepath.Join(c.data, "keys.json"), 0o644); err != nil {
		t.Fatal(err)
	}
	c.no("chmod 600", "keys", "list")
}

// Retiring a seal key loses no secret and no number.
func TestRetireSeal(t *testing.T) {
	p := serveOn(t, newFolder(t))
	c := onFolder(t, p.data)
	c.ok("client", "add", "acme", "--country", "MY", "--unimatrix", "hmac", "--generate-key")
	c.ok("user", "add", "bob", "--client", "acme", "--number", "60-6543216353", "--token", "token")
	c.ok("keys", "rotate", "seal")
	c.says([]string{"keys", "retire", "seal", "1"}, "seal version 1 is retired; clients and users encrypted again: 2")
	if out, faults, exit := c.run("call", "users-init", "token", "--client", "acme", "--url", p.url); exit != 0 {
		t.Errorf("%s%s", out, faults)
	}

	// One that cannot be opened holds the key back.
	c.ok("keys", "rotate", "seal")
	keys := filepath.Join(c.data, "keys.json")
	text, err := os.ReadFile(keys)
	if err != nil {
		t.Fatal(err)
	}
	other := regexp.MustCompile(`("seal":\[\{"version":2,.*?"secret":")[^"]{8}`).ReplaceAll(text,
		[]byte("${1}AAAAAAAA"))
	if err := os.WriteFile(keys, other, 0o600); err != nil {
		t.Fatal(err)
	}
	c.no("remove the users, or give the clients a new secret", "keys", "retire", "seal", "2")
	if got := c.keys(); !strings.Contains(got, "seal 2 read, seal 3 in force") {
		t.Error(got)
	}
}

// In AWS the keyring is a secret of Secrets Manager, and the table one that the
// deployment has made.
func TestAdministrationInAWS(t *testing.T) {
	first := []byte(`{"version":1,"secret":"` + strings.Repeat("s", 64) + `"}`)
	secrets := awsfake.Start(t, awsfake.NewSecret(first))
	table := dynamotest.ClientsTable(t)
	bare := onFolder(t, filepath.Join(t.TempDir(), "untouched"), "COUNTERSIGN_STORE=dynamodb",
		"COUNTERSIGN_CLIENTS_TABLE="+table,
		"AWS_REGION=eu-central-1", "AWS_ENDPOINT_URL_DYNAMODB="+dynamotest.Endpoint(t))
	c := bare
	c.env = append(slices.Clip(bare.env), "COUNTERSIGN_KEYS=keys", "AWS_ENDPOINT_URL_SECRETS_MANAGER="+secrets.URL)

	c.says([]string{"client", "add", "acme", "--country", "MY", "--public-key", publicKey},
		"no key that signs answers: keys rotate sign makes one")
	c.says([]string{"keys", "rotate", "sign"}, "sign  1        in force")
	c.says([]string{"client", "rotate-secret", "acme"}, "(shown this once)")
	c.ok("keys", "rotate", "seal")
	c.says([]string{"keys", "retire", "seal", "1"}, "encrypted again: 1")
	if got := c.keys(); got != "code 1 in force, number 1 in force, seal 2 in force, sign 1 in force" {
		t.Error(got)
	}

	// Who may not read keys can still switch a client off.
	bare.ok("client", "disable", "acme")
	var r clients.Record
	bare.json(&r, "client", "show", "acme")
	if r.Status != "disabled" || len(r.Secrets) != 1 {
		t.Errorf("%+v", r)
	}
	bare.no("--keys-secret or COUNTERSIGN_KEYS", "client", "rotate-secret", "acme")
	bare.no("--keys-secret or COUNTERSIGN_KEYS", "keys", "list")
	stranger := onFolder(t, newFolder(t), "COUNTERSIGN_STORE=dynamodb", "COUNTERSIGN_KEYS=keys",
		"AWS_REGION=eu-central-1")
	stranger.no("aws configure export-credentials", "keys", "list")
	stranger.no("aws configure export-credentials", "client", "list")
	stranger.env = append(stranger.env, "AWS_ENDPOINT_URL_DYNAMODB=127.0.0.1:1")
	stranger.no("AWS_ENDPOINT_URL_DYNAMODB 127.0.0.1:1: must be http://HOST:PORT", "client", "list")
	stranger.no("--dynamodb-endpoint 127.0.0.1:1: must be http://HOST:PORT", "client", "list", "--dynamodb-endpoint",
		"127.0.0.1:1")
	stranger.no("is an engine running at http://127.0.0.1:1?", "client", "list", "--dynamodb-endpoint",
		"http://127.0.0.1:1")
	bare.env = append(bare.env, "COUNTERSIGN_CLIENTS_TABLE=no-such-table")
	bare.no("no-such-table", "client", "show", "acme")
	if _, err := os.Stat(c.data); !os.IsNotExist(err) {
		t.Errorf("a folder was made, %v", err)
	}
	secrets.Otherwise(awsfake.Fail(http.StatusBadRequest, "AccessDeniedException"))
	c.no("AccessDeniedException", "keys", "list")
}
