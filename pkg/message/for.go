package message

import "countersign/pkg/otp"

// For returns the text of a brand in the first of the languages that there are
// words in, or in English: what a request wishes, then what its client does.
func For(brand string, languages ...string) (otp.Text, error) {
	for _, language := range languages {
		if language != "" && Supported(language) {
			return Text(brand, language)
		}
	}
	return Text(brand, "")
}
