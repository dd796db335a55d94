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
	"time"

	"github.com/go-json-experiment/json"

	"countersign/pkg/clients"
	"countersign/pkg/keyring"
	"countersign/pkg/signature"
)

// testKeys has the public test keys of the contract.
const testKeys = "../../pkg/ams/testdata/contracts/"

const publicKey = testKeys + "ams-test-client.pub.pem"

// Every flag of a record reaches it, and set changes just what it names.
func TestClientRecord(t *testing.T) {
	every := []string{"--unimatrix", "simple", "--unsigned", "--country", "US,MY", "--country", "GB", "--api",
		"ams,otp.send", "--network", "192.0.2.0/24",
		"--numbers", "mobile", "--line", "premium", "--time-window", "90s", "--per-minute", "600", "--brand", "Acme",
		"--sender-id", "ACME", "--language", "de",
		"--no-custom-codes", "--sender-name", "Acme, " +
			"Inc.", "--template", "t1", "--template", "t2", "--digits", "4", "--validity", "2m", "--attempts", "3",
		"--cooldown", "0s", "--per-hour", "4", "--per-day", "9", "--unanswered", "5", "--pause", "2h", "--memory",
		"48h"}
	want := `"unsigned":true,"apis":["ams","otp.send"],"unimatrix":"simple","networks":["192.0.2.0/24"],` +
		`"countries":["US","MY","GB"],"numbers":"mobile","lines":["premium"],` +
		`"limits":{"digits":4,"validity":"2m","attempts":3,"cooldown":"0s","perHour":4,"perDay":9,"unanswered":5,` +
		`"pause":"2h","memory":"48h"},"window":"1m30s","perMinute":600,"brand":"Acme","senderID":"ACME",` +
		`"language":"de","customCodes":false,"senderNames":["Acme, Inc."],"templates":["t1","t2"]}`
	rest := func(r clients.Record) string { // without id, status and time
		text, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		_, rest, _ := strings.Cut(string(text), `Z",`)
		return rest
	}
	onEach(t, func(t *testing.T, c tool) {
		var h handover
		c.json(&h, append([]string{"client", "add", "acme"}, every...)...)
		if got := rest(h.Client); got != want || h.Client.ID != "acme" || h.Client.Status != "active" ||
			time.Since(h.Client.Added).Abs() > time.Minute {
			t.Errorf("added %s\nwant %s", got, want)
		}
		if got := rest(c.client("acme")); got != want {
			t.Errorf("show %s", got)
		}
		c.ok("client", "add", "other")
		c.ok(append([]string{"client", "set", "other"}, every...)...)
		if got := rest(c.client("other")); got != want {
			t.Errorf("set %s", got)
		}
		last := want
		for _, flag := range [][3]string{
			{"--country=MY", `"countries":["US","MY","GB"]`, `"countries":["MY"]`},
			{"--country=", `"countries":["MY"],`, ``},
			{"--api=", `"apis":["ams","otp.send"],`, ``},
			{"--network=", `"networks":["192.0.2.0/24"],`, ``},
			{"--line=", `"lines":["premium"],`, ``},
			{"--sender-name=", `"senderNames":["Acme, Inc."],`, ``},
			{"--template=", `,"templates":["t1","t2"]`, ``},
			{"--no-unsigned", `"unsigned":true,`, ``},
			{"--unimatrix=", `"unimatrix":"simple",`, ``},
			{"--numbers=valid", `"numbers":"mobile"`, `"numbers":"valid"`},
			{"--time-window=0", `"window":"1m30s"`, `"window":"0s"`},
			{"--time-window=", `"window":"0s",`, ``},
			{"--per-minute=0", `"perMinute":600,`, ``},
			{"--brand=", `"brand":"Acme",`, ``},
			{"--sender-id=", `"senderID":"ACME",`, ``},
			{"--language=fr", `"language":"de"`, `"language":"fr"`},
			{"--custom-codes", `"customCodes":false`, `"customCodes":true`},
			{"--digits=", `"digits":4,`, ``},
			{"--cooldown=1m", `"cooldown":"0s"`, `"cooldown":"1m"`},
		} {
			expected := strings.Replace(last, flag[1], flag[2], 1)
			var r clients.Record
			c.json(&r, "client", "set", "acme", flag[0])
			if last = rest(r); last != expected {
				t.Errorf("%s made %s\nwant %s", flag[0], last, expected)
			}
		}
		if got := rest(c.client("acme")); got != last {
			t.Errorf("show %s\nwant %s, as the last set printed", got, last)
		}
		c.says([]string{"client", "show", "other"}, "US, MY, GB", "192.0.2.0/24", "premium", "1m30s", "600 requests",
			"Acme", "digits 4, validity 2m", "unsigned", "active, added 20")
		c.says([]string{"client", "list"}, "acme   active  -         -          -          20",
			"other  active  unsigned  simple     US,MY,GB   20")
		var all []clients.Record
		c.json(&all, "client", "list")
		if len(all) != 2 || all[0].ID != "acme" || rest(all[1]) != want {
			t.Errorf("list %+v", all)
		}
		c.no(`client "acme": already there; client set`, "client", "add", "acme")
		for _, command := range [][]string{{"show", "x"}, {"set", "x", "--brand", "X"}, {"disable", "x"},
			{"enable", "x"}, {"rotate-key", "x"}, {"rotate-secret", "x"}, {"remove-secret", "x"}, {"remove-key", "x",
				"1"}} {
			c.no(`client "x": not found in `, append([]string{"client"}, command...)...)
		}
	})
}

func TestEmptyLists(t *testing.T) {
	c := onFolder(t, filepath.Join(t.TempDir(), "made", "here"))
	if out := c.ok("client", "list", "--json"); out != "[]\n" {
		t.Errorf("clients: %q", out)
	}
	c.ok("client", "add", "acme")
	if out := c.ok("user", "list", "--client", "acme", "--json"); out != "[]\n" {
		t.Errorf("users: %q", out)
	}
}

// What is handed over is all that a merchant needs, and works as it says.
func TestGenerateKey(t *testing.T) {
	onEach(t, func(t *testing.T, c tool) {
		text := c.ok("client", "add", "acme", "--country", "US", "--generate-key")
		file := filepath.Join(c.data, "clients", "acme.key.pem")
		var keys []keyring.Info
		c.json(&keys, "keys", "list")
		server := keys[slices.IndexFunc(keys, func(k keyring.Info) bool { return k.Kind == keyring.Sign })]
		for _, want := range []string{"client id", "key version  1\n", file, "base URL", "http://127.0.0.1:8080",
			"Client-Id: acme\n", "Request-Time: ",
			"Signature: algorithm=RSA256,keyVersion=1,signature=VALUE\n", "version 1, that signs its answers:\n" +
				server.PublicKey} {
			if !strings.Contains(text, want) {
				t.Errorf("does not say %q:\n%s", want, text)
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
			h.Client.Keys[1].PEM != half(t, other) ||
			len(h.ServerKeys) != 1 || h.ServerKeys[0].PublicKey != server.PublicKey || h.ServerKeys[0].Version != 1 {
			t.Errorf("%+v", h)
		}
		private(t, filepath.Dir(other))
	})
}

// The base URL is that of the flag, or of the environment.
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
		c.says(slices.Concat([]string{"client", "add", fmt.Sprint("acme", i)}, public, test.args), test.want)
		c.says(slices.Concat([]string{"client", "rotate-key", fmt.Sprint("acme", i)}, public, test.args), test.want)
	}
}

// half is the public half of a private key in a file, which must be PKCS#8.
func half(t testing.TB, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	key, err := signature.ParsePrivateKey(text)
	if err != nil || !bytes.HasPrefix(text, []byte("-----BEGIN PRIVATE KEY-----\n")) {
		t.Fatal(err)
	}
	return signature.FormatPublicKey(&key.PublicKey)
}

// A private key is never written over, and none is left of a client that came to
// nothing.
func TestPrivateKeyFile(t *testing.T) {
	c := onFolder(t, newFolder(t))
	file := filepath.Join(c.data, "clients", "acme.key.pem")
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	c.no("--key-out", "client", "add", "acme", "--generate-key")
	if text, _ := os.ReadFile(file); string(text) != "mine" {
		t.Errorf("the file is %q", text)
	}
	c.no("not found", "client", "show", "acme")
	c.no("--generate-key", "client", "add", "acme", "--key-out", "x.pem")
	for _, bad := range [][]string{{"a b", "--generate-key"}, {"b", "--generate-key", "--numbers", "sure"},
		{"b", "--generate-key", "--digits", "9"}} {
		c.no("client", append([]string{"client", "add"}, bad...)...)
	}
	if files, _ := os.ReadDir(filepath.Dir(file)); len(files) != 1 {
		t.Errorf("left: %v", files)
	}
}

func TestPublicKeys(t *testing.T) {
	c := onFolder(t, newFolder(t))
	text, err := os.ReadFile(publicKey)
	if err != nil {
		t.Fatal(err)
	}
	colon := write(t, "a:b,c", string(text))
	c.ok("client", "add", "acme", "--public-key", publicKey+":0", "--public-key", publicKey, "--public-key", colon,
		"--public-key", colon+":12")
	if got := versions(c.client("acme")); got != "0 1 2 12" {
		t.Errorf("versions %s", got)
	}
	c.in = string(text)
	c.ok("client", "rotate-key", "acme", "--public-key=-:20")
	c.says([]string{"client", "remove-key", "acme", "12"}, "key 0, 1, 2, 20\n")

	// as long as a key of 1024 bits; some systems make none
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

func TestRotateKey(t *testing.T) {
	onEach(t, func(t *testing.T, c tool) {
		c.ok("client", "add", "acme")
		file := func(name string) string { return filepath.Join(c.data, "clients", name) }
		for _, step := range []struct {
			flags    string
			versions string // then
			file     string // that is made
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
				t.Errorf("%s: %+v", step.flags, h)
			}
			if step.file != "" && h.Client.Keys[len(h.Client.Keys)-1].PEM != half(t, step.file) {
				t.Errorf("%s: %s is another key's", step.flags, step.file)
			}
		}
		c.says([]string{"client", "rotate-key", "acme"}, "client acme has a new key", "key version  12",
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

func TestSecrets(t *testing.T) {
	c := onFolder(t, newFolder(t))
	var h handover
	c.json(&h, "client", "add", "made", "--unimatrix", "hmac")
	if len(h.Secret) < 26 || strings.Trim(h.Secret, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567") != "" ||
		len(h.Client.Secrets) != 1 {
		t.Errorf("%+v", h)
	}
	c.says([]string{"client", "add", "shown", "--unimatrix", "hmac"}, "access key id  shown\n",
		"mode           hmac\n", "(shown this once)")

	var given handover
	c.in = "0123456789abcdef\n"
	c.json(&given, "client", "add", "given", "--hmac-secret-file", "-")
	if given.Secret != "" || given.Client.Unimatrix != "hmac" || len(given.Client.Secrets) != 1 {
		t.Errorf("%+v", given)
	}
	var rotated handover
	c.json(&rotated, "client", "rotate-secret", "made")
	if rotated.Secret == h.Secret || len(rotated.Client.Secrets) != 2 {
		t.Errorf("%+v", rotated)
	}
	var same handover
	c.json(&same, "client", "rotate-secret", "given", "--hmac-secret-file", write(t, "same", "0123456789abcdef\r\n"))
	if len(same.Client.Secrets) != 1 {
		t.Errorf("the same secret, but for its line break: %+v", same)
	}
	c.says([]string{"client", "remove-secret", "made"}, "secrets       1, the newest")
	c.no("hmac", "client", "remove-secret", "made")
	c.ok("client", "add", "none")
	c.no("client rotate-secret gives it one", "client", "set", "none", "--unimatrix", "hmac")
	c.says([]string{"client", "rotate-secret", "none"}, "its secret is not used", "mode           -")
	c.says([]string{"client", "set", "none", "--unimatrix", "hmac"}, "hmac")
	for size, want := range map[int]string{15: "has 15 bytes", 257: "has 257 bytes"} {
		c.in = strings.Repeat("x", size) + "\n"
		c.no(want, "client", "rotate-secret", "given", "--hmac-secret-file", "-")
		c.no(want, "client", "add", "short", "--hmac-secret-file", "-")
	}
	c.no("--hmac-secret-file: open nowhere", "client", "rotate-secret", "given", "--hmac-secret-file", "nowhere")
}

// Ids that the Unimatrix contract allows, whatever a terminal makes of them.
func TestWeirdIDs(t *testing.T) {
	onEach(t, func(t *testing.T, c tool) {
		ids := []string{"ak h+m/a:c,0", "--data", "#", "a%2Fb", "..", "Ünïcødé", "\u202eevil",
			strings.Repeat("x", 64),
			strings.Repeat("\U0001f511", 64)}
		for _, id := range ids {
			c.ok("client", "add", "--unimatrix", "hmac", "--country=*", "--", id)
			c.ok("user", "add", "--client="+id, "--number", "60-6543216353", "--", id)
			c.ok("user", "block", "--client="+id, "--", id)
			if r := c.client(id); r.ID != id || r.Status != "active" || len(r.Secrets) != 1 {
				t.Errorf("%q: %+v", id, r)
			}
		}
		var all []clients.Record
		c.json(&all, "client", "list")
		if len(all) != len(ids) {
			t.Errorf("%d clients", len(all))
		}
		list := c.ok("client", "list")
		if !strings.Contains(list, `"ak h+m/a:c,0"  `) || strings.Contains(list, "\u202e") ||
			!strings.Contains(list, `"\u202eevil"`) {
			t.Errorf("list:\n%s", list)
		}
		for _, id := range []string{"", strings.Repeat("x", 65), "a\tb"} {
			c.no("1 to 64 characters", "client", "add", "--", id)
		}
		c.no("1 to 64 letters, digits, _ or -", "client", "add", ids[0]+"2", "--unsigned")
		c.no("1 to 64 letters, digits, _ or -", "client", "rotate-key", ids[0])
		c.no("1 to 64 letters, digits, _ or -", "client", "add", ids[0]+"2", "--public-key", publicKey)
	})
}

// What is wrong is said with what is right.
func TestClientFlags(t *testing.T) {
	c := onFolder(t, newFolder(t))
	c.ok("client", "add", "acme")
	for flags, want := range map[string]string{
		"--country us": `--country: "us" has no phone numbers, if it is a country at all: give upper-case ` +
			`ISO 3166-1 codes`,
		"--country MY,XX":     `"XX" has no phone numbers`,
		"--country UK":        `--country: "UK" is no ISO 3166-1 code: the United Kingdom is "GB"`,
		"--unimatrix md5":     `unimatrix is "md5", must be simple, hmac`,
		"--api sms":           `must be ams, unimatrix, or the name of one of their APIs`,
		"--network 1.2.3.4/8": `without host bits`,
		"--numbers sure":      `must be possible, valid or mobile`,
		"--line fax":          `must be ordinary, premium or satellite`,
		"--time-window 10":    `--time-window: "10" must be whole seconds with their unit`,
		"--time-window 25h":   `window is 25h0m0s, must be 0s (off) to 24h`,
		"--per-minute -1":     `per-minute`,
		"--per-minute=-1":     `perMinute is -1, must be 0`,
		"--digits six":        `--digits: must be a whole number`,
		"--digits 9":          `limits.digits is 9, must be 4 to 8`,
		"--attempts 6":        `limits.attempts`,
		"--per-day 2":         `limits.perDay`,
		"--validity 1ms":      `whole seconds`,
		"--sender-id 1234":    `at least one letter`,
		"--language xx":       `language "xx" has no text: use one of da, de, en`,
		"--brand Ж":           `GSM 7-bit alphabet`,
		"--unknown":           `unknown flag --unknown`,
		"--generate-keys":     `--generate-key`,
		"--store redis":       `sqlite`,
		"--store dynamodb": `set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or give an endpoint; for those ` +
			`of a profile or SSO: eval "$(aws configure export-credentials --format env)"`,
		"--dynamodb-endpoint x": `--store dynamodb`,
	} {
		c.no(want, append([]string{"client", "add", "other"}, strings.Fields(flags)...)...)
		if flags != "--generate-keys" {
			c.no(want, append([]string{"client", "set", "acme"}, strings.Fields(flags)...)...)
		}
	}
	c.env = append(c.env, "COUNTERSIGN_DIGITS=9")
	c.no(`COUNTERSIGN_DIGITS is 9`, "client", "list")
}

// What a client cannot do is said when it is made.
func TestNotes(t *testing.T) {
	c := onFolder(t, newFolder(t))
	c.says([]string{"client", "add", "silent"}, "it cannot call over HTTP: client rotate-key",
		"Cognito and direct invocations need neither", "it can send nothing: client set --country")
	var h handover
	c.json(&h, "client", "add", "quiet", "--country", "MY")
	if len(h.Notes) != 1 || !strings.Contains(h.Notes[0], "cannot call") {
		t.Errorf("%q", h.Notes)
	}
	for _, args := range [][]string{{"client", "add", "open", "--unsigned"}, {"client", "set", "quiet", "--unsigned"}} {
		out, faults, exit := c.run(args...)
		if exit != 0 || !strings.Contains(faults, "anyone who knows this id can send messages at your cost") ||
			strings.Contains(out, "cannot call") {
			t.Errorf("%q: %d %s%s", args, exit, out, faults)
		}
	}
}

// Whoever takes a client's last key away is told what that means.
func TestLastKey(t *testing.T) {
	c := onFolder(t, newFolder(t))
	c.ok("client", "add", "acme", "--public-key", publicKey, "--public-key", publicKey)
	for i, version := range []string{"1", "2"} {
		out, faults, exit := c.run("client", "remove-key", "acme", version)
		if said := strings.Contains(faults, "client acme cannot call over HTTP: client rotate-key"); exit != 0 ||
			said != (i == 1) {
			t.Errorf("key %s: %d %s%s", version, exit, out, faults)
		}
	}
}

// Secrets are told once, by the command that makes them: nothing shows them later,
// and no file holds them in clear but the private key's own.
func TestSecretsAreToldOnce(t *testing.T) {
	c := onFolder(t, newFolder(t))
	var made handover
	c.json(&made, "client", "add", "acme", "--generate-key", "--unimatrix", "hmac")
	private, err := os.ReadFile(made.PrivateKeyFile)
	if err != nil {
		t.Fatal(err)
	}
	const given, token, number = "canary-0123456789", "canary-token", "6543216877"
	var said strings.Builder
	run := func(args ...string) {
		out, faults, _ := c.run(args...)
		said.WriteString(out + faults)
	}
	run("client", "rotate-secret", "acme", "--hmac-secret-file", write(t, "secret", given))
	run("user", "add", "bob", "--client", "acme", "--number", "60-"+number, "--token", token)
	run("user", "add", "bob", "--client", "acme", "--number", "60-"+number, "--token", token)
	run("user", "add", "eve", "--client", "acme", "--number", "+60"+number+"99999", "--token", token)
	run("user", "add", "eve", "--client", "acme", "--number", "60-"+number, "--token", token)
	run("user", "token", "add", "bob", "--client", "acme", "--token", token)
	run("client", "rotate-key", "acme", "--public-key", made.PrivateKeyFile)
	run("client", "add", "other", "--public-key", made.PrivateKeyFile)
	for _, json := range []string{"--json=false", "--json"} {
		for _, command := range []string{"client list", "client show acme", "client set acme --brand X",
			"client disable acme", "client enable acme",
			"user list --client acme", "user block bob --client acme", "keys list", "keys rotate all",
			"keys retire seal 1", "keys retire code 1"} {
			run(append(strings.Fields(command), json)...)
		}
	}
	run("user", "token", "revoke", "--client", "acme", "--token", token)
	run("user", "token", "revoke", "--client", "acme", "--token", token)

	keys, err := os.ReadFile(filepath.Join(c.data, "keys.json"))
	if err != nil {
		t.Fatal(err)
	}
	canaries := []string{made.Secret, given, token, number, string(private[95:155]), "BEGIN PRIVATE KEY"}
	for part := range strings.SplitSeq(string(keys), `"secret":"`) {
		if secret, _, ok := strings.Cut(part, `"`); ok && len(secret) >= 32 {
			canaries = append(canaries, secret)
		}
	}
	if len(canaries) < 10 {
		t.Fatalf("%d canaries", len(canaries))
	}
	db, err := os.ReadFile(filepath.Join(c.data, "countersign.db"))
	if err != nil || !bytes.Contains(db, []byte("client#acme")) {
		t.Fatal(err)
	}
	for i, canary := range canaries {
		if strings.Contains(said.String(), canary) {
			t.Errorf("canary %d is said:\n%s", i, said.String())
		}
		if bytes.Contains(db, []byte(canary)) {
			t.Errorf("canary %d is in the store", i)
		}
	}
}
