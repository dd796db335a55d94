// Package documents keeps configuration documents, such as clients and users, as JSON
// texts in a [Table]. It has the limits of a document and its key, the edits that lose no
// change, and sealed values. Package documentstest tests the tables.
package documents

import (
	"fmt"
	"unicode/utf8"
)

const (
	// MaxText is the most bytes of a document. An item of DynamoDB has at most 400 KB,
	// its key and all else included.
	MaxText = 300 << 10
	// MaxKey is the most bytes of a key, which is DynamoDB's limit.
	MaxKey = 2048
)

// CheckKey returns an error if key cannot be the key of a document. The error does not
// quote the key.
func CheckKey(key string) error {
	switch {
	case key == "" || len(key) > MaxKey:
		return fmt.Errorf("document: the key has %d bytes, must have 1 to %d", len(key), MaxKey)
	case !utf8.ValidString(key):
		return fmt.Errorf("document: the key, of %d bytes, is not UTF-8", len(key))
	}
	return nil
}

// CheckText returns an error if text cannot be stored. The error does not quote the text.
func CheckText(text []byte) error {
	switch {
	case len(text) > MaxText:
		return fmt.Errorf("document: the text has %d bytes, must have at most %d: split it, or keep less in it",
			len(text), MaxText)
	case !utf8.Valid(text):
		return fmt.Errorf("document: the text, of %d bytes, is not UTF-8: encode binary parts, for example as base64",
			len(text))
	}
	return nil
}
