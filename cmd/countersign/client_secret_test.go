package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"countersign/pkg/filetest"
)

// TestSecrets adds, rotates and removes HMAC secrets.
func TestSecrets(t *testing.T) {
	c := onFolder(t, newFolder(t))
	var h handover
	c.json(&h, "client", "add", "made", "--unimatrix", "hmac")
	if len(h.Secret) < 26 || strings.Trim(h.Secret, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567") != "" ||
		len(h.Client.Secrets) != 1 {
		t.Errorf("a generated secret: %+v", h)
	}
	c.prints([]string{"client", "add", "shown", "--unimatrix", "hmac"}, "access key id  csak_",
		"mode           hmac\n", "(shown this once)")

	var given handover
	c.in = "0123456789abcdef\n"
	c.json(&given, "client", "add", "given", "--hmac-secret-file", "-")
	if given.Secret != "" || given.Client.Unimatrix != "hmac" || len(given.Client.Secrets) != 1 {
		t.Errorf("a given secret: %+v", given)
	}
	var rotated handover
	c.json(&rotated, "client", "rotate-secret", "made")
	if rotated.Secret == h.Secret || len(rotated.Client.Secrets) != 2 {
		t.Errorf("a rotated secret: %+v", rotated)
	}
	var same handover
	c.json(&same, "client", "rotate-secret", "given", "--hmac-secret-file", write(t, "same", "0123456789abcdef\r\n"))
	if len(same.Client.Secrets) != 1 {
		t.Errorf("the same secret with another line break: %+v", same)
	}
	c.prints([]string{"client", "remove-secret", "made"}, "secrets       1, the newest")
	c.no("hmac", "client", "remove-secret", "made")
	c.ok("client", "add", "none")
	c.no("client rotate-secret gives it one", "client", "set", "none", "--unimatrix", "hmac")
	c.prints([]string{"client", "rotate-secret", "none"}, "its secret is not used", "mode           -")
	c.ok("client", "add-access-key", "none")
	c.prints([]string{"client", "set", "none", "--unimatrix", "hmac"}, "hmac")
	for size, want := range map[int]string{15: "has 15 bytes", 257: "has 257 bytes"} {
		c.in = strings.Repeat("x", size) + "\n"
		c.no(want, "client", "rotate-secret", "given", "--hmac-secret-file", "-")
		c.no(want, "client", "add", "short", "--hmac-secret-file", "-")
	}
	c.no("file: the file cannot be read", "client", "rotate-secret", "given", "--hmac-secret-file", "gone")
}

// TestSecretsAreShownOnce: only the command that makes a secret prints it. The store never has
// it in clear, nor a token or a number.
func TestSecretsAreShownOnce(t *testing.T) {
	c := onFolder(t, newFolder(t))
	var made handover
	c.json(&made, "client", "add", "acme", "--generate-key", "--unimatrix", "hmac")
	const given, token, number = "canary-0123456789", "canary-token", "6543216877"
	printed := runAll(c, made.PrivateKeyFile, given, token, number) + runAccessKeys(c, "canary-access-key")

	private := filetest.Read(t, made.PrivateKeyFile)
	canaries := []string{made.AccessKey, "canary-access-key", made.Secret, given, token, number,
		string(private[95:155]), "BEGIN PRIVATE KEY"}
	for part := range strings.SplitSeq(string(filetest.Read(t, filepath.Join(c.data, "keys.json"))), `"secret":"`) {
		if secret, _, ok := strings.Cut(part, `"`); ok && len(secret) >= 32 {
			canaries = append(canaries, secret)
		}
	}
	if len(canaries) < 10 {
		t.Fatalf("%d canaries, want those of the keyring too", len(canaries))
	}
	db := filetest.Read(t, filepath.Join(c.data, "countersign.db"))
	if wal, err := os.ReadFile(filepath.Join(c.data, "countersign.db-wal")); err == nil {
		db = append(db, wal...)
	}
	if !bytes.Contains(db, []byte("client#acme")) {
		t.Fatal("the store does not have the client")
	}
	for i, canary := range canaries {
		if strings.Contains(printed, canary) {
			t.Errorf("canary %d is printed:\n%s", i, printed)
		}
		if bytes.Contains(db, []byte(canary)) {
			t.Errorf("canary %d is in the store", i)
		}
	}
}

// runAccessKeys runs every command that meets an access key, some of them so that they fail, and
// returns what they print.
func runAccessKeys(c tool, key string) string {
	c.t.Helper()
	file, printed := write(c.t, "access", key+"\n"), ""
	twice := write(c.t, "twice", key+"\n"+key)
	for _, command := range []string{
		"client add-access-key acme --access-key-file " + file, "client find-access-key " + file,
		"client find-access-key " + twice, "client add-access-key acme --access-key-file " + twice,
		"client add other --unimatrix simple --access-key-file " + file,
		"client add other --access-key-file " + file, "client show acme", "client show acme --json",
		"client remove-access-key acme 00000000", "client remove-access-key acme " + key,
		// the secret where the name of its file belongs
		"client find-access-key " + key, "client add-access-key acme --access-key-file " + key,
		"client add other --unimatrix simple --access-key-file " + key,
		"client rotate-secret acme --hmac-secret-file " + key,
		"user token add bob --client acme --token-file " + key,
	} {
		out, faults, _ := c.run(strings.Fields(command)...)
		printed += out + faults
	}
	return printed
}

// runAll runs every command that meets a secret, a token or a number, some of them so that
// they fail. It returns what they print on both streams.
func runAll(c tool, privateKey, secret, token, number string) string {
	c.t.Helper()
	var printed strings.Builder
	run := func(args ...string) {
		out, faults, _ := c.run(args...)
		printed.WriteString(out + faults)
	}
	addUser := func(id, number string) {
		run("user", "add", id, "--client", "acme", "--number", number, "--token", token)
	}
	run("client", "rotate-secret", "acme", "--hmac-secret-file", write(c.t, "secret", secret))
	addUser("bob", "60-"+number)
	addUser("bob", "60-"+number)
	addUser("eve", "+60"+number+"99999")
	addUser("eve", "60-"+number)
	run("user", "token", "add", "bob", "--client", "acme", "--token", token)
	run("client", "rotate-key", "acme", "--public-key", privateKey)
	run("client", "add", "other", "--public-key", privateKey)
	for _, json := range []string{"--json=false", "--json"} {
		for _, command := range []string{
			"client list", "client show acme", "client set acme --brand X", "client disable acme",
			"client enable acme", "user list --client acme", "user block bob --client acme", "keys list",
			"keys rotate all", "keys retire seal 1", "keys retire code 1 --force",
		} {
			run(append(strings.Fields(command), json)...)
		}
	}
	run("user", "token", "revoke", "--client", "acme", "--token", token)
	run("user", "token", "revoke", "--client", "acme", "--token", token)
	return printed.String()
}
