package unimatrix

import (
	"time"

	"countersign/pkg/otp"
)

// Seconds returns the Retry-After of a wait.
var Seconds = seconds

// SendRequest and VerifyRequest are decoded bodies.
type (
	SendRequest   = sendRequest
	VerifyRequest = verifyRequest
)

// DecodeSend reads a body of otp.send; ok is false if it breaks a rule.
func DecodeSend(body []byte) (r SendRequest, ok bool) {
	r, a := decodeSend(body)
	return r, a.result == pass
}

// DecodeVerify reads a body of otp.verify, as [DecodeSend] does.
func DecodeVerify(body []byte) (r VerifyRequest, ok bool) {
	r, a := decodeVerify(body)
	return r, a.result == pass
}

// SendCode returns the code of otp.send for an outcome; ok is false for an outcome without a result.
func SendCode(outcome otp.Outcome) (code string, ok bool) {
	r, ok := sendResults[outcome]
	return r.code, ok
}

// IsValid returns the answer of otp.verify to an outcome; ok is false for an outcome without an answer.
func IsValid(outcome otp.Outcome) (valid, ok bool) {
	valid, ok = isValid[outcome]
	return valid, ok
}

// Authentic parses a raw query and checks its signature.
func Authentic(raw string, secrets [][]byte, now time.Time) bool {
	q, ok := parseQuery(raw)
	broken, _ := authentic(q, secrets, 10*time.Minute, now)
	return ok && broken == pass
}

// Pairs returns the pairs of a raw query.
func Pairs(raw string) (pairs [][2]string, ok bool) {
	q, ok := parseQuery(raw)
	for _, p := range q {
		pairs = append(pairs, [2]string{p.name, p.value})
	}
	return pairs, ok
}
