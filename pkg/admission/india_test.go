package admission_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"countersign/pkg/admission"
	"countersign/pkg/clients"
	"countersign/pkg/message"
	"countersign/pkg/message/languages"
	"countersign/pkg/otp"
	"countersign/pkg/phone/plan"
)

// Messages to India have the text of a registration and its id, those of re-sends too. Messages to other countries have
// the usual text. A client without registrations leaves the id to its sender.
func TestIndia(t *testing.T) {
	messages := admission.Messages{Lookup: plan.Lookup, Text: languages.For}
	bill := otp.Payment{Amount: "10.50", Currency: "INR", Payee: "Kirana"}
	for _, c := range []struct {
		to, asked    string
		payment      otp.Payment
		unregistered bool
		init, again  string // the template and the text
	}{
		{to: "+919876543210", asked: "hi", init: "H 1234 आपका Acme कोड है। यह 1 मिनट तक मान्य है।",
			again: "E 1234 is your Acme code, valid for 1 min."},
		{to: "+919876543210", asked: "ta", init: "E 1234 is your Acme code, valid for 1 min.",
			again: "E 1234 is your Acme code, valid for 1 min."},
		{to: "+919876543210", asked: "hi", payment: bill, init: "P 1234 is your Acme code.\nINR 10.50: Kirana",
			again: "P 1234 is your Acme code.\nINR 10.50: Kirana"},
		{to: "+919876543210", asked: "en", unregistered: true, init: " 1234 is your Acme code, valid for 1 min.",
			again: " 1234 is your Acme code, valid for 1 min."},
		{to: "+60123456789", asked: "en", init: " 1234 is your Acme code, valid for 1 minute.",
			again: " 1234 is your Acme code, valid for 1 minute."},
	} {
		known := &clients.Client{ID: "known", Countries: []string{"*"}, Brand: "Acme"}
		if !c.unregistered {
			known.Registrations = []message.Registration{
				{Language: "en", ID: "E"}, {Language: "hi", ID: "H"}, {Language: "en", Payment: true, ID: "P"},
			}
		}
		n, _ := messages.Recipient(t.Context(), known, c.to)
		start, err := messages.Start(t.Context(), known, n, c.payment, c.asked)
		if err != nil {
			t.Errorf("%+v: %v", c, err)
			continue
		}
		if got := start.Template + " " + start.Text("1234", time.Minute); got != c.init {
			t.Errorf("%+v: %q", c, got)
		}
		resend, err := messages.Resend(t.Context(), known)
		if err != nil {
			t.Fatal(err)
		}
		text, template, err := resend.Wording(n.Region, c.payment)
		if got := template + " " + text("1234", time.Minute); got != c.again || err != nil {
			t.Errorf("%+v: a re-send has %q, %v", c, got, err)
		}
	}
}

// A payee that no variable of a registered text stands for is refused, in India alone.
func TestIndianPayee(t *testing.T) {
	messages := admission.Messages{Lookup: plan.Lookup, Text: languages.For}
	known := &clients.Client{ID: "known", Countries: []string{"*"}, Brand: "Acme"}
	for to, most := range map[string]int{"+919876543210": message.MaxValue, "+60123456789": message.MaxPayee} {
		n, _ := messages.Recipient(t.Context(), known, to)
		for length := message.MaxValue; length <= message.MaxPayee; length++ {
			p := otp.Payment{Amount: "1", Currency: "JPY", Payee: strings.Repeat("p", length)}
			_, err := messages.Start(t.Context(), known, n, p)
			if refused := errors.As(err, new(*admission.Unfit)); refused != (length > most) || (err != nil) != refused {
				t.Errorf("%s, a payee of %d: %v", n.Region, length, err)
			}
		}
	}
}
