// Package otp proves that a person holds a phone number. It sends a one-time code
// to the number and checks the code that the person typed.
//
// # Overview
//
// A challenge is one code for one number. It has a lifetime and a number of attempts.
//
//   - [Issuer.Init] makes a challenge and sends its code. A repeat with the same
//     idempotency key sends nothing and returns the first answer.
//   - [Issuer.Resend] sends the code of a challenge again.
//   - [Issuer.Send] sends a code for callers without idempotency keys: the live code
//     again, or a new one.
//   - [Verifier.Verify] spends one attempt and compares the code.
//
// Init, Resend and Send take three steps, a file for each. They acquire the challenge,
// so that no other call sends for it (acquire.go). They deliver the message: they count
// it in the ledger of the number, whose [Limits] may refuse it, and hand it to the
// [Sender] (deliver.go). They settle the challenge with the [Outcome] (settle.go).
//
// A message to a number that has not answered in the last 180 days is counted in the
// budgets of package guard too, with its ledger (guarded.go). The challenge keeps which
// ones count it, so that a right code gives their room back.
//
// # Stores
//
// There are two tables, [Challenges] and [Ledgers]. Each method is one conditional
// write, so that calls at the same time cannot pass the same code twice or send more
// than the limits allow. The comments of the methods state the conditions, and the
// conformance suite in storetest holds every store to them. Neither table has a code
// or a number in clear: see [Keys].
//
// # Results
//
// A refusal, such as a wrong code or too many messages, is an [Outcome]. An error means
// that the service could not decide. The caller then gets "unknown", never "passed" and
// never "wrong".
//
// The package uses the standard library only. It reads neither the clock nor the
// entropy of the system: the caller provides both.
package otp
