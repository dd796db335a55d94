package signature_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/base64"
	"encoding/hex"
	"encoding/pem"
	"math/big"
	"strings"
	"testing"
	"time"

	"countersign/pkg/signature"
)

// Each form that the vendor's SDKs and openssl write is read.
func TestKeyForms(t *testing.T) {
	pair := private(t, "ams-test-client.key.pem")
	pkcs8, _ := x509.MarshalPKCS8PrivateKey(pair)
	spki, _ := x509.MarshalPKIXPublicKey(&pair.PublicKey)
	pkcs1, rsaPublic := x509.MarshalPKCS1PrivateKey(pair), x509.MarshalPKCS1PublicKey(&pair.PublicKey)
	publics := map[string]string{
		"SPKI":             armoured("PUBLIC KEY", spki),
		"PKCS#1":           armoured("RSA PUBLIC KEY", rsaPublic),
		"PKCS#1 as SPKI":   armoured("PUBLIC KEY", rsaPublic),
		"certificate":      armoured("CERTIFICATE", certificate(t, pair)),
		"bare":             base64.StdEncoding.EncodeToString(spki),
		"bare in lines":    lines(base64.StdEncoding.EncodeToString(spki), "\r\n"),
		"bare PKCS#1":      base64.StdEncoding.EncodeToString(rsaPublic),
		"white space":      "\n\t " + armoured("PUBLIC KEY", spki) + "\r\n\n",
		"CRLF":             strings.ReplaceAll(armoured("PUBLIC KEY", spki), "\n", "\r\n"),
		"as we format it":  signature.FormatPublicKey(&pair.PublicKey),
		"as openssl wrote": string(file(t, "ams-test-client.pub.pem")),
	}
	for name, text := range publics {
		key, err := signature.ParsePublicKey([]byte(text))
		if err != nil || !key.Equal(&pair.PublicKey) {
			t.Errorf("public key, %s: %v", name, err)
		}
		_, err = signature.ParsePrivateKey([]byte(text))
		named := name == "certificate" || err != nil && strings.Contains(err.Error(), "this is a public key")
		if err == nil || !named {
			t.Errorf("as a private key, %s: %v, want an error that names a public key", name, err)
		}
	}
	formatted, err := signature.FormatPrivateKey(pair)
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"PKCS#8":           armoured("PRIVATE KEY", pkcs8),
		"PKCS#1":           armoured("RSA PRIVATE KEY", pkcs1),
		"bare":             base64.StdEncoding.EncodeToString(pkcs8),
		"bare in lines":    lines(base64.StdEncoding.EncodeToString(pkcs8), "\n"),
		"bare PKCS#1":      base64.StdEncoding.EncodeToString(pkcs1),
		"as we format it":  formatted,
		"as openssl wrote": string(file(t, "ams-test-client.key.pem")),
	} {
		key, err := signature.ParsePrivateKey([]byte(text))
		if err != nil || !key.Equal(pair) {
			t.Errorf("private key, %s: %v", name, err)
		}
		refused(t, "public", name, text, "this is a private key")
	}
}

// keyForms are keys in DER and PEM, from which the tests below make wrong ones.
type keyForms struct {
	good, secret string // PEM of a public and of a private key that are accepted

	pkcs8, spki           []byte // the same keys
	broken                []byte // pkcs8 with one bit of a number flipped
	small                 *rsa.PrivateKey
	smallDER              []byte
	ecDER, sec1, ecPublic []byte
	ed, edSPKI            []byte
	request               []byte // for a certificate
}

func newKeyForms(t *testing.T) (k keyForms) {
	t.Helper()
	pair := private(t, "ams-test-client.key.pem")
	k.pkcs8, _ = x509.MarshalPKCS8PrivateKey(pair)
	k.spki, _ = x509.MarshalPKIXPublicKey(&pair.PublicKey)
	k.good, k.secret = armoured("PUBLIC KEY", k.spki), armoured("PRIVATE KEY", k.pkcs8)
	k.broken = bytes.Clone(k.pkcs8)
	k.broken[len(k.broken)-100] ^= 1

	var err error
	if k.small, err = rsa.GenerateKey(rand.Reader, 1024); err != nil {
		t.Fatal(err)
	}
	k.smallDER, _ = x509.MarshalPKCS8PrivateKey(k.small)
	ec, _ := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	k.ecDER, _ = x509.MarshalPKCS8PrivateKey(ec)
	k.sec1, _ = x509.MarshalECPrivateKey(ec)
	k.ecPublic, _ = x509.MarshalPKIXPublicKey(&ec.PublicKey)
	edPublic, edPrivate, _ := ed25519.GenerateKey(rand.Reader)
	k.ed, _ = x509.MarshalPKCS8PrivateKey(edPrivate)
	k.edSPKI, _ = x509.MarshalPKIXPublicKey(edPublic)
	k.request, _ = x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{}, pair)
	return k
}

// A public key must be one RSA key of 2048 to 8192 bits, with a usable exponent and nothing around it.
func TestPublicKeysRefused(t *testing.T) {
	k := newKeyForms(t)
	for name, c := range map[string][2]string{
		"nothing":             {"", "empty"},
		"blanks":              {" \n", "empty"},
		"words":               {"canary, canary", "neither PEM nor base64"},
		"a path":              {"/canary/key.pem", "neither PEM nor base64"},
		"other base64":        {"Y2FuYXJ5", "one DER structure"},
		"1024 bits":           {signature.FormatPublicKey(&k.small.PublicKey), "1024 bits, must have at least 2048"},
		"2047 bits":           {sized(2047, 65537), "2047 bits, must have at least 2048"},
		"8193 bits":           {sized(8193, 65537), "8193 bits, must have at most 8192"},
		"exponent 1":          {sized(2048, 1), "exponent"},
		"exponent 2":          {sized(2048, 2), "exponent"},
		"exponent 65536":      {sized(2048, 65536), "exponent"},
		"exponent of 33 bits": {sized(2048, 1<<32+1), "exponent"},
		"even modulus": {
			signature.FormatPublicKey(&rsa.PublicKey{N: new(big.Int).Lsh(big.NewInt(1), 2047), E: 65537}),
			"even modulus",
		},
		"EC":       {armoured("PUBLIC KEY", k.ecPublic), "an EC key, not an RSA key"},
		"Ed25519":  {armoured("PUBLIC KEY", k.edSPKI), "not an RSA key"},
		"two keys": {k.good + k.good, "2 PEM blocks, must be one"},
		"a broken block first": {
			"-----BEGIN PUBLIC KEY-----\n?\n-----END PUBLIC KEY-----\n" + k.good, "2 PEM blocks, must be one",
		},
		"another end":         {strings.Replace(k.good, "END PUBLIC", "END CANARY", 1), "one PEM block"},
		"another block":       {armoured("PGP PUBLIC KEY BLOCK", []byte("canary")), "one DER structure"},
		"ssh":                 {"ssh-rsa Y2FuYXJ5 canary@host", "a key of ssh"},
		"SSH2":                {"---- BEGIN SSH2 PUBLIC KEY ----\nY2FuYXJ5", "a key of ssh"},
		"JWK":                 {`{"kty":"RSA","n":"canary","e":"AQAB"}`, "perhaps a JWK"},
		"XML":                 {"<RSAKeyValue><Modulus>canary</Modulus></RSAKeyValue>", "perhaps an RSAKeyValue"},
		"PuTTY":               {"PuTTY-User-Key-File-3: ssh-rsa", "a key of PuTTY"},
		"a request":           {armoured("CERTIFICATE REQUEST", k.request), "a certificate request"},
		"no key":              {armoured("PUBLIC KEY", []byte{0x30, 0}), "DER that is no key"},
		"half of it":          {k.good[:200], "one PEM block"},
		"no end":              {strings.ReplaceAll(k.good, "END", "CANARY"), "one PEM block"},
		"bytes after the DER": {armoured("PUBLIC KEY", append(bytes.Clone(k.spki), 0)), "nothing after it"},
		"base64 without padding": {
			strings.TrimRight(base64.StdEncoding.EncodeToString(k.smallDER[:100]), "="),
			"without padding",
		},
		"base64 for URLs": {base64.RawURLEncoding.EncodeToString(k.spki), "alphabet of URLs"},
		"hex":             {hex.EncodeToString(k.spki), "this is hex"},
		"RSA-PSS alone":   {base64.StdEncoding.EncodeToString(restricted(t, k.spki)), "restricted to RSA-PSS"},
		"PKCS #7":         {armoured("PKCS7", unhex(t, "300f06092a864886f70d010702a0023000")), "PKCS #7"},
		"PKCS #12":        {string(unhex(t, "3016020103301106092a864886f70d010701a00404023000")), "PKCS #12"},
	} {
		refused(t, "public", name, c[0], c[1])
	}
}

// restricted returns a key with the algorithm RSASSA-PSS in place of RSA, without parameters.
func restricted(t testing.TB, spki []byte) []byte {
	t.Helper()
	var info struct {
		Algorithm pkix.AlgorithmIdentifier
		Key       asn1.BitString
	}
	if _, err := asn1.Unmarshal(spki, &info); err != nil {
		t.Fatal(err)
	}
	info.Algorithm = pkix.AlgorithmIdentifier{Algorithm: asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 10}}
	der, err := asn1.Marshal(info)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

func unhex(t testing.TB, text string) []byte {
	t.Helper()
	b, err := hex.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// A private key in place of a public one has an error of its own, in whichever form it is.
func TestPrivateKeysAsPublic(t *testing.T) {
	k := newKeyForms(t)
	for name, text := range map[string]string{
		"private":                 k.secret,
		"private, then public":    k.secret + k.good,
		"public, then private":    k.good + k.secret,
		"private labelled public": armoured("PUBLIC KEY", k.pkcs8),
		"private, 1024 bits":      base64.StdEncoding.EncodeToString(k.smallDER),
		"private, broken":         base64.StdEncoding.EncodeToString(k.broken),
		"private, EC":             base64.StdEncoding.EncodeToString(k.ecDER),
		"private, SEC 1":          base64.StdEncoding.EncodeToString(k.sec1),
		"private, Ed25519":        base64.StdEncoding.EncodeToString(k.ed),
		"private, encrypted":      armoured("ENCRYPTED PRIVATE KEY", []byte("0")),
		"private, of ssh":         armoured("OPENSSH PRIVATE KEY", []byte("openssh")),
		"private, cut":            k.secret[:300],
	} {
		refused(t, "public", name, text, "this is a private key")
	}
}

func TestPrivateKeysRefused(t *testing.T) {
	k := newKeyForms(t)
	for name, c := range map[string][2]string{
		"nothing":          {"", "empty"},
		"1024 bits":        {armoured("PRIVATE KEY", k.smallDER), "1024 bits, must have at least 2048"},
		"broken":           {armoured("PRIVATE KEY", k.broken), "not an RSA key that is whole"},
		"EC":               {armoured("PRIVATE KEY", k.ecDER), "not an RSA key"},
		"SEC 1":            {armoured("EC PRIVATE KEY", k.sec1), "not an RSA key"},
		"Ed25519":          {armoured("PRIVATE KEY", k.ed), "not an RSA key"},
		"encrypted PKCS#8": {armoured("ENCRYPTED PRIVATE KEY", []byte("0")), "decrypt it first"},
		"encrypted PKCS#1": {
			"-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: " +
				"AES-256-CBC,00\n\nMDA=\n-----END RSA PRIVATE KEY-----\n",
			"decrypt it first",
		},
		"of ssh":              {armoured("OPENSSH PRIVATE KEY", []byte("openssh")), "one DER structure"},
		"two keys":            {k.secret + k.secret, "2 PEM blocks"},
		"bytes after the DER": {armoured("PRIVATE KEY", append(bytes.Clone(k.pkcs8), 0)), "nothing after it"},
	} {
		refused(t, "private", name, c[0], c[1])
	}
	pair := private(t, "ams-test-client.key.pem")
	broken := &rsa.PrivateKey{PublicKey: pair.PublicKey, D: big.NewInt(7), Primes: pair.Primes}
	if text, err := signature.FormatPrivateKey(broken); err == nil || text != "" {
		t.Errorf("a key that is not whole was formatted: %v", err)
	}
}

// refused wants an error with a certain text. It must not quote the key.
func refused(t *testing.T, half, name, text, want string) {
	t.Helper()
	var err error
	if half == "public" {
		_, err = signature.ParsePublicKey([]byte(text))
	} else {
		_, err = signature.ParsePrivateKey([]byte(text))
	}
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("%s key, %s: %v, want an error with %q", half, name, err, want)
		return
	}
	quoted := strings.Contains(strings.ToLower(err.Error()), "canary")
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		label := strings.Contains(line, "KEY-----")
		quoted = quoted || !label && len(line) > 24 && strings.Contains(err.Error(), line[:24])
	}
	if quoted {
		t.Errorf("%s key, %s: the error quotes it: %v", half, name, err)
	}
}

func armoured(label string, der []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: label, Bytes: der}))
}

func lines(s, end string) (out string) {
	for len(s) > 64 {
		out, s = out+s[:64]+end, s[64:]
	}
	return out + s
}

// sized returns a public key with a modulus of that many bits, which has no private key.
func sized(bits uint, e int) string {
	n := new(big.Int).Lsh(big.NewInt(1), bits-1)
	return signature.FormatPublicKey(&rsa.PublicKey{N: n.SetBit(n, 0, 1), E: e})
}

func certificate(t *testing.T, key *rsa.PrivateKey) []byte {
	t.Helper()
	expired := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: time.Unix(0, 0), NotAfter: time.Unix(1, 0)}
	der, err := x509.CreateCertificate(rand.Reader, expired, expired, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return der
}
