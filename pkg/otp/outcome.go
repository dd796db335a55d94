package otp

// Outcome is what became of an init or a verify. The values are stored with
// failed challenges, so they must not change.
type Outcome string

// Outcomes of init.
const (
	// Sent: the sender accepted the message.
	Sent Outcome = "sent"
	// Inconsistent: the id is known with other fields; the first record stays.
	Inconsistent Outcome = "inconsistent"
	// InProgress: another call with this id is at work. Try again later.
	InProgress Outcome = "in_progress"
	// Unclear: the sender gave no clear answer, the code may or may not arrive.
	// A further init with the same id sends the same code again.
	Unclear Outcome = "unclear"
	// TooSoon: the number got a message less than [Policy].Cooldown ago.
	TooSoon Outcome = "too_soon"
	// TooMany: the number got all its messages of the hour or the day, or is
	// paused because none of its last messages was answered.
	TooMany Outcome = "too_many"
	// Undeliverable: the sender refused the message for good, or the user has no
	// address to send to.
	Undeliverable Outcome = "undeliverable"
	// BadNumber and Barred: the number of a user's record cannot be one, or the
	// client may not send to it.
	BadNumber Outcome = "bad_number"
	Barred    Outcome = "barred"
)

// What stands against the user of a challenge, at init and at verify.
const (
	// BadToken: the token that names the user is unknown, revoked or expired.
	BadToken Outcome = "bad_token"
	// NoUser: the token is good and the user is gone.
	NoUser Outcome = "no_user"
	// Blocked: the user may not sign in.
	Blocked Outcome = "blocked"
)

// Outcomes of verify. The first three are answers to an evaluated guess, and
// only they used an attempt.
const (
	// Passed: the code is right, and no later call can pass with it.
	Passed Outcome = "passed"
	// Unmatched: the code is wrong and attempts are left.
	Unmatched Outcome = "unmatched"
	// Exhausted: the code is wrong and this was the last attempt.
	Exhausted Outcome = "exhausted"
	// Locked: the attempts were used up before; even the right code is refused.
	Locked Outcome = "locked"
	// Unknown: there is no such challenge for this client, or its init failed.
	Unknown Outcome = "unknown"
	// Expired: the code's lifetime is over.
	Expired Outcome = "expired"
	// Used: the code has already passed.
	Used Outcome = "used"
)
