package languages

import (
	"errors"
	"iter"
	"strings"

	"countersign/pkg/message"
)

// registered returns the text of w in its form for registration: its words are the same for every time, so that it is
// one template. It states at least one minute, and no time beside a payment, whose length decides about the room.
func (r *row) registered(w message.Words) (message.Text, error) {
	if err := message.Registrable(w.Payment); err != nil {
		return message.Text{}, err
	}
	if own := w.Own[r.tag]; own != "" {
		return write(own, w, nil)
	}
	before, time, after := r.strokes()
	if w.Payment.None() {
		time = strings.Replace(time, "{time}", strings.Replace(r.fixed(), "#", "{minutes}", 1), 1)
		if text, err := write(before+time+after, w, nil); err == nil || w.Autofill == (message.Autofill{}) {
			return text, err
		}
	}
	return write(before+after, w, nil)
}

// fixed returns the clause with a number of minutes that reads well with every number: where the language has plural
// forms, the minutes are abbreviated, as CLDR's short units have them.
func (r *row) fixed() string {
	if r.rule == same {
		return r.minutes
	}
	switch r.tag {
	case "ar":
		return "# د"
	case "bg", "ru", "sr":
		return "# мин"
	case "de":
		return "# Min"
	case "el":
		return "Λήγει σε # λεπ"
	case "he":
		return "הוא בתוקף ל-# דק׳"
	case "mr":
		return "तो # मिनि. वैध आहे"
	case "nl":
		return "# min."
	case "ta":
		return "# நிமி. செல்லும்"
	case "te":
		return "ఇది # నిమి. చెల్లుతుంది"
	case "uk":
		return "# хв"
	}
	return "# min"
}

// withTemplate returns the first text of w that is registered and fits: in the languages, in those of w, in English, in
// Hindi, in any other. A registered text in another language arrives, and one that is not registered is dropped. All
// lines for autofill go before a language: an app waits for its line. If none of the registered texts fits, long is why
// the one with the most room does not.
func withTemplate(w message.Words, languages []string) (chosen message.Chosen, long *message.TooLong) {
	for _, w.Autofill = range append([]message.Autofill{w.Autofill}, fewerLines(w.Autofill)...) {
		for tag := range orderOf(w, languages) {
			id := w.RegistrationOf(Canonical(tag))
			if tag == "" || id == "" {
				continue
			}
			text, err := in(w, tag)
			if err == nil {
				return message.Chosen{Text: text.Write, Template: id}, nil
			}
			var over *message.TooLong
			if errors.As(err, &over) && (long == nil || over.Over < long.Over) {
				long = over
			}
		}
	}
	return message.Chosen{}, long
}

// orderOf are the languages that a registered text is looked for in.
func orderOf(w message.Words, languages []string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for tag := range asked(languages) {
			if !yield(tag) {
				return
			}
		}
		for _, tag := range []string{w.Language, w.Default, "en", "hi"} {
			if !yield(tag) {
				return
			}
		}
		for _, t := range w.Registrations {
			if !yield(t.Language) {
				return
			}
		}
	}
}
