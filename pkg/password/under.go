package password

import (
	"context"

	"countersign/pkg/documents"
)

// Newest returns the highest version of the pepper under which a table has a password, 0 without passwords. It skips
// documents that cannot be read.
func Newest(ctx context.Context, table documents.Table) (pepper int, err error) {
	err = table.List(ctx, Prefix, func(_ string, text []byte, _ int64) error {
		var acc account
		if documents.Decode(text, &acc) != nil {
			return nil
		}
		for _, k := range Kinds() {
			if s := *acc.of(k); s != nil {
				if d, err := parseDigest(s.Digest); err == nil {
					pepper = max(pepper, d.pepper)
				}
			}
		}
		return nil
	})
	return pepper, err
}

// Under returns how many passwords in a table are stored under a version of the pepper: those that are lost with it.
func Under(ctx context.Context, table documents.Table, pepper int) (n int, err error) {
	err = table.List(ctx, Prefix, func(key string, text []byte, revision int64) error {
		acc := decode(text, revision)
		if acc.damaged {
			return about(key, errDamaged)
		}
		for _, k := range Kinds() {
			s := *acc.of(k)
			if !s.there() {
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
