package otp

import (
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"unicode/utf16"
)

// Payment is what a code confirms, beside its number and its client. The zero value is none. The contract has checked
// every field, so that equal payments have equal fields: they are compared by their bytes.
//
// The code is generated from what the message shows, and its digest covers all fields. So a guess that names another
// payment, or none, is a wrong guess, and uses an attempt (dynamic linking, article 5 of the Commission Delegated
// Regulation (EU) 2018/389).
//
// It formats and logs as the word payment: what a person pays, and to whom, is nobody else's business.
type Payment struct {
	Amount   string // a decimal number
	Currency string // ISO 4217
	Payee    string // as the message shows it
	Purpose  string // what the payment is for; "" if the caller gives none. The message does not show it
}

// None reports whether there is no payment.
func (p Payment) None() bool { return p == Payment{} }

// shown returns the fields that the message shows, none where there is no payment.
func (p Payment) shown() []string {
	if p.None() {
		return nil
	}
	return []string{p.Amount, p.Currency, p.Payee}
}

// bound returns all fields, none where there is no payment.
func (p Payment) bound() []string {
	if p.None() {
		return nil
	}
	return append(p.shown(), p.Purpose)
}

// with returns values with the fields of p behind them.
func (p Payment) with(values ...string) []string { return append(slices.Clip(values), p.bound()...) }

func (p Payment) String() string               { return "payment" }
func (p Payment) Format(f fmt.State, _ rune)   { fmt.Fprint(f, p.String()) }
func (p Payment) LogValue() slog.Value         { return slog.StringValue(p.String()) }
func (p Payment) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

// pack returns the fields that the message shows, as they stand behind the number and the chosen code in
// [Challenge.Encrypted]: "" for none. The payee is UTF-16, which no script makes longer than two bytes for each unit of
// a message, so that the longest one leaves room in the item.
func (p Payment) pack() string {
	if p.None() {
		return ""
	}
	var b strings.Builder
	b.WriteString(" " + p.Amount + " " + p.Currency + " ")
	for _, unit := range utf16.Encode([]rune(p.Payee)) {
		b.Write([]byte{byte(unit >> 8), byte(unit)})
	}
	return b.String()
}

// unpack is the opposite of pack, without the space in front.
func unpack(packed string) Payment {
	amount, rest, _ := strings.Cut(packed, " ")
	currency, payee, _ := strings.Cut(rest, " ")
	units := make([]uint16, len(payee)/2)
	for i := range units {
		units[i] = uint16(payee[2*i])<<8 | uint16(payee[2*i+1])
	}
	return Payment{Amount: amount, Currency: currency, Payee: string(utf16.Decode(units))}
}
