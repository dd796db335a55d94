// Package documents says what the stores of configuration documents (clients,
// users) have in common: how large a document and its key may be. What else the
// stores promise is in their methods, and package documentstest tests it.
package documents

import (
	"fmt"
	"unicode/utf8"
)

const (
	// MaxText is how many bytes a document may have. An item of DynamoDB has at
	// most 400 KB, with its key and everything else.
	MaxText = 300 << 10
	// MaxKey is how many bytes a key may have: DynamoDB's own bound.
	MaxKey = 2048
)

// CheckKey reports what keeps key from naming a document. Its error does not quote
// the key.
func CheckKey(key string) error {
	switch {
	case key == "" || len(key) > MaxKey:
		return fmt.Errorf("document: the key has %d bytes, must have 1 to %d", len(key), MaxKey)
	case !utf8.ValidString(key):
		return fmt.Errorf("document: the key, of %d bytes, is not UTF-8", len(key))
	}
	return nil
}

// CheckText reports what keeps text from being stored. Its error does not quote
// the text.
func CheckText(text []byte) error {
	switch {
	case len(text) > MaxText:
		return fmt.Errorf("document: the text has %d bytes, must have at most %d: split it, or keep less in it", len(text), MaxText)
	case !utf8.Valid(text):
		return fmt.Errorf("document: the text, of %d bytes, is not UTF-8: encode what is binary in it, for example as base64", len(text))
	}
	return nil
}
