package keyring

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// Seal encrypts what a table keeps, under the Seal key in force. The value can be
// opened only with the same bound, such as the key of the item it belongs to, so
// that nobody can move it to another client. It is text: the version, a dot, and
// URL-safe base64, 40 bytes and a third longer than plain.
func (r *Ring) Seal(ctx context.Context, plain []byte, bound string) (string, error) {
	h := r.current(ctx)
	if h.seal == 0 {
		return "", errors.New("keyring: there is no seal key: make one by rotating seal")
	}
	box := h.seals[h.seal].Seal(nil, nil, plain, []byte(bound))
	return strconv.Itoa(h.seal) + "." + base64.RawURLEncoding.EncodeToString(box), nil
}

// Open decrypts what Seal made. A version that is newer than all that are held is
// fetched, as by Newer. An error means that the value cannot be had: it was changed
// or moved, its version is retired or not known here, or it is no sealed value.
func (r *Ring) Open(ctx context.Context, sealed, bound string) ([]byte, error) {
	version, box, ok := unpack(sealed)
	if !ok {
		return nil, errors.New("keyring: not a sealed value")
	}
	h := r.current(ctx)
	if h.seals[version] == nil {
		h = r.newer(ctx, Seal, version)
	}
	switch seal := h.seals[version]; {
	case seal != nil:
		plain, err := seal.Open(nil, nil, box, []byte(bound))
		if err != nil {
			return nil, fmt.Errorf("keyring: a value sealed under version %d does not open: it was changed, or sealed for something else", version)
		}
		return plain, nil
	case version < h.doc.highest(Seal):
		return nil, fmt.Errorf("keyring: a value is sealed under version %d, which is retired: set it anew", version)
	}
	return nil, fmt.Errorf("keyring: a value is sealed under version %d, which is newer than all seal keys: is this another keyring?", version)
}

// unpack takes one spelling of each value, so that a changed bit never opens.
func unpack(sealed string) (version int, box []byte, ok bool) {
	number, text, _ := strings.Cut(sealed, ".")
	version, err := strconv.Atoi(number)
	if err != nil || version < 1 || strconv.Itoa(version) != number || strings.ContainsAny(text, "\r\n") {
		return 0, nil, false
	}
	box, err = base64.RawURLEncoding.Strict().DecodeString(text)
	return version, box, err == nil
}
