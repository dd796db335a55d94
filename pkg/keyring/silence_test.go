package keyring_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"countersign/pkg/keyring"
	"countersign/pkg/keyring/keyfile"
)

// No way to print, log or encode a keyring shows a secret (P14).
func TestSilence(t *testing.T) {
	given := text(map[keyring.Kind][]v{keyring.Sign: {{Version: 1}}, keyring.Pepper: {{Version: 1}},
		keyring.Encrypt: {{Version: 2}}})
	secrets := []string{canary, fmt.Sprintf("%x", canary), fmt.Sprintf("%X", canary), "67 65 78 65 82 89", "PRIVATE"}
	for _, pem := range signPEM {
		secrets = append(secrets, strings.Split(pem(), "\n")[3]) // a line of it
	}
	path := filepath.Join(t.TempDir(), "keys.json")
	if err := os.WriteFile(path, given, 0o600); err != nil {
		t.Fatal(err)
	}
	source := keyfile.New(path)
	r, _, _ := ring(t, source)
	d := r.Document()
	_, sign, _ := r.Signing(t.Context())
	_, encrypt := r.Encryption(t.Context())
	secrets = append(secrets, sign.Primes[0].String(), encrypt.Primes[0].String())
	for name, value := range map[string]any{
		"document":           d,
		"document by value":  *d,
		"in a struct":        struct{ D *keyring.Document }{d},
		"unseen in a struct": struct{ d keyring.Document }{*d},
		"ring":               r,
		"ring in a struct":   struct{ r *keyring.Ring }{r},
		"list":               d.List(day),
		"source":             source,
		"in a map":           map[string]any{"d": d, "r": r},
	} {
		var out bytes.Buffer
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d", "%p"} {
			fmt.Fprintf(&out, verb+"\n", value)
		}
		for _, log := range []*slog.Logger{slog.New(slog.NewJSONHandler(&out, nil)),
			slog.New(slog.NewTextHandler(&out, nil))} {
			log.Info("value", "v", value)
		}
		if b, err := json.Marshal(value); err == nil {
			out.Write(b)
		}
		printed := out.String()
		for _, secret := range secrets {
			if strings.Contains(printed, secret) {
				t.Errorf("%s shows %s: %s", name, secret, printed)
			}
		}
	}
	const all = "code 1, number 1, seal 1, sign 1, pepper 1, encrypt 2 "
	if got := fmt.Sprintf("%v %+v %s %#v %d", d, *d, r, r, d); got != strings.TrimSpace(strings.Repeat(all, 5)) {
		t.Error(got)
	}
}
