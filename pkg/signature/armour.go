package signature

import (
	"bytes"
	"encoding/asn1"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"unicode/utf16"
)

// unarmour returns the DER of a file with one key, as tools write it: DER itself, its base64 in one or more lines, or
// one PEM block. Text around the block is ignored, because openssl and keytool describe a key there.
func unarmour(text []byte) (der []byte, err error) {
	if isDER(text) {
		return text, nil
	}
	text = bytes.TrimSpace(text)
	switch begins := bytes.Count(text, begin); {
	case len(text) == 0:
		return nil, errors.New("the text is empty")
	case begins == 1:
		der, err = block(text)
	case begins > 1:
		err = fmt.Errorf("%d PEM blocks, must be one: take the others away", begins)
	default:
		der, err = bare(text)
	}
	if err == nil && !isDER(der) { // package x509 ignores bytes after a PKCS#8 key
		err = errors.New("must be one DER structure that is whole, and nothing after it")
	}
	return der, err
}

func isDER(text []byte) bool {
	var all asn1.RawValue
	rest, err := asn1.Unmarshal(text, &all)
	return err == nil && len(rest) == 0 && all.Tag == asn1.TagSequence && all.IsCompound
}

var begin, end, dashes = []byte("-----BEGIN "), []byte("-----END "), []byte("-----")

// block returns the DER of the PEM block in a text. Its lines may be joined by blanks, by nothing, or by the two
// characters \n, as variables of the environment and strings of JSON have them. Package pem reads none of these.
func block(text []byte) ([]byte, error) {
	whole := errors.New("must be one PEM block that is whole, from its BEGIN to its END")
	_, text, _ = bytes.Cut(text, begin)
	label, text, found := bytes.Cut(text, dashes)
	body, last, ended := bytes.Cut(text, end)
	if !found || !ended || !bytes.HasPrefix(last, append(bytes.Clone(label), dashes...)) {
		return nil, whole
	}
	for _, join := range []string{`\r`, `\n`, " ", "\t", "\r", "\n"} {
		body = bytes.ReplaceAll(body, []byte(join), nil)
	}
	der, err := base64.StdEncoding.Strict().DecodeString(string(body))
	if err != nil || len(der) == 0 {
		return nil, whole
	}
	return der, nil
}

// bare returns the DER of base64 without a block. The error names other forms of keys, and how to change them.
func bare(text []byte) ([]byte, error) {
	lines := bytes.Join(bytes.Fields(text), nil)
	if _, err := hex.DecodeString(string(lines)); err == nil && len(lines) > 64 { // base64 reads it too
		return nil, errors.New("this is hex, must be one PEM block, base64 of DER, or DER: " +
			"change it with xxd -r -p FILE")
	}
	if quotes := lines[0]; len(lines) > 1 && (quotes == '"' || quotes == '\'') && lines[len(lines)-1] == quotes {
		lines = lines[1 : len(lines)-1]
	}
	if der, err := base64.StdEncoding.Strict().DecodeString(string(lines)); err == nil && len(der) > 0 {
		return der, nil
	}
	for _, other := range []struct{ start, found, mend string }{
		{"ssh-", "a key of ssh", "change it with ssh-keygen -e -m PKCS8 -f FILE"},
		{"---- BEGIN SSH2", "a key of ssh", "change it with ssh-keygen -i -m RFC4716 -f FILE, then -e -m PKCS8"},
		{"{", "JSON, perhaps a JWK", "change it to PEM"},
		{"<", "XML, perhaps an RSAKeyValue", "change it to PEM"},
		{"PuTTY-", "a key of PuTTY", "export it in the form of OpenSSH, then change it with ssh-keygen -e -m PKCS8"},
	} {
		if bytes.HasPrefix(text, []byte(other.start)) {
			return nil, fmt.Errorf("this is %s, must be one PEM block, base64 of DER, or DER: %s",
				other.found, other.mend)
		}
	}
	unpadded := strings.NewReplacer("+", "-", "/", "_").Replace(strings.TrimRight(string(lines), "="))
	if _, err := base64.RawURLEncoding.DecodeString(unpadded); err == nil && len(lines) > 64 {
		return nil, errors.New("this is base64 without padding, or in the alphabet of URLs: " +
			"write + for -, / for _, and = at the end until the length is a multiple of four")
	}
	return nil, errors.New("neither PEM nor base64: must be one PEM block, base64 of DER in one or more lines, or DER")
}

// plain returns a text in UTF-8 without the byte order mark that Windows writes, in UTF-8 or UTF-16.
func plain(text []byte) []byte {
	var order binary.ByteOrder
	switch {
	case bytes.HasPrefix(text, []byte("\xef\xbb\xbf")):
		return text[3:]
	case bytes.HasPrefix(text, []byte("\xff\xfe")):
		order = binary.LittleEndian
	case bytes.HasPrefix(text, []byte("\xfe\xff")):
		order = binary.BigEndian
	default:
		return text
	}
	units := make([]uint16, 0, len(text)/2)
	for rest := text[2:]; len(rest) > 1; rest = rest[2:] {
		units = append(units, order.Uint16(rest))
	}
	return []byte(string(utf16.Decode(units)))
}
