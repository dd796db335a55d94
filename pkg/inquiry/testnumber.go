package inquiry

import (
	"context"

	"countersign/pkg/clients"
	"countersign/pkg/documents"
	"countersign/pkg/phone"
)

// TestNumberOf returns the ids of the clients that have a number as a test number. unusable gets the error of each
// record that cannot be used.
func TestNumberOf(
	ctx context.Context, n phone.Number, records []clients.Record, d clients.Defaults, sealer documents.Sealer,
	unusable func(id string, err error),
) (ids []string) {
	for _, r := range records {
		if len(r.TestNumbers) == 0 {
			continue
		}
		client, err := r.Client(ctx, d, sealer)
		if err != nil {
			unusable(r.ID, err)
			continue
		}
		if client.TestNumbers[n.E164].Is() {
			ids = append(ids, r.ID)
		}
	}
	return ids
}
