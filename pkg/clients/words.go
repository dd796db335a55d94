package clients

import (
	"cmp"
	"maps"

	"countersign/pkg/message"
)

// text returns the words of the client's messages, and checks those that are being written.
func (p *parser) text(d Defaults) (brand, language string, texts map[string]string) {
	r := p.record
	brand, language = cmp.Or(r.Brand, d.Brand), cmp.Or(r.Language, d.Language)
	lines := r.Autofill()
	own := r.Brand != "" || r.Language != "" || len(r.Texts) > 0 || lines != (message.Autofill{})
	if p.why&WritingWords != 0 && own && brand != "" && d.CheckWords != nil { // else checked at the start
		w := message.Words{Brand: brand, Language: language, Own: r.Texts, Autofill: lines}
		if err := d.CheckWords(w); err != nil {
			p.errs = append(p.errs, err)
		}
	}
	return brand, language, maps.Clone(r.Texts)
}

// Autofill returns the lines behind the client's texts.
func (r Record) Autofill() message.Autofill {
	return message.Autofill{Site: r.Site, AndroidHash: r.AndroidHash}
}
