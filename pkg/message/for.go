package message

import (
	"strings"

	"countersign/pkg/otp"
)

// For returns the text of a brand in the first of the languages that has one, or in
// English. Callers give the request's language first and then the client's. It skips a
// language in which the brand is too long, as a brand from before [CheckBrand] may be:
// nobody is left without a code because of a language. Each may be a list, as the header
// Accept-Language has it: de-CH,de;q=0.9. The order counts, not the weights.
func For(brand string, languages ...string) (otp.Text, error) {
	for _, list := range languages {
		for language := range strings.SplitSeq(list, ",") {
			language, _, _ = strings.Cut(strings.TrimSpace(language), ";")
			if language == "" || !Supported(language) {
				continue
			}
			if text, err := Text(brand, language); err == nil {
				return text, nil
			}
		}
	}
	return Text(brand, "")
}
