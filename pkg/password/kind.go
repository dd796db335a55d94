package password

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Kind is what a password is for, as the field authenticationType of the contract has it.
type Kind string

const (
	// Payment is a PIN of 4 to 8 digits.
	Payment Kind = "PAYMENT"
	// Login is a password of 8 to 64 characters.
	Login Kind = "LOGIN"
)

// Kinds returns all kinds, in the order of lists.
func Kinds() []Kind { return []Kind{Payment, Login} }

// ChallengeType is the name of the kind in the field challengeType of the contract.
func (k Kind) ChallengeType() string { return string(k) + "_PASSWORD" }

// Lengths of a password, in digits of a PIN and in characters of a login password.
const (
	MinPIN, MaxPIN     = 4, 8
	MinLogin, MaxLogin = 8, 64
)

// Form returns the rule that a text breaks which cannot be a password of this kind, and "" for one that can.
func (k Kind) Form(password Clear) string {
	if k == Payment {
		if n := len(password); n < MinPIN || n > MaxPIN || strings.Trim(string(password), "0123456789") != "" {
			return "must be 4 to 8 digits"
		}
		return ""
	}
	n := utf8.RuneCountInString(string(password))
	if n < MinLogin || n > MaxLogin || !utf8.ValidString(string(password)) ||
		strings.ContainsFunc(string(password), unicode.IsControl) {
		return "must be 8 to 64 characters, none of them a control character"
	}
	return ""
}
