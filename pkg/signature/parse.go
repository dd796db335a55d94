package signature

import (
	"encoding/base64"
	"encoding/hex"
	"net/url"
	"strings"
)

// maxHeader is the longest header that is read, in bytes. With an RSA key of 8192 bits a header has about 1500.
const maxHeader = 4 << 10

// Parse reads the value of a Signature header: name=value parts between commas,
// names in any case and order, spaces around them trimmed. It allows algorithm
// (RSA256, the default), keyVersion and signature, which is required: base64 with
// padding, percent-encoded. Unknown names are ignored.
//
// It refuses a header that could be read in two ways: a name given twice, a part that is not name=value, an empty
// keyVersion, base64 that is not percent-encoded, or that has line breaks or unused bits that are not zero.
//
// The error is a [Reason]. It quotes nothing of the header.
func Parse(header string) (Header, error) {
	if len(header) > maxHeader {
		return Header{}, headerLong
	}
	var h Header
	seen := make(map[string]bool, 4)
	for part := range strings.SplitSeq(header, ",") {
		name, value, ok := strings.Cut(part, "=")
		name, value = lower(strings.Trim(name, blanks)), strings.Trim(value, blanks)
		if !ok || name == "" {
			return Header{}, headerParts
		}
		if seen[name] {
			return Header{}, nameTwice
		}
		seen[name] = true
		if err := h.set(name, value); err != nil {
			return Header{}, err
		}
	}
	if h.Signature == nil {
		return Header{}, valueMissing
	}
	return h, nil
}

// blanks are the characters that HTTP allows around a value.
const blanks = " \t"

func (h *Header) set(name, value string) (err error) {
	switch name {
	case "algorithm":
		if lower(value) != "rsa256" {
			return algorithm
		}
	case "keyversion":
		if value == "" {
			return versionEmpty
		}
		h.Version = value
	case "signature":
		h.Signature, err = decode(value)
	}
	return err
}

// decode reads the text form of a signature.
func decode(value string) ([]byte, error) {
	plain, ok := unescape(value)
	if !ok {
		return nil, notEscaped
	}
	if isHex(plain) {
		return nil, notBase64
	}
	sig, err := base64.StdEncoding.Strict().DecodeString(plain)
	if err != nil || len(sig) == 0 || strings.ContainsAny(plain, "\r\n") { // package base64 skips line breaks
		return nil, notBase64In(plain)
	}
	return sig, nil
}

// isHex reports whether a text is a signature in hex, which base64 would read as one of another length. Base64 of a
// signature never has so many hex digits and nothing else.
func isHex(text string) bool {
	_, err := hex.DecodeString(text)
	return err == nil && len(text) >= 512
}

// notBase64In returns why a text is not base64.
func notBase64In(plain string) Reason {
	base := func(s string) bool {
		_, err := base64.StdEncoding.DecodeString(s)
		return err == nil
	}
	again, ok := unescape(plain)
	switch {
	case strings.Contains(plain, " ") && base(strings.ReplaceAll(plain, " ", "+")):
		return plusLost
	case strings.Contains(plain, "%") && ok && base(again):
		return escapedTwice
	}
	return notBase64
}

// unescape decodes percent-encoding. ok is false if an escape does not have two hex digits, or if "+", "/" or
// "=" is not escaped: an HTML form reads a bare "+" as a space, so its meaning depends on the reader.
func unescape(s string) (plain string, ok bool) {
	if strings.ContainsAny(s, "+/=") {
		return "", false
	}
	plain, err := url.PathUnescape(s) // which leaves all but escapes as it is
	return plain, err == nil
}

// lower is strings.ToLower for ASCII only: in Unicode the lower case of the Kelvin sign is k, and no SDK writes that.
func lower(s string) string {
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			r += 'a' - 'A'
		}
		return r
	}, s)
}
