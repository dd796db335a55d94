package admission

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"

	"countersign/pkg/message"
	"countersign/pkg/otp"
	"countersign/pkg/strictjson"
)

const (
	maxWhole   = 12 // digits of an amount before the point
	maxPurpose = 36 // characters of a purpose, as of an intent
)

// Payment reads the member payment of a body into to: an object of ours, in both contracts. No two spellings are one
// payment, so that payments are compared by their bytes: an amount has exactly the decimals of its currency, and a
// payee is not normalised. A member that is not documented is refused: its caller would believe that the code covers
// it.
func Payment(to *otp.Payment) strictjson.Reader {
	return func(d *jsontext.Decoder) (rule string, err error) {
		var p otp.Payment
		fields := map[string]*string{
			"amount": &p.Amount, "currency": &p.Currency, "payee": &p.Payee, "purpose": &p.Purpose,
		}
		const only = "must have amount, currency, payee and, if need be, purpose, and nothing else"
		read := strictjson.Map(len(fields), only, func(name string) strictjson.Reader {
			field := fields[name]
			return strictjson.Scalar(func(kind jsontext.Kind, text string) string {
				switch {
				case field == nil:
					return only
				case kind != '"':
					return name + ": must be a string"
				}
				*field = text
				return ""
			})
		})
		if rule, err = read(d); rule != "" || err != nil {
			return rule, err
		}
		*to = p
		return payment(p), nil
	}
}

// payment returns the rule that a payment breaks, "" for none.
func payment(p otp.Payment) string {
	for _, field := range []struct{ name, value string }{
		{"amount", p.Amount}, {"currency", p.Currency}, {"payee", p.Payee},
	} {
		if field.value == "" {
			return field.name + ": is required"
		}
	}
	n, known := decimals(p.Currency)
	if !known {
		return "currency: must be the three letters of a currency in ISO 4217, in upper case"
	}
	if rule := amount(p.Amount, n, p.Currency); rule != "" {
		return "amount: " + rule
	}
	if err := message.CheckPayee(p.Payee); err != nil {
		return "payee: " + err.Error()
	}
	if utf8.RuneCountInString(p.Purpose) > maxPurpose || strings.ContainsFunc(p.Purpose, isControl) {
		return fmt.Sprintf("purpose: must be at most %d characters, and no control characters", maxPurpose)
	}
	return ""
}

func isControl(r rune) bool { return r < ' ' || r == '\x7f' }

// amount returns the rule that an amount with so many decimals breaks.
func amount(text string, n int, currency string) string {
	whole, fraction, pointed := strings.Cut(text, ".")
	switch {
	case !Digits(whole), pointed && !Digits(fraction), len(fraction) != n, pointed != (n > 0):
		example := strings.TrimSuffix("10."+"500"[:n], ".")
		return fmt.Sprintf("must be digits with the %d decimals of %s, such as %s", n, currency, example)
	case len(whole) > maxWhole:
		return fmt.Sprintf("must have at most %d digits before the decimals", maxWhole)
	case len(whole) > 1 && whole[0] == '0':
		return "must have no leading 0"
	case strings.Trim(text, "0.") == "":
		return "must be more than 0"
	}
	return ""
}

// Unfit is why a payment gets no message.
type Unfit struct{ Rule string }

func (e *Unfit) Error() string { return e.Rule }

// unfit returns the error of a text for a payment: an [*Unfit] if the text needs a second part, or cannot show the
// payee because it is registered.
func unfit(err error) error {
	if value := (*message.LongValue)(nil); errors.As(err, &value) {
		return &Unfit{"payee: " + value.Error()}
	}
	var long *message.TooLong
	if !errors.As(err, &long) {
		return err
	}
	return &Unfit{fmt.Sprintf("payee: makes the message longer than one SMS: take out %d characters", long.Over)}
}
