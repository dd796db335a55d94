package phone_test

import (
	"strings"
	"testing"

	"countersign/pkg/phone"
)

func TestParseKind(t *testing.T) {
	for in, want := range map[string]phone.Kind{
		"ordinary": phone.Ordinary, "premium": phone.Premium, "satellite": phone.Satellite,
	} {
		if got, err := phone.ParseKind(in); got != want || err != nil || got.String() != in {
			t.Errorf("%q: %v, %v, want %v", in, got, err, want)
		}
	}
	for _, in := range []string{"", "Premium", "mobile", "0", "ordinary "} {
		if got, err := phone.ParseKind(in); err == nil || !strings.Contains(err.Error(),
			"ordinary, premium or satellite") {
			t.Errorf("%q: %v, %v, want an error that names the three", in, got, err)
		}
	}
	for _, k := range []phone.Kind{-1, 3} {
		if _, err := phone.ParseKind(k.String()); err == nil {
			t.Errorf("%v is read as a kind", k)
		}
	}
}
