package main

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"

	"countersign/pkg/clients"
	"countersign/pkg/clients/origins"
	"countersign/pkg/clients/profile"
	"countersign/pkg/documents"
	"countersign/pkg/message"
	"countersign/pkg/message/languages"
)

var dltHelp = texts{
	"dlt": "Print a client's texts for India as DLT registers them, and set the ids of their templates.",
	"dlt_show": "Print each text exactly as it has to be registered, with typed variables. Default: the client's " +
		"language, those of its own texts, and those that have an id.",
	"dlt_set":      "Set the id that a text got at its registration. It works within 30 seconds everywhere.",
	"dlt_remove":   "Remove the id of a text. It works within 30 seconds everywhere.",
	"dlt_language": "Print the text in this language too. May be repeated.",
	"dlt_payments": "Print the texts with a payment too.",
	"dlt_brand":    "Print the texts with this brand, as they would be after client set --brand.",
	"dlt_site":     "Print the texts with the line of this site, as after client set --site.",
	"dlt_hash":     "Print the texts with this hash, as after client set --android-hash.",
	"dlt_one":      "Language of the text, such as hi.",
	"dlt_form": "Form of the text by its lines for autofill: plain, site, hash or both. Default: the form that the " +
		"client's messages have.",
	"dlt_payment":  "The text that shows a payment.",
	"dlt_template": "Id of the template, as the DLT portal gives it: 19 digits.",
}

type clientDLT struct {
	Show   dltShow   `cmd:"" default:"withargs" help:"dlt_show"`
	Set    dltSet    `cmd:"" help:"dlt_set"`
	Remove dltRemove `cmd:"" help:"dlt_remove"`
}

// Help describes the JSON of the commands.
func (clientDLT) Help() string {
	return `With --json, show prints an array of {language, form, payment, text, unicode, variables, template, ` +
		`stale, problem}. variables is an array of {name, type, longest}. template is missing where no id is set, ` +
		`and stale is true where the text is another one than that of the id. A text that messages cannot have has ` +
		`a problem in place of the text. set and remove print the client's record.`
}

type dltShow struct {
	oneClient
	Language    []string `placeholder:"TAG" help:"dlt_language"`
	Payments    bool     `help:"dlt_payments"`
	Brand       *string  `placeholder:"NAME" help:"dlt_brand"`
	Site        *string  `placeholder:"HOST" help:"dlt_site"`
	AndroidHash *string  `placeholder:"HASH" help:"dlt_hash"`
}

// Run prints the texts of a client for India.
func (c *dltShow) Run(ctx context.Context) error {
	more, err := canonical(c.Language)
	if err != nil {
		return err
	}
	return c.on(ctx, func(b *books) error {
		r, err := b.clients.Get(ctx, c.ID)
		if err != nil {
			return err
		}
		set(&r.Brand, c.Brand)
		set(&r.Site, c.Site)
		set(&r.AndroidHash, c.AndroidHash)
		if err := r.Check(b.clients.Defaults, clients.WritingWords); err != nil {
			return clients.Named(c.ID, err)
		}
		all := dltTexts(r, b.clients.Defaults, more, c.Payments)
		c.warnOf(r, b.clients.Defaults)
		return c.answer(all, dltPage(r, all))
	})
}

// warnOf warns if the texts are not those that messages have, and if messages are dropped.
func (c *dltShow) warnOf(r clients.Record, d clients.Defaults) {
	if r.Brand == "" {
		warn("client %s has no brand of its own: give --brand if that of the deployment is not %q", quoted(c.ID),
			d.Brand)
	}
	if !slices.Contains(r.Countries, origins.India) && !slices.Contains(r.Countries, clients.Everywhere) {
		warn("client %s may not send to India: client set --country has all its countries", quoted(c.ID))
	}
	if header := headerOf(r); message.IsSenderID(header) && len(header) > 6 {
		warn("the sender id %s has %d characters, and headers of DLT have at most 6", header, len(header))
	}
	warnOfDLT(r, d)
	c.warnOfRoute(r)
}

// warnOfRoute warns of a deployment in a Region from which messages to India take an international route.
func (p place) warnOfRoute(r clients.Record) {
	if text := routeWarning(r, os.Getenv("AWS_REGION"), p.at().Deployed()); text != "" {
		warn("%s", text)
	}
}

func routeWarning(r clients.Record, region string, deployed bool) string {
	route := origins.Route(region, r.Countries, r.Senders, "")
	if !deployed || route == "" {
		return ""
	}
	return "messages of client " + quoted(r.ID) + " to " + route
}

// canonical returns the tags under which languages have their texts.
func canonical(tags []string) ([]string, error) {
	var all []string
	for _, tag := range tags {
		known := languages.Canonical(tag)
		if tag == "" || known == "" {
			return nil, fmt.Errorf("--language: %q has no text: use one of %s", tag,
				strings.Join(languages.All(), ", "))
		}
		all = append(all, known)
	}
	return all, nil
}

// aText has the flags and the argument of a command for one text.
type aText struct {
	oneClient
	Language string `required:"" placeholder:"TAG" help:"dlt_one"`
	Form     string `placeholder:"FORM" help:"dlt_form"`
	Payment  bool   `help:"dlt_payment"`
}

// of returns the registration of the text in a client's record, without its id.
func (c aText) of(r clients.Record) (clients.Registration, error) {
	tags, err := canonical([]string{c.Language})
	if err != nil {
		return clients.Registration{}, err
	}
	form, known := message.FormOf(c.Form)
	if !known {
		return clients.Registration{}, fmt.Errorf("--form: %q must be plain, site, hash or both", c.Form)
	}
	if c.Form == "" {
		form = r.Autofill().Form()
	}
	text := clients.Registration{Language: tags[0], Payment: c.Payment}
	if form != message.Plain {
		text.Form = form.String()
	}
	return text, nil
}

type dltSet struct {
	aText
	Template string `required:"" placeholder:"ID" help:"dlt_template"`
}

// Run sets the id of a text.
func (c *dltSet) Run(ctx context.Context) error {
	return c.edit(ctx, func(r *clients.Record, text clients.Registration, d clients.Defaults) error {
		text.Template = c.Template
		now := dltText{of: text}
		if now.write(*r, d); now.Problem != "" {
			return fmt.Errorf("the text has nothing to register: %s", now.Problem)
		}
		text.Digest = now.Digest()
		r.DLT = slices.DeleteFunc(r.DLT, text.Same)
		r.DLT = append(r.DLT, text)
		c.warnOfID(*r)
		return nil
	})
}

// warnOfID warns of an id that looks like a mistake. Each text is a template of its own. A spreadsheet keeps 15 digits
// of a number, and writes zeros for the others.
func (c *dltSet) warnOfID(r clients.Record) {
	switch {
	case len(c.Template) != 19 || strings.Trim(c.Template, "0123456789") != "":
		warn("the template's id is %q, and those of DLT portals have 19 digits", c.Template)
	case strings.HasSuffix(c.Template, "0000"):
		warn("the template's id is %s, whose last digits are zeros as a spreadsheet makes them: compare it with the "+
			"portal", c.Template)
	}
	var same []string
	for _, set := range r.DLT {
		if set.Template == c.Template {
			same = append(same, profile.TextName(set))
		}
	}
	if len(same) > 1 {
		warn("the template's id %s is set for more than one text (%s), and a template has one", c.Template,
			strings.Join(same, "; "))
	}
}

type dltRemove struct{ aText }

// Run removes the id of a text.
func (c *dltRemove) Run(ctx context.Context) error {
	return c.edit(ctx, func(r *clients.Record, text clients.Registration, _ clients.Defaults) error {
		kept := slices.DeleteFunc(slices.Clone(r.DLT), text.Same)
		if len(kept) == len(r.DLT) {
			return fmt.Errorf("the text %s has no id: %w", profile.TextName(text), documents.ErrNotFound)
		}
		r.DLT = kept
		return nil
	})
}

// edit changes a client's record by the registration of one text.
func (c aText) edit(
	ctx context.Context, change func(*clients.Record, clients.Registration, clients.Defaults) error,
) error {
	return c.on(ctx, func(b *books) error {
		err := b.clients.Edit(ctx, c.ID, func(r *clients.Record) error {
			text, err := c.of(*r)
			if err != nil {
				return err
			}
			return change(r, text, b.clients.Defaults)
		})
		if err != nil {
			return err
		}
		return c.show(ctx, b, c.ID)
	})
}

// warnOfDLT warns of texts that are dropped in India, because they are not those that are registered.
func warnOfDLT(r clients.Record, d clients.Defaults) {
	var stale []string
	form, current := r.Autofill().Form(), len(r.DLT) == 0
	for _, set := range r.DLT {
		current = current || set.Form == form.String() || set.Form == "" && form == message.Plain
		t := dltText{of: set}
		if t.write(r, d); t.Stale {
			stale = append(stale, profile.TextName(t.of))
		}
	}
	if in := r.Senders[origins.India]; in.EntityID != "" && in.TemplateID == "" && len(r.DLT) == 0 {
		warn("no text of client %s has an id, so India's carriers drop it: client dlt %s prints the texts; register "+
			"them, and client dlt set their ids", quoted(r.ID), quoted(r.ID))
	}
	if !current {
		warn("no text of client %s has an id in the form %s, so that messages to India go out in another form: "+
			"client dlt %s prints the texts", quoted(r.ID), form, quoted(r.ID))
	}
	if stale != nil {
		warn("the text of client %s is no longer the registered one (%s), so India's carriers drop it: "+
			"client dlt %s prints the new text; register it, and client dlt set its id", quoted(r.ID),
			strings.Join(stale, "; "), quoted(r.ID))
	}
}
