// Package unimatrix serves the Unimatrix contract: otp.send and otp.verify, as in Unimatrix's documents and
// SDKs. [API] serves both on one path; the action is in the query.
//
// A request is authenticated by its query, decoded strictly, and checked whole before it reaches package otp.
// The outcome becomes a result of the contract by one table.
//
// "The contract" is what Unimatrix publishes, [general], [send-otp] and [verify-otp], and the bytes that its
// SDKs sign and read. These leave much open, such as the order of the checks, the limits of the signature,
// and the answer to a body that breaks a rule. This package decides that; docs/openapi.yaml describes all
// that callers can see.
//
// [general]: https://www.unimtx.com/docs/api/general
// [send-otp]: https://www.unimtx.com/docs/api/send-otp
// [verify-otp]: https://www.unimtx.com/docs/api/verify-otp
package unimatrix
