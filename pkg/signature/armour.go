package signature

import (
	"bytes"
	"encoding/asn1"
	"encoding/base64"
	"encoding/pem"
	"errors"
)

// unarmour returns the DER of a text that is one PEM block, or base64 with or without line breaks. White
// space around it is ignored.
func unarmour(text []byte) (der []byte, err error) {
	text = bytes.TrimSpace(text)
	if len(text) == 0 {
		return nil, errors.New("the text is empty")
	}
	begin := []byte("-----BEGIN ")
	if bytes.Contains(text, begin) {
		block, rest := pem.Decode(text)
		// Package pem skips text that it cannot read, so the first block that it finds may not be the first
		// in the text.
		alone := bytes.Count(text, begin) == 1 && bytes.HasPrefix(text, begin)
		if block == nil || len(bytes.TrimSpace(rest)) > 0 || !alone {
			return nil, errors.New("must be one PEM block that is whole, and nothing before or after it")
		}
		der = block.Bytes
	} else if der, err = base64.StdEncoding.Strict().DecodeString(string(text)); err != nil {
		return nil, errors.New(
			"neither PEM nor base64: must be one PEM block, or base64 of DER with or without line breaks",
		)
	}
	// Package x509 ignores bytes after a PKCS#8 key.
	if rest, err := asn1.Unmarshal(der, new(asn1.RawValue)); err != nil || len(rest) > 0 {
		return nil, errors.New("must be one DER structure that is whole, and nothing after it")
	}
	return der, nil
}
