package otp

import (
	"encoding/binary"
	"io"
)

// digits draws n decimal digits from r, each equally likely. It skips bytes above
// 249: 256 is not a multiple of ten, so they would favour the digits 0 to 5.
func digits(r io.Reader, n int) (string, error) {
	out := make([]byte, 0, n)
	buf := make([]byte, n+n/4+1)
	for {
		if _, err := io.ReadFull(r, buf); err != nil {
			return "", err
		}
		for _, b := range buf {
			if b >= 250 {
				continue
			}
			if out = append(out, '0'+b%10); len(out) == n {
				return string(out), nil
			}
		}
	}
}

// stream is an endless keyed pseudo-random stream: HMAC-SHA256 in counter mode
// (NIST SP 800-108) over a label.
type stream struct {
	key   *macKey
	label []byte
	next  uint32
	rest  []byte
}

func (s *stream) Read(p []byte) (int, error) {
	if len(s.rest) == 0 {
		s.rest = s.key.sum(append(binary.BigEndian.AppendUint32(nil, s.next), s.label...))
		s.next++
	}
	n := copy(p, s.rest)
	s.rest = s.rest[n:]
	return n, nil
}
