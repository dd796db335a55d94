package sqlitestore_test

import (
	"path/filepath"
	"testing"

	"countersign/pkg/changes"
	"countersign/pkg/changes/changestest"
)

func TestCounters(t *testing.T) {
	changestest.Counters(t, func(t testing.TB) changes.Counters {
		return openAt(t, filepath.Join(t.TempDir(), "countersign.db"))
	})
}
