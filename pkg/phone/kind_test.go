package phone_test

import (
	"slices"
	"strings"
	"testing"

	"countersign/pkg/phone"
)

func TestParseKind(t *testing.T) {
	known := map[string]phone.Kind{
		"ordinary": phone.Ordinary, "premium": phone.Premium, "satellite": phone.Satellite,
		"shared-cost": phone.SharedCost, "pager": phone.Pager, "voicemail": phone.Voicemail, "uan": phone.UAN,
	}
	for in, want := range known {
		if got, err := phone.ParseKind(in); got != want || err != nil || got.String() != in {
			t.Errorf("%q: %v, %v, want %v", in, got, err, want)
		}
		if !strings.Contains(phone.KindNames, in) {
			t.Errorf("KindNames lacks %q", in)
		}
		if slices.Contains(phone.Kinds(), want) == (want == phone.Ordinary) {
			t.Errorf("Kinds has all but the ordinary one, and %v is wrong", want)
		}
	}
	if n := len(phone.Kinds()); n != len(known)-1 {
		t.Errorf("%d kinds, want %d", n, len(known)-1)
	}
	for _, in := range []string{"", "Premium", "mobile", "0", "ordinary ", "shared_cost", "UAN"} {
		if got, err := phone.ParseKind(in); err == nil || !strings.Contains(err.Error(), phone.KindNames) {
			t.Errorf("%q: %v, %v, want an error that names all", in, got, err)
		}
	}
	for _, k := range []phone.Kind{-1, phone.Kind(len(known))} {
		if _, err := phone.ParseKind(k.String()); err == nil {
			t.Errorf("%v is read as a kind", k)
		}
	}
}
