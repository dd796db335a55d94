package localserver

import (
	"context"
	"log/slog"

	"countersign/pkg/clients"
	"countersign/pkg/documents"
)

// warnOfShownKeys warns of each client whose id, which log lines and events show, is its
// access key: one from before access keys, as a rule.
func warnOfShownKeys(ctx context.Context, table documents.Table, log *slog.Logger) error {
	return table.List(ctx, clients.DocumentPrefix, func(_ string, text []byte, _ int64) error {
		r, err := clients.ParseRecord(text)
		if err == nil && r.Status == clients.StatusActive && r.ShowsItsKey() { // requests report unreadable records
			log.Warn("the id of this client, which log lines and events show, is its access key: "+
				"countersign client add-access-key gives it another one, and --retire-old ends this one",
				"client", r.ID)
		}
		return nil
	})
}
