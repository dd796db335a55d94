package keyring

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// Seal encrypts a value for a table under the Seal key in force. The value opens only
// with the same bound, such as the key of its item, so that nobody can move it to another
// item. It is text: the version, a dot, and URL-safe base64 of plain and 28 more bytes.
func (r *Ring) Seal(ctx context.Context, plain []byte, bound string) (string, error) {
	h := r.current(ctx)
	if h.seal == 0 {
		return "", errors.New("keyring: there is no seal key: make one by rotating seal")
	}
	box := h.seals[h.seal].Seal(nil, nil, plain, []byte(bound))
	return strconv.Itoa(h.seal) + "." + base64.RawURLEncoding.EncodeToString(box), nil
}

// Open decrypts a value of Seal. It fetches a version that is newer than all held ones,
// as Newer does. An error means that the value was changed or moved, that its version is
// retired or unknown, or that it is no sealed value.
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
			return nil, fmt.Errorf("keyring: a value sealed under version %d does not open: "+
				"it was changed, or sealed for something else", version)
		}
		return plain, nil
	case version < h.doc.highest(Seal):
		return nil, fmt.Errorf("keyring: a value is sealed under version %d, which is retired: set it anew", version)
	}
	return nil, fmt.Errorf("keyring: a value is sealed under version %d, which is newer than all seal keys: "+
		"is this another keyring?", version)
}

// unpack accepts only one spelling of each value, so that no changed bit opens.
func unpack(sealed string) (version int, box []byte, ok bool) {
	number, text, _ := strings.Cut(sealed, ".")
	version, err := strconv.Atoi(number)
	if err != nil || version < 1 || strconv.Itoa(version) != number || strings.ContainsAny(text, "\r\n") {
		return 0, nil, false
	}
	box, err = base64.RawURLEncoding.Strict().DecodeString(text)
	return version, box, err == nil
}
