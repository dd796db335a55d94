package otp

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"io"
)

// opTime is how many bytes of an Op are the instant of its guess. The other ten are random.
const opTime, opSize = 6, 16

// newOp returns the id of a verify call. It begins with the instant, so that a challenge shows when it passed without
// a field of its own.
func newOp(now Millis, random io.Reader) (string, error) {
	var op [opSize]byte
	if _, err := io.ReadFull(random, op[opTime:]); err != nil {
		return "", fmt.Errorf("random bytes: %w", err)
	}
	var at [8]byte
	binary.BigEndian.PutUint64(at[:], uint64(max(now, 0))) // #nosec G115 -- not negative
	copy(op[:opTime], at[8-opTime:])
	return idOf(op[:]), nil
}

// GuessedAt returns when the latest guess at a challenge was made, 0 if there was none. Of a guess by a release that
// made its Op of random bytes only, it is any time.
func (c Challenge) GuessedAt() Millis {
	op, err := base64.RawURLEncoding.DecodeString(c.Op)
	if err != nil || len(op) != opSize {
		return 0
	}
	return Millis(binary.BigEndian.Uint64(append([]byte{0, 0}, op[:opTime]...))) // #nosec G115 -- six bytes
}
