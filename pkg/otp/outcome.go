package otp

import "slices"

// Outcome is the result of an init, a send, a re-send or a verify. Failed
// challenges are stored with their outcome, so the texts must not change.
//
// A new outcome also goes into [Outcomes]. Tests then name the contracts, schemas
// and pages that lack it.
type Outcome string

// Outcomes of Init, Send and Resend.
const (
	// Sent: the sender accepted the message.
	Sent Outcome = "sent"
	// Inconsistent: the idempotency key was used before, with other fields. The
	// first challenge stays as it is.
	Inconsistent Outcome = "inconsistent"
	// InProgress: another call works on the same challenge. Try again later.
	InProgress Outcome = "in_progress"
	// Unclear: the code may or may not arrive. The sender gave no clear answer, or an
	// earlier call may have sent the message and the limits refuse another copy for now.
	// Another init with the same id sends the same code again once the limits allow it.
	Unclear Outcome = "unclear"
	// TooSoon: the previous message to the number is younger than [Policy].Cooldown.
	TooSoon Outcome = "too_soon"
	// TooMany: the number has had all its messages of the hour or the day, or it is
	// paused because nobody answered its latest messages.
	TooMany Outcome = "too_many"
	// Undeliverable: the sender will never deliver the message, or the user has no
	// address to send to.
	Undeliverable Outcome = "undeliverable"
	// BadNumber: the number in a user's record cannot be a phone number.
	BadNumber Outcome = "bad_number"
	// Barred: the client may not send to the number in a user's record.
	Barred Outcome = "barred"
)

// Outcomes of calls that concern a password, see package password.
const (
	// AskedPassword: the challenge asks for the user's password. No message is sent.
	AskedPassword Outcome = "asked"
	// NoPassword: the number has no user with a password of this kind who may sign in.
	NoPassword Outcome = "no_password"
	// PasswordSet: the password is stored.
	PasswordSet Outcome = "password_set"
)

// Outcomes of Init, Send and Resend by package guard: too many messages that nobody answered.
const (
	// OverBlock: to the block of the number.
	OverBlock Outcome = "guard_block"
	// OverCountry: to its country.
	OverCountry Outcome = "guard_country"
	// OverClient: to the countries of the client that have no history yet.
	OverClient Outcome = "guard_client"
	// OverSource: for the source that asked for the code.
	OverSource Outcome = "guard_source"
	// OperatorBlock: the operator blocked the country or the numbers.
	OperatorBlock Outcome = "guard_operator"
)

// Outcomes that refuse the user of a challenge, at init and at verify.
const (
	// BadToken: the token that names the user is unknown, revoked or expired.
	BadToken Outcome = "bad_token"
	// NoUser: the token is valid, but its user no longer exists.
	NoUser Outcome = "no_user"
	// Blocked: the user may not sign in.
	Blocked Outcome = "blocked"
)

// Outcomes of Verify. A guess was evaluated, and used an attempt, with the first
// three only. Resend returns Unknown, Used, Expired and Locked too.
const (
	// Passed: the code is right. No later call can pass with it.
	Passed Outcome = "passed"
	// Unmatched: the code is wrong, and attempts are left.
	Unmatched Outcome = "unmatched"
	// Exhausted: the code is wrong, and this was the last attempt.
	Exhausted Outcome = "exhausted"
	// Locked: all attempts were used before. Even the right code is refused.
	Locked Outcome = "locked"
	// Unknown: the client has no such challenge, or its message was never sent.
	Unknown Outcome = "unknown"
	// Expired: the lifetime of the code is over.
	Expired Outcome = "expired"
	// Used: the code has passed before.
	Used Outcome = "used"
)

// outcomes is in the order of the constants above.
var outcomes = []Outcome{
	Sent, Inconsistent, InProgress, Unclear, TooSoon, TooMany, Undeliverable, BadNumber, Barred,
	AskedPassword, NoPassword, PasswordSet,
	OverBlock, OverCountry, OverClient, OverSource, OperatorBlock,
	BadToken, NoUser, Blocked,
	Passed, Unmatched, Exhausted, Locked, Unknown, Expired, Used,
}

// Outcomes returns all outcomes in the order of their declaration. Tests hold the
// results of the contracts, the schemas of the events and the pages to this list.
func Outcomes() []Outcome { return slices.Clone(outcomes) }
