package sqlitestore

import (
	"errors"
	"path/filepath"
	"testing"

	"countersign/pkg/otp"
)

// A call that fails leaves nothing behind, and the next one works.
func TestRollback(t *testing.T) {
	s, err := Open(filepath.Join(t.TempDir(), "countersign.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	broken := errors.New("broken")
	for range 2 {
		_, err := in(t.Context(), s, "test", func() (int, error) {
			if err := s.put(&otp.Ledger{Key: "N#1", Unanswered: 7}); err != nil {
				t.Error(err)
			}
			return 1, broken
		})
		if !errors.Is(err, broken) {
			t.Errorf("%v, want the call's own error", err)
		}
	}
	n, err := in(t.Context(), s, "test", func() (*otp.Ledger, error) { return s.ledger("N#1") })
	if err != nil || n != nil {
		t.Errorf("%+v %v: the failed call left its ledger", n, err)
	}
}
