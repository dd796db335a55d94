package run

import (
	"io"
	"log/slog"
)

// Log returns a log of JSON lines. The time of a line is its "timestamp", as in the logs of Lambda's own runtimes.
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
