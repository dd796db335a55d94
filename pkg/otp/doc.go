// Package otp proves that a person holds a phone number: it sends a one-time
// code and checks what the person typed.
//
// Start with [Issuer.Init], which makes a challenge and sends its code, and
// [Verifier.Verify], which spends one attempt on it. Both decide everything in
// single conditional writes on two small tables, [Challenges] and [Ledgers]; the
// rules of those writes are written down there, and the conformance suite in
// storetest holds every store to them.
//
// A refusal (wrong code, too many sends) is an [Outcome]. An error means that
// the service could not decide: the caller is told "unknown", never "passed"
// and never "wrong".
//
// The package uses the standard library only. It reads neither the clock nor
// the system's entropy: both are handed in.
package otp
