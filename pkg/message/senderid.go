package message

// SenderIDForm is the form of a sender id in words. The rule is that of "Sending SMS messages using Amazon SNS" in the
// SNS developer guide (sms_publish-to-phone).
const SenderIDForm = "1 to 11 letters, digits and hyphens with at least one letter"

const maxSenderID = 11

// IsSenderID reports whether s is a name that messages can come from, see [SenderIDForm]; "" is not. It is no regular
// expression, because the first message of a process would wait for that to compile.
func IsSenderID(s string) bool {
	letter := false
	for _, c := range []byte(s) {
		switch {
		case 'A' <= c && c <= 'Z', 'a' <= c && c <= 'z':
			letter = true
		case c != '-' && (c < '0' || '9' < c):
			return false
		}
	}
	return letter && len(s) <= maxSenderID
}
