package main

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"countersign/pkg/admission"
	"countersign/pkg/clients"
	"countersign/pkg/clients/origins"
	"countersign/pkg/clients/profile"
	"countersign/pkg/message"
	"countersign/pkg/message/languages"
)

// dltText is a text of a client for India.
type dltText struct {
	of       clients.Registration
	Language string `json:"language"`
	Form     string `json:"form"`
	Payment  bool   `json:"payment"`
	*message.Registered
	Template string `json:"template,omitempty"`
	Stale    bool   `json:"stale,omitzero"`
	Problem  string `json:"problem,omitempty"`
}

var errNoLines = errors.New("the client's messages have other lines for autofill: client set --site and " +
	"--android-hash change them")

// write writes the text as messages of a client have it.
func (t *dltText) write(r clients.Record, d clients.Defaults) {
	form, _ := message.FormOf(t.of.Form)
	t.Language, t.Form, t.Payment, t.Template = t.of.Language, form.String(), t.of.Payment, t.of.Template
	err := errNoLines
	if lines, ok := r.Autofill().As(form); ok {
		w := message.Words{Brand: cmp.Or(r.Brand, d.Brand), Own: r.Texts, Autofill: lines, Registered: true}
		if t.Payment {
			w.Payment = message.SomePayment
		}
		var text message.Text
		var registered message.Registered
		if text, err = languages.In(w, t.Language); err == nil {
			registered, err = text.Registered()
			t.Stale = err != nil && t.of.Template != "" // messages have this text all the same
		}
		t.Registered = &registered
	}
	if err != nil {
		t.Registered, t.Problem = nil, err.Error()
		return
	}
	t.Stale = t.of.Digest != "" && t.of.Digest != t.Digest()
}

// dltTexts are the texts of a client for India: in its language, in those of its own texts and of its registrations,
// and in more.
func dltTexts(r clients.Record, d clients.Defaults, more []string, payments bool) []dltText {
	tags := []string{languages.Canonical(cmp.Or(r.Language, d.Language))}
	tags = append(tags, slices.Sorted(maps.Keys(r.Texts))...)
	for _, set := range r.DLT {
		tags = append(tags, set.Language)
		payments = payments || set.Payment
	}
	all := []dltText{}
	add := func(text clients.Registration) {
		same := func(t dltText) bool { return t.of.Same(text) }
		if slices.ContainsFunc(all, same) {
			return
		}
		if i := slices.IndexFunc(r.DLT, text.Same); i >= 0 {
			text = r.DLT[i]
		}
		t := dltText{of: text}
		t.write(r, d)
		all = append(all, t)
	}
	for _, tag := range append(tags, more...) {
		for _, payment := range []bool{false, true} {
			if !payment || payments {
				add(clients.Registration{Language: tag, Form: r.Autofill().Form().String(), Payment: payment})
			}
		}
		for _, set := range r.DLT {
			if set.Language == tag {
				add(set)
			}
		}
	}
	return all
}

// dltPage is the page of a client's texts for India. The texts stand alone in their lines, to be copied.
func dltPage(r clients.Record, all []dltText) string {
	var b strings.Builder
	in := r.Senders[origins.India]
	b.WriteString(columns(
		[]string{"client", quoted(r.ID)},
		[]string{"header", cmp.Or(headerOf(r), "the deployment's")},
		[]string{"entity", cmp.Or(in.EntityID, "the deployment's")},
		[]string{"other texts", otherTexts(in)},
	))
	for _, t := range all {
		rows := [][]string{{"text", profile.TextName(t.of)}, {"template", t.status()}}
		if t.Problem != "" {
			b.WriteString("\n" + columns(append(rows, []string{"problem", t.Problem})...))
			continue
		}
		kind := "Text"
		if t.Unicode {
			kind = "Unicode"
		}
		rows = append(rows, []string{"content type", kind}, []string{"variables", fmt.Sprint(len(t.Variables))})
		for i, v := range t.Variables {
			rows = append(rows, []string{fmt.Sprint("  ", i+1), fmt.Sprintf("%s, {#%s#}, at most %d of %d characters",
				v.Name, v.Kind, v.Longest, message.MaxValue)})
		}
		b.WriteString("\n" + columns(rows...) + dltRule + "\n" + t.Text + "\n" + dltRule + "\n")
	}
	return b.String()
}

// headerOf is what a client's messages to India come from, "" for the deployment's.
func headerOf(r clients.Record) string {
	from := admission.Messages{}.Origins(&clients.Client{Senders: r.Senders}, r.SenderID)(origins.India)
	return cmp.Or(from.Identity, from.Name)
}

// otherTexts is the id of the texts without one of their own.
func otherTexts(in clients.Sender) string {
	if in.EntityID != "" && in.TemplateID == "" {
		return "no template"
	}
	return cmp.Or(in.TemplateID, "the deployment's template")
}

const dltRule = "----------------------------------------"

// status is the state of a text's id.
func (t dltText) status() string {
	switch {
	case t.Template == "":
		return "missing: register the text, then client dlt set"
	case t.Stale && t.Problem != "":
		return t.Template + ", of another text"
	case t.Stale:
		return t.Template + ", of another text: register this one, then client dlt set"
	case t.Problem != "":
		return t.Template + ", not used"
	}
	return t.Template
}
