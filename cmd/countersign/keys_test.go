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
	"countersign/pkg/filetest"
	"countersign/pkg/keyring"
)

// keys returns kind, version and state of all keys, such as "code 1 in force, …".
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

// TestKeysCommands: the first command makes a keyring; rotate makes new versions, of which
// list and client add print the public keys.
func TestKeysCommands(t *testing.T) {
	c := onFolder(t, filepath.Join(t.TempDir(), "new"))
	if got := c.keys(); got != "code 1 in force, number 1 in force, seal 1 in force, sign 1 in force, "+
		"pepper 1 in force, encrypt 1 in force" {
		t.Errorf("a new keyring has %s", got)
	}
	private(t, c.data)
	var made []keyring.Info
	c.json(&made, "keys", "rotate")
	if len(made) != 1 || made[0].Kind != keyring.Code || made[0].Version != 2 || made[0].State != keyring.InForce ||
		!made[0].From.IsZero() || time.Since(made[0].Made).Abs() > time.Minute {
		t.Errorf("rotate made %+v", made)
	}
	c.json(&made, "keys", "rotate", "sign", "--after", "24h")
	if in := time.Until(made[0].From); len(made) != 1 || made[0].Version != 2 || made[0].State != keyring.Waiting ||
		in < 23*time.Hour || in > 24*time.Hour || !strings.Contains(made[0].PublicKey, "BEGIN PUBLIC KEY") {
		t.Errorf("rotate sign --after 24h made %+v", made)
	}
	c.prints([]string{"keys", "list"}, "sign     1        in force  20", "sign     2        waiting   20",
		"public key of sign version 1:\n-----BEGIN", "public key of sign version 2:\n"+made[0].PublicKey)
	c.prints([]string{"client", "add", "acme", "--country", "MY", "--generate-key"},
		"version 1, that signs its answers:\n",
		"version 2, that signs its answers from "+made[0].From.Format(time.RFC3339)+" on:\n"+made[0].PublicKey)
	out, faults, exit := c.run("keys", "rotate", "sign")
	if exit != 0 || !strings.Contains(out, "Give the merchants this public key") ||
		!strings.Contains(faults, "--after 24h") {
		t.Errorf("rotate sign without --after ended with %d\n%s%s", exit, out, faults)
	}
	if got, want := c.keys(), "code 1 read, code 2 in force, number 1 in force, seal 1 in force, "+
		"sign 1 read, sign 2 read, sign 3 in force, pepper 1 in force, encrypt 1 in force"; got != want {
		t.Errorf("in the end: %s, want %s", got, want)
	}
}

// TestRetireKeys retires older versions of each kind.
func TestRetireKeys(t *testing.T) {
	c := onFolder(t, newFolder(t))
	c.ok("keys", "rotate", "all")
	c.ok("keys", "rotate", "code")
	if got, want := c.keys(), "code 1 read, code 2 read, code 3 in force, number 1 read, number 2 in force, "+
		"seal 1 read, seal 2 in force, sign 1 read, sign 2 in force, pepper 1 read, pepper 2 in force, "+
		"encrypt 1 read, encrypt 2 in force"; got != want {
		t.Errorf("after rotate: %s, want %s", got, want)
	}
	refused := map[string]string{
		"code":    "codes that were sent under it in the last half hour no longer verify",
		"number":  "each number would get its messages once more, five in the next hour",
		"pepper":  "processes that have not read the newer version store passwords under it",
		"encrypt": "passwords that were encrypted to it in the last half hour are refused",
	}
	for _, kind := range []string{"code", "number", "sign", "seal", "pepper", "encrypt"} {
		arguments := []string{"keys", "retire", kind, "1"}
		if reason, early := refused[kind]; early {
			before := c.keys()
			c.no(reason, arguments...)
			c.no("It can be retired from "+time.Now().UTC().Format("2006-01-"), arguments...)
			if c.no("--force retires it now", arguments...); c.keys() != before {
				t.Errorf("refused, and the keys are %s", c.keys())
			}
			arguments = append(arguments, "--force")
		}
		c.prints(arguments, kind+" version 1 is retired\n")
	}
	c.no("is in force", "keys", "retire", "number", "2", "--force")
	if got, want := c.keys(), "code 2 read, code 3 in force, number 2 in force, seal 2 in force, "+
		"sign 2 in force, pepper 2 in force, encrypt 2 in force"; got != want {
		t.Errorf("after retire: %s, want %s", got, want)
	}
	if out := c.ok("keys", "retire", "code", "2", "--force", "--json"); out != `{"kind":"code","version":2}`+"\n" {
		t.Errorf("retire --json printed %s", out)
	}
	help := c.ok("keys", "retire", "--help")
	if !strings.Contains(help, "A version takes with it") || !strings.Contains(help, "encrypted again") {
		t.Errorf("the help of retire does not describe the loss:\n%s", help)
	}
}

// TestKeysMistakes: a wrong argument, or a keyring that others can read, is an error.
func TestKeysMistakes(t *testing.T) {
	c := onFolder(t, newFolder(t))
	c.ok("keys", "rotate", "code")
	c.ok("keys", "rotate", "seal")
	for args, want := range map[string]string{
		"retire code 2":            "in force",
		"retire code 9":            "there is no code key of version 9",
		"retire seal 2":            "in force",
		"retire all 1":             `must be one of "code","number","seal","sign","pepper","encrypt"`,
		"retire code":              "<version>",
		"rotate salt":              `must be one of "code","number","seal","sign","pepper","encrypt","all"`,
		"rotate code --after soon": "--after",
		"rotate --after 99999999h": "--after",
		"rotate --after 100000h":   "more than ten years",
	} {
		c.no(want, append([]string{"keys"}, strings.Fields(args)...)...)
	}
	if err := os.Chmod(filepath.Join(c.data, "keys.json"), 0o644); err != nil {
		t.Fatal(err)
	}
	c.no("chmod 600", "keys", "list")
}

// TestRetireSeal: retire seal loses no secret and no number. It refuses to retire a version
// whose records cannot be encrypted again.
func TestRetireSeal(t *testing.T) {
	p := serveOn(t, newFolder(t))
	c := onFolder(t, p.data)
	c.ok("client", "add", "acme", "--country", "MY", "--unimatrix", "hmac", "--generate-key")
	c.ok("user", "add", "bob", "--client", "acme", "--number", "60-6543216353", "--token", "token")
	c.ok("keys", "rotate", "seal")
	c.prints([]string{"keys", "retire", "seal", "1"}, "seal version 1 is retired; documents encrypted again: ")
	if out, faults, exit := c.run("call", "users-init", "token", "--client", "acme", "--url", p.url); exit != 0 {
		t.Errorf("%s%s", out, faults)
	}

	c.ok("keys", "rotate", "seal")
	keys := filepath.Join(c.data, "keys.json")
	secret := regexp.MustCompile(`("seal":\[\{"version":2,.*?"secret":")[^"]{8}`)
	damaged := secret.ReplaceAll(filetest.Read(t, keys), []byte("${1}AAAAAAAA"))
	filetest.Write(t, keys, damaged, 0o600)
	c.no("remove the users, or give the clients a new secret", "keys", "retire", "seal", "2")
	if got := c.keys(); !strings.Contains(got, "seal 2 read, seal 3 in force") {
		t.Error(got)
	}
}

// TestAdministrationInAWS: the commands work on a deployment, whose keyring is a secret of
// Secrets Manager and whose table exists already.
func TestAdministrationInAWS(t *testing.T) {
	first := []byte(`{"version":1,"secret":"` + strings.Repeat("s", 64) + `"}`)
	secrets := awsfake.Start(t, awsfake.NewSecret(first))
	table := dynamotest.ClientsTable(t)
	bare := onFolder(t, filepath.Join(t.TempDir(), "untouched"), "COUNTERSIGN_STORE=dynamodb",
		"COUNTERSIGN_CLIENTS_TABLE="+table, "AWS_REGION=eu-central-1",
		"AWS_ENDPOINT_URL_DYNAMODB="+dynamotest.Endpoint(t))
	c := bare
	c.env = append(slices.Clip(bare.env), "COUNTERSIGN_KEYS=keys", "AWS_ENDPOINT_URL_SECRETS_MANAGER="+secrets.URL)

	c.prints([]string{"client", "add", "acme", "--country", "MY", "--public-key", publicKey},
		"no key that signs answers: keys rotate sign makes one")
	c.prints([]string{"keys", "rotate", "all"}, "sign    1        in force")
	c.ok("keys", "retire", "seal", "1")
	c.prints([]string{"client", "rotate-secret", "acme"}, "(shown this once)")
	c.ok("keys", "rotate", "seal")
	c.prints([]string{"keys", "retire", "seal", "2"}, "encrypted again: 1")
	// A deployment has no keys for passwords before its operator makes them.
	if got := c.keys(); got != "code 1 read, code 2 in force, number 1 read, number 2 in force, seal 3 in force, "+
		"sign 1 in force" {
		t.Error(got)
	}
	c.prints([]string{"keys", "rotate", "pepper"}, "pepper  1        in force", "A release from before them cannot")
	c.prints([]string{"keys", "rotate", "encrypt"}, "encrypt  1        in force", "public key of encrypt version 1:\n")
	c.prints([]string{"keys", "rotate", "encrypt", "--after", "24h"}, "encrypt  2        waiting")
	if got := c.keys(); !strings.HasSuffix(got, "pepper 1 in force, encrypt 1 in force, encrypt 2 waiting") {
		t.Error(got)
	}

	// Without permission to read keys, an operator can still disable a client.
	bare.ok("client", "disable", "acme")
	var r clients.Record
	bare.json(&r, "client", "show", "acme")
	if r.Status != "disabled" || len(r.Secrets) != 1 {
		t.Errorf("the disabled client is %+v", r)
	}
	bare.no("--keys-secret or COUNTERSIGN_KEYS", "client", "rotate-secret", "acme")
	bare.no("--keys-secret or COUNTERSIGN_KEYS", "keys", "list")
	bare.env = append(bare.env, "COUNTERSIGN_CLIENTS_TABLE=no-such-table")
	bare.no("no-such-table", "client", "show", "acme")
	if _, err := os.Stat(c.data); !os.IsNotExist(err) {
		t.Errorf("a data folder was made, %v", err)
	}
	secrets.Otherwise(awsfake.Fail(http.StatusBadRequest, "AccessDeniedException"))
	c.no("AccessDeniedException", "keys", "list")
}

// TestNoDeployment: without credentials, or with a wrong endpoint, an error names the remedy.
func TestNoDeployment(t *testing.T) {
	c := onFolder(t, newFolder(t), "COUNTERSIGN_STORE=dynamodb", "COUNTERSIGN_KEYS=keys", "AWS_REGION=eu-central-1")
	c.no("aws configure export-credentials", "keys", "list")
	c.no("aws configure export-credentials", "client", "list")
	c.env = append(c.env, "AWS_ENDPOINT_URL_DYNAMODB=127.0.0.1:1")
	c.no("AWS_ENDPOINT_URL_DYNAMODB 127.0.0.1:1: must be http://HOST:PORT", "client", "list")
	for endpoint, want := range map[string]string{
		"127.0.0.1:1":        "--dynamodb-endpoint 127.0.0.1:1: must be http://HOST:PORT",
		"http://127.0.0.1:1": "is an engine running at http://127.0.0.1:1?",
	} {
		c.no(want, "client", "list", "--dynamodb-endpoint", endpoint)
	}
}
