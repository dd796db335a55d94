package main

import (
	"bytes"
	"crypto/rsa"
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"countersign/pkg/filetest"
	"countersign/pkg/keyring"
	"countersign/pkg/signature"
)

// TestGenerateKey: add makes a key for the client, writes its private half to a file, and
// prints all that the merchant needs.
func TestGenerateKey(t *testing.T) {
	onEach(t, func(t *testing.T, c tool) {
		text := c.ok("client", "add", "acme", "--country", "US", "--generate-key")
		file := filepath.Join(c.data, "clients", "acme.key.pem")
		var keys []keyring.Info
		c.json(&keys, "keys", "list")
		server := keys[slices.IndexFunc(keys, func(k keyring.Info) bool { return k.Kind == keyring.Sign })]
		for _, want := range []string{
			"client id", "key version  1\n", file, "base URL", "http://127.0.0.1:8080", "Client-Id: acme\n",
			"Request-Time: ", "Signature: algorithm=RSA256,keyVersion=1,signature=VALUE\n",
			"version 1, that signs its answers:\n" + server.PublicKey,
		} {
			if !strings.Contains(text, want) {
				t.Errorf("add did not print %q:\n%s", want, text)
			}
		}
		if r := c.client("acme"); len(r.Keys) != 1 || r.Keys[0].Version != "1" || r.Keys[0].PEM != half(t, file) {
			t.Errorf("keys %+v", r.Keys)
		}
		private(t, c.data)

		var h handover
		other := filepath.Join(t.TempDir(), "deeper", "my.pem")
		c.json(&h, "client", "add", "other", "--public-key", publicKey+":7", "--generate-key", "--key-out", other)
		if h.KeyVersion != "8" || h.PrivateKeyFile != other || versions(h.Client) != "7 8" ||
			h.Client.Keys[1].PEM != half(t, other) {
			t.Errorf("a given and a generated key made %+v", h)
		}
		if len(h.ServerKeys) != 1 || h.ServerKeys[0].PublicKey != server.PublicKey || h.ServerKeys[0].Version != 1 {
			t.Errorf("the service's keys are %+v, want %+v", h.ServerKeys, server)
		}
		private(t, filepath.Dir(other))
	})
}

// TestMerchantURL: the base URL for the merchant comes from the flag, or else from the
// environment.
func TestMerchantURL(t *testing.T) {
	c := onFolder(t, newFolder(t))
	public := []string{"--public-key", publicKey}
	for i, test := range []struct {
		env  string
		args []string
		want string
	}{
		{"X=", nil, "base URL     http://127.0.0.1:8080\n"},
		{"COUNTERSIGN_URL=https://api.example", nil, "base URL     https://api.example\n"},
		{"COUNTERSIGN_URL=https://api.example", []string{"--url", "https://other.example"},
			"base URL     https://other.example\n"},
	} {
		c := c
		c.env = append(slices.Clone(c.env), test.env)
		for _, command := range []string{"add", "rotate-key"} {
			c.prints(slices.Concat([]string{"client", command, fmt.Sprint("acme", i)}, public, test.args), test.want)
		}
	}
}

// half returns the public half of a private key in a PKCS#8 file.
func half(t testing.TB, file string) string {
	t.Helper()
	text := filetest.Read(t, file)
	key, err := signature.ParsePrivateKey(text)
	if err != nil || !bytes.HasPrefix(text, []byte("-----BEGIN PRIVATE KEY-----\n")) {
		t.Fatal(err)
	}
	return signature.FormatPublicKey(&key.PublicKey)
}

// TestPrivateKeyFile: no command overwrites a private key, and add leaves none if it fails.
func TestPrivateKeyFile(t *testing.T) {
	c := onFolder(t, newFolder(t))
	file := filepath.Join(c.data, "clients", "acme.key.pem")
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		t.Fatal(err)
	}
	filetest.Write(t, file, []byte("mine"), 0o600)
	c.no("--key-out", "client", "add", "acme", "--generate-key")
	if text, _ := os.ReadFile(file); string(text) != "mine" {
		t.Errorf("the file is %q", text)
	}
	c.no("not found", "client", "show", "acme")
	c.no("--generate-key", "client", "add", "acme", "--key-out", "x.pem")
	for _, bad := range [][]string{{"a b"}, {"b", "--numbers", "sure"}, {"b", "--digits", "9"}} {
		c.no("client", append([]string{"client", "add", "--generate-key"}, bad...)...)
	}
	if files, _ := os.ReadDir(filepath.Dir(file)); len(files) != 1 {
		t.Errorf("failed commands left %v", files)
	}
}

// TestPublicKeys: keys come from files or from the standard input, with or without a version.
func TestPublicKeys(t *testing.T) {
	c := onFolder(t, newFolder(t))
	text := filetest.Read(t, publicKey)
	colon := write(t, "a:b,c", string(text))
	c.ok("client", "add", "acme", "--public-key", publicKey+":0", "--public-key", publicKey, "--public-key", colon,
		"--public-key", colon+":12")
	if got := versions(c.client("acme")); got != "0 1 2 12" {
		t.Errorf("versions %s", got)
	}
	c.in = string(text)
	c.ok("client", "rotate-key", "acme", "--public-key=-:20")
	c.prints([]string{"client", "remove-key", "acme", "12"}, "key 0, 1, 2, 20\n")

	// It is as long as a key of 1024 bits, which some systems cannot generate.
	short := &rsa.PublicKey{N: new(big.Int).Lsh(big.NewInt(1), 1023), E: 65537}
	for name, bad := range map[string]struct{ file, want string }{
		"missing":   {"nowhere.pem:1", "open nowhere.pem: "},
		"private":   {testKeys + "ams-test-client.key.pem", "this is a private key"},
		"no key":    {write(t, "x", "hello"), "neither PEM nor base64"},
		"too short": {write(t, "short", signature.FormatPublicKey(short)), "at least 2048"},
		"no number": {publicKey + ":1a", "open "},
		"zeros":     {publicKey + ":01", "without leading zeros"},
		"twice":     {publicKey + ":20", "already there"},
	} {
		t.Run(name, func(t *testing.T) {
			c := c
			c.t = t
			if name != "twice" {
				c.no(bad.want, "client", "add", "other", "--public-key", bad.file)
			}
			c.no(bad.want, "client", "rotate-key", "acme", "--public-key", bad.file)
		})
	}
}

// TestRotateKey gives a client one new key after another, and retires older ones.
func TestRotateKey(t *testing.T) {
	onEach(t, func(t *testing.T, c tool) {
		c.ok("client", "add", "acme")
		file := func(name string) string { return filepath.Join(c.data, "clients", name) }
		for _, step := range []struct {
			flags    string
			versions string // after the command
			file     string // of the generated key
		}{
			{"", "1", file("acme.key.pem")},
			{"--generate-key", "1 2", file("acme.v2.key.pem")},
			{"--public-key " + publicKey, "1 2 3", ""},
			{"--public-key " + publicKey + ":9 --retire 2", "1 3 9", ""},
			{"--retire 1", "3 9 10", file("acme.v10.key.pem")},
			{"--retire-old", "11", file("acme.v11.key.pem")},
		} {
			var h handover
			c.json(&h, append([]string{"client", "rotate-key", "acme"}, strings.Fields(step.flags)...)...)
			all := strings.Fields(step.versions)
			if versions(h.Client) != step.versions || h.KeyVersion != all[len(all)-1] ||
				h.PrivateKeyFile != step.file || len(h.ServerKeys) != 1 {
				t.Errorf("%s made %+v, want versions %s and file %q", step.flags, h, step.versions, step.file)
			}
			if step.file != "" && h.Client.Keys[len(h.Client.Keys)-1].PEM != half(t, step.file) {
				t.Errorf("%s: %s is not the private half of the newest key", step.flags, step.file)
			}
		}
		c.prints([]string{"client", "rotate-key", "acme"}, "client acme has a new key", "key version  12",
			file("acme.v12.key.pem"), "keyVersion=12")
		private(t, c.data)
		for flags, want := range map[string]string{
			"--retire 5":                               `key version "5": not found`,
			"--retire-old --retire 11":                 "can't be used together",
			"--generate-key --public-key " + publicKey: "can't be used together",
			"--key-out x --public-key " + publicKey:    "--key-out",
		} {
			c.no(want, append([]string{"client", "rotate-key", "acme"}, strings.Fields(flags)...)...)
		}
		c.no(`key version "5": not found in `, "client", "remove-key", "acme", "5")
		c.no("client show", "client", "remove-key", "acme", "5")
		if got := versions(c.client("acme")); got != "11 12" {
			t.Errorf("after refusals: %s", got)
		}
	})
}

// TestLastKey: remove-key warns when a client can no longer call.
func TestLastKey(t *testing.T) {
	c := onFolder(t, newFolder(t))
	c.ok("client", "add", "acme", "--public-key", publicKey, "--public-key", publicKey)
	for _, version := range []string{"1", "2"} {
		out, faults, exit := c.run("client", "remove-key", "acme", version)
		warned := strings.Contains(faults, "client acme cannot call over HTTP: client rotate-key")
		if exit != 0 || warned != (version == "2") {
			t.Errorf("key %s: ended with %d, warned %v\n%s%s", version, exit, warned, out, faults)
		}
	}
}

// TestKeysOfTools: client add takes a public key as tools write it, and names what it cannot take.
func TestKeysOfTools(t *testing.T) {
	c := onFolder(t, newFolder(t))
	pem := string(filetest.Read(t, publicKey))
	file := filepath.Join(t.TempDir(), "key")
	for i, text := range []string{
		"Bag Attributes\n    friendlyName: acme\n" + pem, "\ufeff" + pem, strings.ReplaceAll(pem, "\n", " "),
		strings.ReplaceAll(pem, "\n", `\n`), strings.ReplaceAll(pem, "\n", "\r\n"),
	} {
		filetest.Write(t, file, []byte(text), 0o600)
		c.ok("client", "add", fmt.Sprint("acme", i), "--public-key", file)
	}
	filetest.Write(t, file, []byte("ssh-rsa AAAA acme"), 0o600)
	c.no("ssh-keygen -e -m PKCS8", "client", "add", "ssh", "--public-key", file)
}
