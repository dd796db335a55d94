package admission

import "strings"

// Digits reports whether s is one ASCII digit or more. A person can only read digits off a message, so anything else is
// not a code, and no attempt.
func Digits(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }
