package signature_test

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"countersign/pkg/signature"
)

// FuzzParse parses any header. A header that is read can be written and read again with the same result, unless the
// algorithm, which may be left out, makes it too long.
func FuzzParse(f *testing.F) {
	for _, v := range vectors(f) {
		f.Add(v.SignatureHeader)
	}
	for _, seed := range []string{
		"", ",", "=", "signature=%", "signature=YWJj,x=1,X=2", " Signature = YWI%3d , keyVersion=a b=c",
		"signature=YWJj%0a",
	} {
		f.Add(seed)
	}
	f.Add("signature=" + strings.Repeat("0", 4084))
	f.Fuzz(func(t *testing.T, header string) {
		h, err := signature.Parse(header)
		if err != nil {
			return
		}
		if len(h.Signature) == 0 || len(header) > 4096 {
			t.Fatalf("%q was read as %+v", header, h)
		}
		written := h.String()
		if len(written) > 4096 {
			return
		}
		if again, err := signature.Parse(written); err != nil || !reflect.DeepEqual(again, h) {
			t.Errorf("%q is %+v, written as %q, which is %+v (%v)", header, h, written, again, err)
		}
	})
}

// FuzzParseTime parses any time. A time that is read can be written by package time and read again.
func FuzzParseTime(f *testing.F) {
	for _, v := range vectors(f) {
		f.Add(v.RequestTime)
	}
	for _, seed := range []string{
		"2019-04-04T12:08:56.253+05:30", "2026-11-22T02:25:27.1234567Z", "2024-02-29T23:59:59-2359",
		"2026-11-22T02:25:27,5Z", "0000-01-01T00:00:00+23:59",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		at, ok := signature.ParseTime(s)
		if !ok {
			return
		}
		if len(s) != 13 && (len(s) < 20 || len(s) > 35) {
			t.Fatalf("%q was read as %v", s, at)
		}
		if y := at.Year(); y < 0 || y > 9999 { // an offset may move a time out of these years
			return
		}
		if again, ok := signature.ParseTime(at.Format(time.RFC3339Nano)); !ok || !again.Equal(at) {
			t.Errorf("%q is %v, and again %v", s, at, again)
		}
	})
}
