// Package languages has the texts of messages in each of its languages, see [All], and chooses among them.
package languages

import (
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"

	"countersign/pkg/message"
)

// For returns the text of w in the first of the languages that has one, else in those of w, else in English. Callers
// give the request's language. Each may be a list, as the header Accept-Language has it: de-CH,de;q=0.9. The order
// counts, not the weights, and only the first 16 of a list count.
//
// It skips a language in which the text does not fit one part with the lines for autofill: an app waits for its line,
// so all texts of a client have the same lines. Only where its own language has no room either, as that of a brand from
// before [Check] or of a deployment with a new brand, lines are left out, see
// [fewerLines]: nobody is left without a code.
//
// Where texts must be registered, the first one that is goes before others, see [message.Registration]. A payment for
// which the registered texts have no room is refused: carriers drop a text that is not registered, and the caller would
// take it for sent.
func For(w message.Words, languages ...string) (message.Chosen, error) {
	if w.Registered && len(w.Registrations) > 0 {
		chosen, long := withTemplate(w, languages)
		if chosen.Text != nil {
			return chosen, nil
		}
		if long != nil && !w.Payment.None() {
			return message.Chosen{}, long
		}
	}
	for tag := range asked(languages) {
		if text, ok := try(w, tag); ok {
			return message.Chosen{Text: text.Write}, nil
		}
	}
	text, err := own(w)
	for _, fewer := range fewerLines(w.Autofill) { // a code that people have to type is better than none
		if !errors.As(err, new(*message.TooLong)) {
			break
		}
		w.Autofill = fewer
		text, err = own(w)
	}
	if err != nil {
		return message.Chosen{}, err
	}
	return message.Chosen{Text: text.Write}, nil
}

// fewerLines are the lines that are left where not all have room, best first. The line of the site stays longest: with
// it, phones keep the code from the pages of others.
func fewerLines(all message.Autofill) []message.Autofill {
	if all.Form() == message.WithBoth {
		return []message.Autofill{{Site: all.Site}, {AndroidHash: all.AndroidHash}, {}}
	}
	if all.Form() == message.Plain {
		return nil
	}
	return []message.Autofill{{}}
}

// asked are the tags of lists of languages, the first 16 of each.
func asked(languages []string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for _, rest := range languages {
			for range 16 {
				var tag string
				tag, rest, _ = strings.Cut(rest, ",")
				tag, weight, _ := strings.Cut(strings.TrimSpace(tag), ";")
				if !unwanted(weight) && !yield(tag) {
					return
				}
			}
		}
	}
}

// unwanted reports whether a tag of Accept-Language has the weight 0: "not acceptable", in RFC 9110, section 12.4.2.
func unwanted(weight string) bool {
	zero, found := strings.CutPrefix(strings.ToLower(strings.TrimSpace(weight)), "q=0")
	return found && strings.Trim(zero, ".0 ") == ""
}

// own returns the text of w in its own language, in the deployment's or in English.
func own(w message.Words) (message.Text, error) {
	for _, tag := range []string{w.Language, w.Default} {
		if text, ok := try(w, tag); ok {
			return text, nil
		}
	}
	return in(w, "en")
}

// try returns the text of w in a language that is not "".
func try(w message.Words, tag string) (message.Text, bool) {
	if tag == "" || !Supported(tag) {
		return message.Text{}, false
	}
	text, err := in(w, tag)
	return text, err == nil
}

// In returns the text of w in one language, or why there is none: the brand or the client's own template is refused, or
// the text needs a second part. "" is English.
func In(w message.Words, tag string) (message.Text, error) {
	if err := message.CheckBrand(w.Brand); err != nil {
		return message.Text{}, err
	}
	return in(w, tag)
}

// in is In for a brand of a record that may be older than the rules of brands.
func in(w message.Words, tag string) (message.Text, error) {
	r, found := find(tag)
	if !found {
		return message.Text{}, unknown(tag)
	}
	if strings.TrimSpace(w.Brand) == "" || len(w.Brand) > message.MaxBytes || strings.ContainsFunc(w.Brand, isControl) {
		return message.Text{}, errors.New("brand is empty, too long, or has control characters: see client set --brand")
	}
	text, err := r.fit(w)
	if err != nil {
		return message.Text{}, fmt.Errorf("brand in the language %s %w", r.tag, err)
	}
	return text, nil
}

// fit returns the client's own text or the built-in one, with the payment and the lines of w. If those leave no room
// for the time, the built-in text is without it. A payment that leaves no room for the own text gets the built-in one.
func (r *row) fit(w message.Words) (message.Text, error) {
	if w.Registered {
		return r.registered(w)
	}
	if own := w.Own[r.tag]; own != "" {
		if text, err := write(own, w, nil); err == nil || w.Payment.None() {
			return text, err
		}
	}
	before, time, after := r.strokes()
	text, err := write(before+time+after, w, r)
	if err != nil && (w.Autofill != (message.Autofill{}) || !w.Payment.None()) {
		return write(before+after, w, nil)
	}
	return text, err
}

// strokes returns the built-in text in three: the words with the time are between the others.
func (r *row) strokes() (before, time, after string) {
	before, rest, _ := strings.Cut(r.text, "|")
	time, after, _ = strings.Cut(rest, "|")
	return before, time, after
}

// write fills the brand of w into a template, and appends the payment and the lines of w. The error is that of
// [message.Text.Fits].
func write(template string, w message.Words, time message.Time) (message.Text, error) {
	text := message.New(template, w.Brand, time).Paying(w.Payment).With(w.Autofill)
	return text, text.Fits()
}

func isControl(r rune) bool { return r < ' ' || 0x7F <= r && r < 0xA0 || r == 0x2028 || r == 0x2029 }

func unknown(tag string) error {
	return fmt.Errorf("language %q has no text: use one of %s", tag, strings.Join(All(), ", "))
}

// Check refuses words that do not make a text in their own language, or in another one for which they have a template,
// and lines for autofill that no phone reads. Requests choose among all languages. One that has no room for the brand
// and the lines gives way to that of w, see [For] and [Without].
func Check(w message.Words) error {
	var errs []error
	if err := w.Autofill.Check(); err != nil {
		errs, w.Autofill = append(errs, err), message.Autofill{} // the others are found without them
	}
	if _, err := In(w, w.Language); err != nil {
		errs = append(errs, err)
	}
	for _, tag := range slices.Sorted(maps.Keys(w.Own)) {
		own := w.Own[tag]
		if r, found := find(tag); !found || r.tag != tag {
			errs = append(errs, fmt.Errorf("texts[%s]: %w", tag, unknown(tag)))
		} else if err := message.CheckOwn(own, w.Brand, w.Autofill); err != nil {
			errs = append(errs, fmt.Errorf("texts[%s] %w", tag, err))
		}
	}
	return errors.Join(errs...)
}

// Without returns the languages in which the text of w does not fit one part, and how many characters are to be taken
// out of the brand.
func Without(w message.Words) (tags []string, over []int) {
	for i := range table {
		var long *message.TooLong
		if _, err := in(w, table[i].tag); errors.As(err, &long) {
			tags, over = append(tags, table[i].tag), append(over, long.Over)
		}
	}
	return tags, over
}

// Supported reports whether there is a text in a language. A tag is one of BCP 47, POSIX or Java, such as "de-AT",
// "en_PH.UTF-8" or "in_ID".
func Supported(tag string) bool {
	_, ok := find(tag)
	return ok
}

// Canonical returns the tag under which a language is in [All], or "".
func Canonical(tag string) string {
	if r, ok := find(tag); ok {
		return r.tag
	}
	return ""
}

// All returns the tags of all languages, sorted.
func All() []string {
	tags := make([]string, len(table))
	for i, r := range table {
		tags[i] = r.tag
	}
	return tags
}

// Words implements [message.Time]. It allocates nothing.
func (r *row) Words(minutes int) (before string, number bool, after string) {
	if minutes < 1 {
		return r.soon, false, ""
	}
	forms := r.minutes
	for range r.rule.form(minutes) {
		_, forms, _ = strings.Cut(forms, "|")
	}
	form, _, _ := strings.Cut(forms, "|")
	before, after, number = strings.Cut(form, "#")
	return before, number, after
}
