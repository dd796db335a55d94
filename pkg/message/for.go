package message

import "countersign/pkg/otp"

// For returns the text of a brand in the first of the languages that there are
// words in, or in English: what a request wishes, then what its client does. A
// brand that is older than [CheckBrand] may be too long for one of them, and then
// the next is taken: nobody goes without a code for want of a language.
func For(brand string, languages ...string) (otp.Text, error) {
	for _, language := range languages {
		if language == "" || !Supported(language) {
			continue
		}
		if text, err := Text(brand, language); err == nil {
			return text, nil
		}
	}
	return Text(brand, "")
}
