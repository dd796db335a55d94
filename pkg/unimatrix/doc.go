// Package unimatrix speaks the Unimatrix contract: otp.send and otp.verify, as
// Unimatrix's documents and SDKs have them. [API] serves both, on one path; the
// action is in the query.
//
// A request is authenticated by its query, decoded strictly and checked whole
// before anything behind it is touched. What is accepted is handed to a
// [Backend], and what became of it is put into the contract's words.
package unimatrix
