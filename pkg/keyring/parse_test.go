package keyring_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"reflect"
	"strings"
	"testing"
	"time"

	"countersign/pkg/keyring"
	"countersign/pkg/otp"
)

// A document reads back the same, whatever its order.
func TestAtRest(t *testing.T) {
	given := text(map[keyring.Kind][]v{
		keyring.Code: {{Version: 7, From: "2026-11-23T07:00:00.5+01:00"}, {Version: 2, Made: "2026-11-22T06:00:00Z"}},
		keyring.Sign: {{Version: 1}, {Version: 2}}, keyring.Pepper: {{Version: 3}, {Version: 1}},
		keyring.Encrypt: {{Version: 2}, {Version: 1, From: "2026-11-23T06:00:00Z"}},
	})
	d := parse(t, given)
	if got, want := d.String(), "code 2 7, number 1, seal 1, sign 1 2, pepper 1 3, encrypt 1 2"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	at := d.AtRest()
	again := parse(t, at)
	if !bytes.Equal(at, again.AtRest()) {
		t.Error("not the same when it is read back")
	}
	var plain map[string][]map[string]any
	if err := json.Unmarshal(at, &plain); err != nil {
		t.Fatal(err)
	}
	if got := plain["code"][1]["from"]; got != "2026-11-23T06:00:00.5Z" {
		t.Errorf("from is %v", got)
	}
	if got := plain["code"][0]["made"]; got != "2026-11-22T06:00:00Z" {
		t.Errorf("made is %v", got)
	}
}

// The short form, which deployed stacks have, gives the same keys as ever.
func TestShortForm(t *testing.T) {
	root := strings.Repeat("0123456789abcdef", 4)
	short := []byte(`{"version":3,"secret":"` + root + `"}`)
	secrets := otp.Secrets{3: []byte(root)}
	want, err := otp.NewKeys(secrets, 3, secrets)
	if err != nil {
		t.Fatal(err)
	}
	r, _, _ := ring(t, &shelf{text: short})
	if !reflect.DeepEqual(r.Keys(t.Context()), want) {
		t.Error("other keys")
	}
	// The value is from before the long form existed.
	const ledger = "N#klYuLNAzzPaGpzwZH9-2iK3oArRM9Hh-86mXq05GABM"
	if got := r.Keys(t.Context()).LedgerKeys("demo", "+606543216353")[0]; got != ledger {
		t.Errorf("ledger %s, want %s", got, ledger)
	}
	if _, _, ok := r.Signing(t.Context()); ok {
		t.Error("there is a sign key")
	}
	sealed, err := r.Seal(t.Context(), []byte("plain"), "a")
	if err != nil {
		t.Fatal(err)
	}
	// In the long form they are the same.
	long, _, _ := ring(t, &shelf{text: parse(t, short).AtRest()})
	if !reflect.DeepEqual(long.Keys(t.Context()), want) {
		t.Error("other keys in the long form")
	}
	if plain, err := long.Open(t.Context(), sealed, "a"); string(plain) != "plain" {
		t.Error(err)
	}
}

// wrongDocument is a document and a part of each of its errors.
type wrongDocument struct {
	text   string
	errors []string
}

// with returns a good document in which one kind has another list.
func with(kind, list string) string {
	whole := map[string]json.RawMessage{}
	if err := json.Unmarshal(codes(1), &whole); err != nil {
		panic(err)
	}
	whole[kind] = json.RawMessage(list)
	b, err := json.Marshal(whole)
	if err != nil {
		panic(err)
	}
	return string(b)
}

// member is the secret of a version.
var member = `"secret":"` + secret("a") + `"`

// wrongForms are wrong as a whole.
func wrongForms() map[string]wrongDocument {
	return map[string]wrongDocument{
		"nothing":           {"", []string{"not JSON"}},
		"not an object":     {`["` + canary + `"]`, []string{"not JSON"}},
		"null":              {`null`, []string{"not JSON"}},
		"two documents":     {string(codes(1)) + `{}`, []string{"not JSON"}},
		"half of one":       {string(codes(1))[:60], []string{"not JSON"}},
		"a name twice":      {`{"version":1,"version":2,` + member + `}`, []string{"each name once"}},
		"a canary twice":    {`{"` + canary + `":1,"` + canary + `":2}`, []string{"each name once"}},
		"not UTF-8":         {`{"version":1,"secret":"` + secret("a") + "\xff" + `"}`, []string{"not JSON"}},
		"too long":          {with("code", `"`+strings.Repeat(canary, 12_000)+`"`), []string{"at most 65536"}},
		"another form":      {`{}`, []string{"code is missing", "number is missing"}},
		"unknown kind":      {with(canary, `[]`), []string{"the document has 1 unknown members"}},
		"kind in capitals":  {with("Code", `[]`), []string{"1 unknown members"}},
		"not a list":        {with("code", `{"version":1,`+member+`}`), []string{"code must be a list"}},
		"an empty list":     {with("seal", `[]`), []string{"seal must be a list of one version or more"}},
		"null for a list":   {with("seal", `null`), []string{"seal must be a list"}},
		"not a version":     {with("code", `["`+canary+`"]`), []string{"code[0] must be an object"}},
		"short, no version": {`{` + member + `}`, []string{"the short form.version"}},
		"short, no secret":  {`{"version":1}`, []string{"the short form.secret must be a string"}},
		"short, short":      {`{"version":1,"secret":"` + canary + `"}`, []string{"has 6 bytes, at least 32"}},
		"short, and a list": {`{"version":1,` + member + `,"sign":[]}`, []string{"the short form has 1 unknown"}},
		"many at once": {
			`{"code":[{"version":0,"secret":"` + canary + `"},{"version":2,"from":"x"}],"seal":7,"more":1}`,
			[]string{"1 unknown", "code[0].version", "code[0].secret has 6", "code[1].from", "code[1].secret must",
				"number is missing", "seal must be a list"}},
	}
}

// wrongVersions have a wrong version of a secret.
func wrongVersions() map[string]wrongDocument {
	return map[string]wrongDocument{
		"a key to a pepper": {with("pepper", `[{"version":1,"key":"`+canary+`",`+member+`}]`),
			[]string{"pepper[0] has 1 unknown"}},
		"a short pepper": {with("pepper", `[{"version":1,"secret":"`+canary+`"}]`),
			[]string{"pepper[0].secret has 6 bytes, at least 32"}},
		"a secret to an encrypt key": {with("encrypt", `[{"version":1,`+member+`}]`),
			[]string{"encrypt[0] has 1 unknown", "encrypt[0].key must be a string"}},
		"unknown member": {with("code", `[{"version":1,"`+canary+`":1,`+member+`}]`),
			[]string{"code[0] has 1 unknown members, known are version, made, from, secret"}},
		"a key to a secret": {with("code", `[{"version":1,"key":"`+canary+`",`+member+`}]`),
			[]string{"code[0] has 1 unknown"}},
		"no version":      {with("code", `[{`+member+`}]`), []string{"code[0].version"}},
		"version 0":       {with("code", `[{"version":0,`+member+`}]`), []string{"code[0].version"}},
		"version -1":      {with("code", `[{"version":-1,`+member+`}]`), []string{"code[0].version"}},
		"version 1.5":     {with("code", `[{"version":1.5,`+member+`}]`), []string{"code[0].version"}},
		"version 1e300":   {with("code", `[{"version":1e300,`+member+`}]`), []string{"code[0].version"}},
		"version as text": {with("code", `[{"version":"1",`+member+`}]`), []string{"code[0].version"}},
		"the same version": {with("code", `[{"version":4,`+member+`},{"version":4,`+member+`}]`),
			[]string{"code[1] is version 4 once more"}},
		"no secret": {with("number", `[{"version":1}]`), []string{"number[0].secret must be a string"}},
		"a short secret": {with("number", `[{"version":1,"secret":"`+canary+`"}]`),
			[]string{"number[0].secret has 6 bytes, at least 32"}},
		"a secret of 31": {with("code", `[{"version":1,"secret":"`+secret("a")[:31]+`"}]`), []string{"31 bytes"}},
		"made at no time": {with("code", `[{"version":1,"made":"`+canary+`",`+member+`}]`),
			[]string{"code[0].made must be a time"}},
		"from after 2199": {with("code", `[{"version":1,"from":"2199-12-31T23:59:59-23:59",`+member+`}]`),
			[]string{"code[0].from must be a time"}},
		"from before 2000": {with("code", `[{"version":1,"from":"2000-01-01T00:00:00+00:01",`+member+`}]`),
			[]string{"code[0].from must be a time"}},
		"from as a number": {with("code", `[{"version":1,"from":7,`+member+`}]`),
			[]string{"code[0].from must be a time"}},
		"from null": {with("code", `[{"version":1,"from":null,`+member+`}]`),
			[]string{"code[0].from must be a time"}},
	}
}

// wrongKeys have a wrong RSA key of a kind.
func wrongKeys(t *testing.T, kind keyring.Kind) map[string]wrongDocument {
	with := func(list string) string { return with(string(kind), list) }
	key := func(pem string) string {
		b, _ := json.Marshal(pem)
		return with(`[{"version":1,"key":` + string(b) + `}]`)
	}
	place := string(kind) + "[0].key"
	pkcs8 := signPEM[0]()
	return map[string]wrongDocument{
		"no key":          {with(`[{"version":1}]`), []string{place + " must be a string"}},
		"key is no PEM":   {key(canary), []string{place + " must be one"}},
		"two keys":        {key(pkcs8 + pkcs8), []string{place + " must be one"}},
		"words before it": {key(canary + "\n" + pkcs8), []string{place + " must be one"}},
		"words behind it": {key(pkcs8 + canary), []string{place + " must be one"}},
		"another PEM": {key(strings.ReplaceAll(pkcs8, "PRIVATE KEY", "RSA PRIVATE KEY")),
			[]string{"openssl pkcs8"}},
		"PEM of garbage": {key("-----BEGIN PRIVATE KEY-----\nQ0FOQVJZ\n-----END PRIVATE KEY-----\n"),
			[]string{"must be an RSA key"}},
		"an EC key":   {key(ecPEM(t)), []string{"must be an RSA key"}},
		"RSA of 1024": {key(rsaPEM(1024)), []string{"has 1024 bits, at least 2048"}},
	}
}

// The error names the place of every mistake, and quotes nothing.
func TestParseRefuses(t *testing.T) {
	for _, cases := range []map[string]wrongDocument{
		wrongForms(), wrongVersions(), wrongKeys(t, keyring.Sign), wrongKeys(t, keyring.Encrypt),
	} {
		for name, c := range cases {
			t.Run(name, func(t *testing.T) { testRefused(t, name, c) })
		}
	}
}

func testRefused(t *testing.T, name string, c wrongDocument) {
	d, err := keyring.Parse([]byte(c.text))
	if err == nil || d != nil {
		t.Fatalf("%v, %v", d, err)
	}
	for _, want := range c.errors {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q lacks %q", err, want)
		}
	}
	if got := strings.Count(err.Error(), "keyring: "); got != len(c.errors) && name != "a name twice" {
		t.Errorf("%d problems, want %d: %v", got, len(c.errors), err)
	}
	if strings.Contains(err.Error(), canary) {
		t.Errorf("quotes the document: %v", err)
	}
}

func ecPEM(t *testing.T) string {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
}

// A document that was read is written so that it reads back the same, and a ring can hold
// it.
func FuzzParse(f *testing.F) {
	f.Add(codes(1, 2))
	f.Add(text(map[keyring.Kind][]v{keyring.Code: {{Version: 1, Made: "2026-11-22T06:00:00Z",
		From: "9999-12-31T23:59:59-23:59"}}, keyring.Sign: {{Version: 1}}, keyring.Pepper: {{Version: 1}},
		keyring.Encrypt: {{Version: 2}}}))
	f.Add([]byte(`{"version":1,"secret":"` + secret("a") + `"}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		d, err := keyring.Parse(text)
		if err != nil {
			return
		}
		again, err := keyring.Parse(d.AtRest())
		if err != nil || !bytes.Equal(d.AtRest(), again.AtRest()) {
			t.Fatalf("read back as %v: %v", again, err)
		}
		if _, err := keyring.New(&shelf{text: text}, func() time.Time { return day }, time.Minute,
			(&lines{}).log()); err != nil {
			t.Fatal(err)
		}
		d.List(day)
	})
}
