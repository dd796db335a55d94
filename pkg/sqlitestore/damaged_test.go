package sqlitestore_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"countersign/pkg/filetest"
	"countersign/pkg/sqlitestore"
)

// A file that is no store is named, and left as it is.
func TestDamaged(t *testing.T) {
	path := filepath.Join(t.TempDir(), "countersign.db")
	s, err := sqlitestore.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	whole := filetest.Read(t, path)
	for name, text := range map[string][]byte{
		"another file": bytes.Repeat([]byte("no database "), 1000),
		"cut short":    whole[:len(whole)/2],
		"overwritten":  append(bytes.Clone(whole[:100]), bytes.Repeat([]byte{0xff}, len(whole)-100)...),
	} {
		path := filepath.Join(t.TempDir(), "countersign.db")
		filetest.Write(t, path, text, 0o600)
		_, err := sqlitestore.Open(path)
		for _, want := range []string{path, "move it away", "--data"} {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %v, want an error with %q", name, err, want)
			}
		}
		if after, err := os.ReadFile(path); err != nil || !bytes.Equal(after, text) {
			t.Errorf("%s: the file was changed, %v", name, err)
		}
	}
}
