// Package password keeps the payment and login passwords of a client's users, and checks guesses at them.
//
// A password belongs to a client and a number. Both kinds of a number are one document in the table of the clients,
// under a keyed digest of the number. What is stored of a password is an argon2id digest of its HMAC under a pepper of
// the keyring: a dump of the table is of no use without the keyring.
//
// A guess is counted before it is evaluated, by one conditional write. So of any number of guesses at once, five are
// evaluated, and a crash loses no count. Guesses count for a password and not for a challenge, since a password does
// not change with each challenge: five wrong ones in a row lock it, see [Locks].
//
// The challenge that asks for a password is one of package otp, see [otp.Issuer.Ask].
package password
