package run

import (
	"io"
	"log/slog"
)

// Log returns a log of JSON lines. Lambda looks for the time of a line under the
// name that its own runtimes give it.
func Log(w io.Writer) *slog.Logger {
	return slog.New(
		slog.NewJSONHandler(w, &slog.HandlerOptions{ReplaceAttr: func(groups []string, a slog.Attr) slog.Attr {
			if a.Key == slog.TimeKey && groups == nil {
				a.Key = "timestamp"
			}
			return a
		}}),
	)
}
