package clients

import (
	"fmt"

	"countersign/pkg/message"
)

// Registration is the stored registration of one of a client's texts in India (DLT). Each language has a text for each
// form, and another one with a payment.
type Registration struct {
	Language string `json:"language"`         // as in languages.All
	Form     string `json:"form,omitempty"`   // of the lines for autofill; default: "plain"
	Payment  bool   `json:"payment,omitzero"` // the text shows a payment
	Template string `json:"template"`         // its id
	// Digest is that of the text for which the id was set, see [message.Registered.Digest]; "" is not known.
	Digest string `json:"digest,omitempty"`
}

// TemplateForm is the form of a template's id in words.
const TemplateForm = "1 to 50 letters, digits, hyphens and underscores"

// text returns the registration as the choice of a text needs it, and whether its form is known.
func (r Registration) text() (message.Registration, bool) {
	form, known := message.FormOf(r.Form)
	return message.Registration{Language: r.Language, Form: form, Payment: r.Payment, ID: r.Template}, known
}

// Same reports whether two registrations are of one text, whatever their ids.
func (r Registration) Same(other Registration) bool {
	r.Template, other.Template = "", ""
	a, _ := r.text()
	b, _ := other.text()
	return a == b
}

// registrations returns the registrations of a client's texts. A language without a text comes from another version.
func (p *parser) registrations() (all []message.Registration) {
	first := make(map[message.Registration]int, len(p.record.DLT)) // by text, without its id
	for i, r := range p.record.DLT {
		field := at("dlt", i)
		text, known := r.text()
		p.want(known, field+".form", r.Form, "plain, site, hash or both")
		p.want(r.Language != "", field+".language", r.Language, "a language such as hi")
		p.want(ValidAMSID(r.Template) && len(r.Template) <= 50, field+".template", r.Template, TemplateForm)
		all = append(all, text)
		text.ID = ""
		if j, twice := first[text]; twice {
			p.errs = append(p.errs, fmt.Errorf("dlt[%d] and dlt[%d] are of one text: keep one", j, i))
			continue
		}
		first[text] = i
	}
	return all
}
