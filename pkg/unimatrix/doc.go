// Package unimatrix speaks the Unimatrix contract: otp.send and otp.verify, as
// Unimatrix's documents and SDKs have them. [API] serves both, on one path; the
// action is in the query.
//
// A request is authenticated by its query, decoded strictly and checked whole
// before anything behind it is touched. What is accepted is handed to a
// [Backend], and what became of it is put into the contract's words.
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
