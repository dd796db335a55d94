package password

import (
	"slices"
	"strings"
	"unicode/utf8"

	"countersign/pkg/otp"
)

// commonPINs are the twenty commonest PINs of each length. Sources: the PINs of DataGenetics (2012), and for 6 digits
// Markert et al., "This PIN Can Be Easily Guessed" (2020), too. They are a text, so that no function takes them apart
// as it starts.
const commonPINs = `
	1234 1111 0000 1212 7777 1004 2000 4444 2222 6969 9999 3333 5555 6666 1122 1313 8888 4321 2001 1010
	12345 11111 55555 00000 54321 13579 77777 22222 12321 99999
	33333 00700 90210 88888 38317 09876 44444 98765 01234 42069
	123456 654321 111111 000000 123123 666666 121212 112233 789456 159753
	696969 123321 102030 147258 555555 777777 159357 131313 222222 999999
	112233 789456 292513 131313 123654 101010 007007
	1234567 7777777 1111111 8675309 1234321 0000000 4830033 7654321 5201314 0123456
	2848048 7005425 1080413 7895123 1869510 3223326 1212123 1478963 2222222 5555555
	12345678 11111111 88888888 87654321 00000000 12341234 69696969 12121212 11223344 12344321
	77777777 99999999 22222222 55555555 33333333 44444444 66666666 11112222 13131313 10041004`

// commonPasswords are the twenty commonest passwords of eight characters or more, after the lists of leaked passwords
// that NordPass publishes each year.
const commonPasswords = `
	12345678 123456789 1234567890 password password1 password123 qwerty123 qwertyuiop qwerty1234 1q2w3e4r
	1q2w3e4r5t iloveyou sunshine princess football baseball superman 1qaz2wsx abcd1234 p@ssw0rd`

// Weak returns the rule that a password breaks which is guessed first, and "" for another one.
func (k Kind) Weak(typed Clear, to otp.Phone) string {
	password := string(typed)
	digits, lower := strings.TrimPrefix(to.E164(), "+"), strings.ToLower(password)
	switch {
	case password == "": // of no form, see [Kind.Form]
	case uniform(password):
		return "must not be one character again and again"
	case run(password, 1), run(password, -1):
		return "must not be a run up or down"
	case k == Payment && strings.Contains(digits, password), k == Login && strings.Contains(digits, lower),
		k == Login && len(digits) >= MinLogin && strings.Contains(lower, digits):
		return "must not be digits of the number"
	case k == Payment && oneOf(commonPINs, password), k == Login && oneOf(commonPasswords, lower):
		return "must not be one of the commonest"
	}
	return ""
}

// oneOf reports whether a word is one of a list.
func oneOf(list, word string) bool { return slices.Contains(strings.Fields(list), word) }

func uniform(text string) bool {
	first, _ := utf8.DecodeRuneInString(text)
	return strings.Trim(text, string(first)) == ""
}

// run reports whether each character follows the one before it, as in 345678 and 9012, or, with -1, in 4321 and 1098.
func run(text string, step int) bool {
	for i := 1; i < len(text); i++ {
		was, is := int(text[i-1]), int(text[i])
		digits := was >= '0' && was <= '9' && is >= '0' && is <= '9'
		if is-was != step && (!digits || (is-was+10)%10 != (step+10)%10) {
			return false
		}
	}
	return true
}
