package start

import (
	"io"
	"log/slog"

	"countersign/pkg/config"
	"countersign/pkg/telemetry"
)

// Log returns a log of JSON lines. Lambda looks for the time of a line under the
// name that its own runtimes give it.
func Log(w io.Writer) *slog.Logger {
	return slog.New(slog.NewJSONHandler(w, &slog.HandlerOptions{ReplaceAttr: func(groups []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey && groups == nil {
			a.Key = "timestamp"
		}
		return a
	}}))
}

// lines are what a function tells of its requests. Without the name of the stack
// there are no metrics.
func lines(getenv func(string) string) *telemetry.Lines {
	return &telemetry.Lines{Stack: getenv(config.Prefix + "STACK"), Every: telemetry.SampleEvery}
}
