package password

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Kind is what a password is for, as the field authenticationType of the contract has it.
type Kind string

const (
	// Payment is a PIN of 4 to 8 digits.
	Payment Kind = "PAYMENT"
	// Login is a password of 8 to 64 characters. It is compared byte by byte: the tables of Unicode would be a tenth of
	// a megabyte of each function. So callers bring what people type into form NFC (RFC 8265), where it is set and
	// where it is typed.
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

// MaxBytes is the most bytes of a password in UTF-8. An RSA key of 2048 bits encrypts 190 bytes by [Algorithm], and an
// authenticationId of 35 characters and a full stop are some of them. A longer password could be set by an operator,
// but never typed.
const MaxBytes = 190 - 35 - 1

// Form returns the rule that a text breaks which cannot be a password of this kind, and "" for one that can.
func (k Kind) Form(password Clear) string {
	if k == Payment {
		if n := len(password); n < MinPIN || n > MaxPIN || strings.Trim(string(password), "0123456789") != "" {
			return fmt.Sprintf("must be %d to %d digits", MinPIN, MaxPIN)
		}
		return ""
	}
	n := utf8.RuneCountInString(string(password))
	if n < MinLogin || n > MaxLogin || len(password) > MaxBytes || !utf8.ValidString(string(password)) ||
		strings.ContainsFunc(string(password), unicode.IsControl) {
		return fmt.Sprintf("must be %d to %d characters of at most %d bytes in all, none of them a control character",
			MinLogin, MaxLogin, MaxBytes)
	}
	return ""
}
