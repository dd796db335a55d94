package registry

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	"countersign/pkg/clients"
	"countersign/pkg/documents"
	"countersign/pkg/signature"
)

// AddKey adds a public key to a client's keys and returns its version. An empty
// version becomes the next one. text is anything that [signature.ParsePublicKey]
// reads. With retire, the same write removes all other keys.
func (g Registry) AddKey(ctx context.Context, id, version string, text []byte, retire bool) (string, error) {
	added := version
	err := g.Edit(ctx, id, func(r *clients.Record) error {
		if version == "" {
			added = NextVersion(r.Keys)
		}
		key, err := g.key(added, text)
		if err != nil {
			return err
		}
		if hasKey(*r, added) {
			return fmt.Errorf("key version %s: %w; remove it, or add the key under another version",
				added, documents.ErrExists)
		}
		if retire {
			r.Keys = nil
		}
		r.Keys = append(r.Keys, key)
		return nil
	})
	return added, err
}

// RemoveKey removes a public key. Requests signed with its private key are refused
// once the caches have expired.
func (g Registry) RemoveKey(ctx context.Context, id, version string) error {
	return g.Edit(ctx, id, func(r *clients.Record) error {
		if !hasKey(*r, version) {
			return fmt.Errorf("key version %q: %w", version, documents.ErrNotFound)
		}
		r.Keys = slices.DeleteFunc(r.Keys, func(k clients.Key) bool { return k.Version == version })
		return nil
	})
}

// key returns the record of a public key.
func (g Registry) key(version string, text []byte) (clients.Key, error) {
	public, err := signature.ParsePublicKey(text)
	if err != nil {
		return clients.Key{}, err
	}
	return clients.Key{Version: version, PEM: signature.FormatPublicKey(public), Added: g.now()}, nil
}

func hasKey(r clients.Record, version string) bool {
	return slices.ContainsFunc(r.Keys, func(k clients.Key) bool { return k.Version == version })
}

// NextVersion returns the version after the highest of keys. The first is "1", which
// the vendors' SDKs send unless they are configured otherwise.
func NextVersion(keys []clients.Key) string {
	highest := 0
	for _, k := range keys {
		if n, err := strconv.Atoi(k.Version); err == nil {
			highest = max(highest, n)
		}
	}
	return strconv.Itoa(highest + 1)
}
