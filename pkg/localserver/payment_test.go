package localserver

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"countersign/docs/openapitest"
	"countersign/pkg/admission"
	"countersign/pkg/otp"
	"countersign/pkg/strictjson"
)

// TestCurrenciesAreDescribed: of all codes of three letters, the description has those that the contracts take, each
// with its decimals.
func TestCurrenciesAreDescribed(t *testing.T) {
	payment := openapitest.Load().Object("components", "schemas", "Payment")
	described := codesIn(payment["properties"].(map[string]any)["currency"])
	whole, other := payment["if"], payment["else"].(map[string]any)
	byDecimals := map[int][]string{0: codesIn(whole), 3: codesIn(other["if"])}
	found := 0
	for n := range 26 * 26 * 26 {
		code := string([]byte{'A' + byte(n/676), 'A' + byte(n/26%26), 'A' + byte(n%26)})
		taken := -1
		for decimals, amount := range []string{"10", "10.0", "10.00", "10.000", "10.0000"} {
			var p otp.Payment
			text := fmt.Sprintf(`{"payment":{"amount":%q,"currency":%q,"payee":"A"}}`, amount, code)
			broken := strictjson.Decode([]byte(text), strictjson.Fields{"payment": admission.Payment(&p)})
			if broken.Rule == "" {
				taken = decimals
			}
		}
		want := -1
		if slices.Contains(described, code) {
			want, found = 2, found+1
		}
		for decimals, codes := range byDecimals {
			if slices.Contains(codes, code) {
				want = decimals
			}
		}
		if taken != want {
			t.Errorf("%s is taken with %d decimals, docs/openapi.yaml has %d", code, taken, want)
		}
	}
	if found != len(described) || found < 150 {
		t.Errorf("%d of %d currencies are found, want all", found, len(described))
	}
}

// codesIn returns the codes that a part of the description lists.
func codesIn(part any) (codes []string) {
	return strings.FieldsFunc(fmt.Sprint(find(part, "enum")), func(r rune) bool { return r < 'A' || r > 'Z' })
}

// find returns the first value of a name in a part of the description.
func find(part any, name string) any {
	node, _ := part.(map[string]any)
	if value, ok := node[name]; ok {
		return value
	}
	for _, inner := range node {
		if value := find(inner, name); value != nil {
			return value
		}
	}
	return nil
}
