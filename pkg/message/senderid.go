package message

import "countersign/pkg/pattern"

// SenderIDForm is the form of a sender id in words. The rule is that of "Sending SMS messages using Amazon SNS" in the
// SNS developer guide (sms_publish-to-phone).
const SenderIDForm = "1 to 11 letters, digits and hyphens with at least one letter"

var (
	senderID = pattern.Matches(`\A[A-Za-z0-9-]{1,11}\z`)
	letter   = pattern.Matches(`[A-Za-z]`)
)

// IsSenderID reports whether s is a name that messages can come from, see [SenderIDForm]; "" is not.
func IsSenderID(s string) bool { return senderID(s) && letter(s) }
