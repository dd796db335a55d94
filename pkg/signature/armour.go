package signature

import (
	"bytes"
	"encoding/asn1"
	"encoding/base64"
	"encoding/pem"
	"errors"
)

// unarmour returns the DER of a text that is one PEM block, or base64 with or
// without line breaks. White space around it is no matter.
func unarmour(text []byte) (der []byte, err error) {
	text = bytes.TrimSpace(text)
	if len(text) == 0 {
		return nil, errors.New("the text is empty")
	}
	begin := []byte("-----BEGIN ")
	if bytes.Contains(text, begin) {
		block, rest := pem.Decode(text)
		// Package pem passes over what it cannot read, so that the first block it
		// finds need not be the first there is.
		if block == nil || len(bytes.TrimSpace(rest)) > 0 || bytes.Count(text, begin) != 1 || !bytes.HasPrefix(text, begin) {
			return nil, errors.New("must be one PEM block that is whole, and nothing before or after it")
		}
		der = block.Bytes
	} else if der, err = base64.StdEncoding.Strict().DecodeString(string(text)); err != nil {
		return nil, errors.New("neither PEM nor base64: must be one PEM block, or base64 of DER with line breaks at the most")
	}
	// Package x509 does not mind what comes after a PKCS#8 key.
	if rest, err := asn1.Unmarshal(der, new(asn1.RawValue)); err != nil || len(rest) > 0 {
		return nil, errors.New("must be one DER structure that is whole, and nothing after it")
	}
	return der, nil
}
