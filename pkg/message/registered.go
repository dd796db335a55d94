package message

import (
	"cmp"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"unicode/utf16"

	"countersign/pkg/otp"
)

// Registration is that of a client's text in one language and form. India's carriers drop a message that
// differs from its registered text in more than the values of the variables.
type Registration struct {
	Language string // as in languages.All
	Form     Form
	Payment  bool   // the text shows a payment
	ID       string // that the registry gave it
}

// Chosen is the text of a message, and the id under which it is registered, or "".
type Chosen struct {
	Text     otp.Text
	Template string
}

// MaxValue is the most characters that a variable of a registered text stands for.
const MaxValue = 30

// The variables of a payment in a registered text: its currency and amount, and its payee.
const (
	amount = "amount"
	payee  = "payee"

	maxAmount = len("KWD 999 999 999 999.999")
)

// SomePayment stands for any payment, where a text is written in order to register it.
var SomePayment = otp.Payment{Amount: "1.00", Currency: "INR", Payee: "A"}

// LongValue is the refusal of a value that is longer than [MaxValue].
type LongValue struct {
	Over int // characters to take out
}

func (e *LongValue) Error() string {
	return fmt.Sprintf("is longer than the %d characters that a variable of a registered text stands for: take out %d",
		MaxValue, e.Over)
}

// Registrable refuses a payment that no registered text can show: its payee is too long. The error is a [*LongValue].
// No amount is.
func Registrable(p otp.Payment) error {
	if over := len(utf16.Encode([]rune(p.Payee))) - MaxValue; over > 0 {
		return &LongValue{over}
	}
	return nil
}

// Kind is what a variable of a registered text may stand for, as India's registries call it.
type Kind string

// The kinds of variables that texts have. Registries know others, for links, callback numbers and mail addresses.
const (
	Numeric      Kind = "numeric"      // digits alone
	Alphanumeric Kind = "alphanumeric" // letters and digits
)

// Variable is what changes from message to message in a registered text.
type Variable struct {
	Name    string `json:"name"` // of the placeholder that it is
	Kind    Kind   `json:"type"`
	Longest int    `json:"longest"` // in characters
}

// Registered is a text as its registration has it.
type Registered struct {
	Text      string     `json:"text"` // with {#numeric#} where a number goes
	Unicode   bool       `json:"unicode"`
	Variables []Variable `json:"variables"` // in their order; the code of a site's line is one of its own
}

// Digest identifies the text. It is short, because the record of a client has it for each of its texts.
func (r Registered) Digest() string {
	sum := sha256.Sum256([]byte(r.Text))
	return base64.RawURLEncoding.EncodeToString(sum[:8])
}

// Registered returns the text as it has to be registered. A text whose words follow its time has no such form: there is
// one template for all times. Brands from before the rules may have what registries take for a variable.
func (t Text) Registered() (Registered, error) {
	var r Registered
	var b strings.Builder
	for _, p := range t.parts {
		v := Variable{Name: cmp.Or(p.stand, strings.Trim(string(p.fill), "{}")), Kind: Numeric}
		switch {
		case p.stand == amount:
			v.Kind, v.Longest = Alphanumeric, maxAmount
		case p.stand == payee:
			v.Kind, v.Longest = Alphanumeric, MaxValue
		case p.fill == "":
			if strings.Contains(p.words, "{#") {
				return Registered{}, fmt.Errorf("the text has {#, which registries take for a variable, in %q", p.words)
			}
			b.WriteString(p.words)
			continue
		case p.fill == code:
			v.Longest = maxDigits
		case p.fill == minutes:
			v.Longest = width(maxMinutes)
		default:
			return Registered{}, errors.New("the text states its time in words that change with it")
		}
		r.Variables = append(r.Variables, v)
		b.WriteString("{#" + string(v.Kind) + "#}")
	}
	r.Text = b.String()
	r.Unicode = t.Longest().Wide
	return r, nil
}
