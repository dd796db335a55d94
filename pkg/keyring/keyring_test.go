package keyring_test

import (
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"countersign/pkg/keyring"
)

func TestParse(t *testing.T) {
	secret := "not-a-real-secret-not-a-real-secret"
	if _, err := keyring.Parse([]byte(`{"version":3,"secret":"` + secret + `"}`)); err != nil {
		t.Error(err)
	}
	for text, say := range map[string]string{
		"":                                      "not JSON",
		`{"version":"1"}`:                       "not JSON",
		`{"secret":"` + secret + `"}`:           "version is 0",
		`{"version":1}`:                         "at least 32",
		`{"version":1,"secret":"canary-short"}`: "at least 32",
	} {
		_, err := keyring.Parse([]byte(text))
		if err == nil || !strings.Contains(err.Error(), say) || strings.Contains(err.Error(), "canary") {
			t.Errorf("%s: %v, want an error that says %q", text, err, say)
		}
	}
}

func TestFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keys.json")
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if _, err := keyring.File(path); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	first, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if info, _ := os.Stat(path); info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, want 0600", info.Mode())
	}
	if _, err := keyring.File(path); err != nil {
		t.Error(err)
	}
	if again, _ := os.ReadFile(path); string(again) != string(first) {
		t.Error("the keyring changed")
	}
	if left, _ := filepath.Glob(path + ".*"); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
	os.Chmod(path, 0o644)
	if _, err := keyring.File(path); err == nil || !strings.Contains(err.Error(), "chmod 600") {
		t.Errorf("a readable keyring: %v", err)
	}
}
