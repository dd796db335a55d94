package run_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"log/slog"
	"testing"
	"time"

	"countersign/functions/internal/run"
)

// A log line has its level and its time under the names that Lambda reads.
func TestLog(t *testing.T) {
	var out bytes.Buffer
	run.Log(&out).Error("start", "cause", errors.New("why").Error(), slog.Group("group", "time", 1))
	var line struct {
		Timestamp time.Time
		Level     string
		Cause     string
		Group     struct{ Time int }
	}
	if err := json.Unmarshal(out.Bytes(), &line); err != nil {
		t.Fatal(err)
	}
	if line.Timestamp.IsZero() || line.Level != "ERROR" || line.Cause != "why" || line.Group.Time != 1 {
		t.Errorf("%+v from %s", line, out.String())
	}
}
