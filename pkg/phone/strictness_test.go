package phone_test

import (
	"strings"
	"testing"

	"countersign/pkg/phone"
)

func TestParseStrictness(t *testing.T) {
	for in, want := range map[string]phone.Strictness{
		"": phone.Possible, "possible": phone.Possible, "valid": phone.Valid, "mobile": phone.Mobile,
	} {
		if got, err := phone.ParseStrictness(in); got != want || err != nil {
			t.Errorf("%q: %q, %v, want %q", in, got, err, want)
		}
	}
	for _, in := range []string{"Valid", " valid", "strict", "mobile\n"} {
		if got, err := phone.ParseStrictness(in); err == nil ||
			!strings.Contains(err.Error(), "possible, valid or mobile") {
			t.Errorf("%q: %q, %v, want an error that names the three", in, got, err)
		}
	}
}

func TestMeets(t *testing.T) {
	possible := phone.Number{}
	valid := phone.Number{Valid: true}
	mobile := phone.Number{Valid: true, Mobile: true}
	for s, want := range map[phone.Strictness][3]bool{
		"":             {true, true, true},
		phone.Possible: {true, true, true},
		phone.Valid:    {false, true, true},
		phone.Mobile:   {false, false, true},
		"strict":       {false, false, false},
	} {
		if got := [3]bool{possible.Meets(s), valid.Meets(s), mobile.Meets(s)}; got != want {
			t.Errorf("%q: met by possible, valid, mobile: %v, want %v", s, got, want)
		}
	}
}
