package signature_test

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"countersign/pkg/signature"
)

func TestParseReads(t *testing.T) {
	for header, want := range map[string]string{ // version and signature
		"algorithm=RSA256,keyVersion=1,signature=fn5%2Bfn9%2F":         `"1" "~~~~\x7f\x7f"`,
		"algorithm=RSA256, keyVersion=1, signature=fn5%2bfn9%2f":       `"1" "~~~~\x7f\x7f"`,
		"signature=YWI%3D,keyVersion=2,algorithm=rsa256":               `"2" "ab"`,
		" SIGNATURE = YWI%3d ,\tKEYVERSION = 2\t, Algorithm = RsA256 ": `"2" "ab"`,
		"signature=YWJj":                                                  `"" "abc"`,
		"signature=%59%57%4a%6A":                                          `"" "abc"`,
		"signature=YWJj,keyVersion=a=b":                                   `"a=b" "abc"`,
		"signature=YWJj,nonce=,sdk=x=/+%":                                 `"" "abc"`,
		"signature=YWJj,keyVersion=%31":                                   `"%31" "abc"`,
		"signature=YWJj,\u212aeyVersion=1,x=" + strings.Repeat("x", 4060): `"" "abc"`, // a Kelvin sign is no K
	} {
		h, err := signature.Parse(header)
		if got := fmt.Sprintf("%q %q", h.Version, h.Signature); err != nil || got != want {
			t.Errorf("%q: %s, %v, want %s", header, got, err, want)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	for header, want := range map[string]string{
		"":                                "must be name=value",
		"canary":                          "must be name=value",
		"signature=YWJj,":                 "must be name=value",
		"signature=YWJj,canary":           "must be name=value",
		"=canary,signature=YWJj":          "must be name=value",
		"algorithm=RSA256,keyVersion=1":   "no signature=",
		"signature=":                      "standard base64",
		"signature=YWJj,signature=YWJj":   "a name twice",
		"signature=YWJj,Signature=canary": "a name twice",
		"keyVersion=1,signature=YWJj,KeyVersion=1": "a name twice",
		"signature=YWJj,canary=1,Canary=1":         "a name twice",
		"algorithm=ECC224,signature=YWJj":          "algorithm must be RSA256",
		"algorithm=,signature=YWJj":                "algorithm must be RSA256",
		"algorithm=RSA2561,signature=YWJj":         "algorithm must be RSA256",
		"algorithm=R\u017fA256,signature=YWJj":     "algorithm must be RSA256", // a long s is no S
		"algorithm=RSA256;signature=YWJj":          "algorithm must be RSA256",
		"keyVersion=,signature=YWJj":               "keyVersion is empty",
		"signature=YWI%3D=":                        "must be percent-encoded",
		"signature=YWI=":                           "must be percent-encoded",
		"signature=fn5+":                           "must be percent-encoded",
		"signature=fn9/":                           "must be percent-encoded",
		"signature=YWI%3":                          "must be percent-encoded",
		"signature=YWI%":                           "must be percent-encoded",
		"signature=YWI%3g":                         "must be percent-encoded",
		"signature=YWI%-1":                         "must be percent-encoded",
		"signature=YWI%@D":                         "must be percent-encoded",
		"signature=YWI%253D":                       "percent-encoded twice",
		"signature=fn5 fn9%2F":                     "spaces where base64 has +",
		"signature=YWI":                            "standard base64", // no padding
		"signature=YWI%3D%3D":                      "standard base64",
		"signature=YWJ%3D":                         "standard base64", // unused bits
		"signature=YW Jj":                          "standard base64",
		"signature=YWJj%0A":                        "standard base64",
		"signature=YW%0D%0AJj":                     "standard base64",
		"signature=YW\nJj":                         "standard base64",
		"signature=fn5-fn9_":                       "standard base64", // the alphabet of URLs
		"signature=\"YWJj\"":                       "standard base64",
		"x=" + strings.Repeat("canary", 700) + ",signature=YWJj": "at most 4096",
		strings.Repeat("x", 100<<10):                             "at most 4096",
		strings.Repeat(",", 100<<10):                             "at most 4096",
	} {
		_, err := signature.Parse(header)
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "canary") {
			t.Errorf("%.80q: %v, want an error with %q that quotes nothing", header, err, want)
		}
	}
}

// A header that is too long costs no memory.
func TestParseLongHeader(t *testing.T) {
	header := "signature=YWJj" + strings.Repeat(",a=", 100<<10/3)
	parse := func() {
		if _, err := signature.Parse(header); err == nil {
			t.Error("a header of 100 KB was read")
		}
	}
	if n := testing.AllocsPerRun(10, parse); n > 5 {
		t.Errorf("%v allocations, want 5 at most", n)
	}
	// The longest header that is read has many names, each once.
	header = "signature=YWJj"
	for n := 0; len(header) < 4080; n++ {
		header += fmt.Sprintf(",%x=", n)
	}
	if _, err := signature.Parse(header); err != nil {
		t.Error(err)
	}
}

func TestHeaderString(t *testing.T) {
	for want, h := range map[string]signature.Header{
		"algorithm=RSA256,keyVersion=0,signature=%2B%2F%2B%2Fag%3D%3D": {
			Version: "0", Signature: []byte("\xfb\xff\xbf\x6a"),
		},
		"algorithm=RSA256,signature=YQ%3D%3D": {Signature: []byte("a")},
	} {
		if h.String() != want {
			t.Errorf("%s, want %s", h, want)
		}
	}
	// The signature of the largest key fits too.
	h := signature.Header{Version: strings.Repeat("9", 64), Signature: make([]byte, 1024)}
	for i := range h.Signature {
		h.Signature[i] = byte(i * 7)
	}
	if got, err := signature.Parse(h.String()); err != nil || !reflect.DeepEqual(got, h) {
		t.Errorf("%d bytes: %v", len(h.String()), err)
	}
}
