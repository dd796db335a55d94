package password

import (
	"context"

	"countersign/pkg/documents"
)

// Under returns how many passwords in a table are stored under a version of the pepper: those that are lost with it.
func Under(ctx context.Context, table documents.Table, pepper int) (n int, err error) {
	err = table.List(ctx, Prefix, func(key string, text []byte, revision int64) error {
		acc := decode(text, revision)
		if acc.damaged {
			return about(key, errDamaged)
		}
		for _, k := range Kinds() {
			s := *acc.of(k)
			if s == nil {
				continue
			}
			if d, err := parseDigest(s.Digest); err == nil && d.pepper == pepper { // another one is lost already
				n++
			}
		}
		return nil
	})
	return n, err
}
