// Package unimatrix speaks the Unimatrix contract: otp.send and otp.verify, as
// Unimatrix's documents and SDKs have them. [API] serves both, on one path; the
// action is in the query.
//
// A request is authenticated by its query, decoded strictly, and checked whole before it reaches package otp. The
// outcome becomes a result of the contract by one table.
//
// "The contract" is what Unimatrix publishes, [general], [send-otp] and [verify-otp],
// and what its SDKs sign and read. These leave much open, such as the order of the
// checks, the edges of the signature, and what becomes of a body that is not as it
// should be. That is decided here; docs/openapi.yaml describes what callers see of
// it.
//
// [general]: https://www.unimtx.com/docs/api/general
// [send-otp]: https://www.unimtx.com/docs/api/send-otp
// [verify-otp]: https://www.unimtx.com/docs/api/verify-otp
package unimatrix
