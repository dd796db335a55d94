package unimatrix

import "time"

// For the benchmarks outside the package: the two parts that work on what
// strangers send.

// Authentic parses a raw query and checks its signature.
func Authentic(raw string, secrets [][]byte, now time.Time) bool {
	q, ok := parseQuery(raw)
	return ok && authentic(q, secrets, now) == pass
}

// Decode reads a body of otp.send.
func Decode(body []byte) bool {
	_, a := decodeSend(body)
	return a.result == pass
}

// Pairs returns a raw query as it is decoded.
func Pairs(raw string) (pairs [][2]string, ok bool) {
	q, ok := parseQuery(raw)
	for _, p := range q {
		pairs = append(pairs, [2]string{p.name, p.value})
	}
	return pairs, ok
}
