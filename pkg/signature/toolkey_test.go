package signature_test

import (
	"crypto/x509"
	"encoding/base64"
	"encoding/binary"
	"strings"
	"testing"
	"unicode/utf16"

	"countersign/pkg/signature"
)

// utf16Of writes a text as Windows PowerShell does into a file.
func utf16Of(order binary.AppendByteOrder, text string) string {
	b := order.AppendUint16(nil, 0xfeff)
	for _, unit := range utf16.Encode([]rune(text)) {
		b = order.AppendUint16(b, unit)
	}
	return string(b)
}

// written are ways in which tools write the PEM of a key.
var written = map[string]func(pem string) string{
	"openssl pkey -text": func(p string) string {
		return "Public-Key: (2048 bit)\nModulus:\n    00:aa:bb:cc\nExponent: 65537 (0x10001)\n" + p
	},
	"openssl pkcs12": func(p string) string {
		return "Bag Attributes\n    friendlyName: merchant\n    localKeyID: 54 69 6D\n" +
			"subject=CN = -----\nissuer=CN = a\n" + p
	},
	"keytool -rfc": func(p string) string {
		return "Alias name: merchant\nEntry type: PrivateKeyEntry\nCertificate[1]:\n" + p + "\n*******************\n"
	},
	"comments":        func(p string) string { return "# the key of acme\r\n\r\n" + p + "# end\n" },
	"byte order mark": func(p string) string { return "\ufeff" + p },
	"mark and CRLF":   func(p string) string { return "\ufeff" + strings.ReplaceAll(p, "\n", "\r\n") },
	"UTF-16LE": func(p string) string {
		return utf16Of(binary.LittleEndian, strings.ReplaceAll(p, "\n", "\r\n"))
	},
	"UTF-16BE":              func(p string) string { return utf16Of(binary.BigEndian, p) },
	"CRLF":                  func(p string) string { return strings.ReplaceAll(p, "\n", "\r\n") },
	"CR":                    func(p string) string { return strings.ReplaceAll(p, "\n", "\r") },
	"one line with blanks":  func(p string) string { return strings.ReplaceAll(p, "\n", " ") },
	"one line":              func(p string) string { return strings.ReplaceAll(p, "\n", "") },
	"one line, escaped":     func(p string) string { return strings.ReplaceAll(p, "\n", `\n`) },
	"one line, escaped CR":  func(p string) string { return strings.ReplaceAll(p, "\n", `\r\n`) },
	"quoted":                func(p string) string { return `KEY="` + strings.ReplaceAll(p, "\n", `\n`) + `"` },
	"indented":              func(p string) string { return "  key: |\n    " + strings.ReplaceAll(p, "\n", "\n    ") },
	"blanks at line ends":   func(p string) string { return strings.ReplaceAll(p, "\n", " \t\n") },
	"empty lines":           func(p string) string { return "\n\n" + strings.ReplaceAll(p, "\n", "\n\n") },
	"no line end":           func(p string) string { return strings.TrimRight(p, "\n") },
	"one long line of base": oneLine,
}

// oneLine writes the base64 of a block in a single line.
func oneLine(p string) string {
	lines := strings.Split(strings.TrimSpace(p), "\n")
	last := len(lines) - 1
	return lines[0] + "\n" + strings.Join(lines[1:last], "") + "\n" + lines[last] + "\n"
}

// Keys are read as tools write them.
func TestKeysOfTools(t *testing.T) {
	pair := private(t, "ams-test-client.key.pem")
	spki, _ := x509.MarshalPKIXPublicKey(&pair.PublicKey)
	pkcs8, _ := x509.MarshalPKCS8PrivateKey(pair)
	publics := map[string]string{"DER": string(spki), "PKCS#1 DER": string(x509.MarshalPKCS1PublicKey(&pair.PublicKey)),
		"certificate DER": string(certificate(t, pair)), "base64 with a mark": "\ufeff" +
			base64.StdEncoding.EncodeToString(spki),
		"base64 in quotation marks": `"` + base64.StdEncoding.EncodeToString(spki) + `"`,
		"base64 in blanks":          lines(base64.StdEncoding.EncodeToString(spki), " ")}
	privates := map[string]string{"DER": string(pkcs8), "PKCS#1 DER": string(x509.MarshalPKCS1PrivateKey(pair))}
	for name, write := range written {
		for label, der := range map[string][]byte{
			"PUBLIC KEY": spki, "RSA PUBLIC KEY": x509.MarshalPKCS1PublicKey(&pair.PublicKey),
			"CERTIFICATE": certificate(t, pair),
		} {
			publics[name+", "+label] = write(armoured(label, der))
		}
		privates[name+", PRIVATE KEY"] = write(armoured("PRIVATE KEY", pkcs8))
		privates[name+", RSA PRIVATE KEY"] = write(armoured("RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(pair)))
	}
	for name, text := range publics {
		if key, err := signature.ParsePublicKey([]byte(text)); err != nil || !key.Equal(&pair.PublicKey) {
			t.Errorf("public key, %s: %v", name, err)
		}
	}
	for name, text := range privates {
		if key, err := signature.ParsePrivateKey([]byte(text)); err != nil || !key.Equal(pair) {
			t.Errorf("private key, %s: %v", name, err)
		}
		refused(t, "public", name, text, "this is a private key")
	}
}

// FuzzParsePublicKey reads any text. A key that is read is the same after it is formatted.
func FuzzParsePublicKey(f *testing.F) {
	pem := string(file(f, "ams-test-client.pub.pem"))
	f.Add(pem)
	for _, write := range written {
		f.Add(write(pem))
	}
	for _, seed := range []string{"", "-----BEGIN ", "-----BEGIN A----------END A-----", "\xff\xfe-", "0\x00",
		"\ufeff"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		key, err := signature.ParsePublicKey([]byte(text))
		if err != nil {
			return
		}
		again, err := signature.ParsePublicKey([]byte(signature.FormatPublicKey(key)))
		if err != nil || !again.Equal(key) {
			t.Errorf("%q is read, but not after it is formatted: %v", text, err)
		}
	})
}
