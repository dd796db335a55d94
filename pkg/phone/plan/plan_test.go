package plan_test

import (
	"strings"
	"testing"

	"countersign/pkg/phone"
	"countersign/pkg/phone/plan"
)

func TestLookup(t *testing.T) {
	for in, want := range map[string]phone.Number{
		"60-6543216353":     {E164: "+606543216353", Mask: "+60******6353", Region: "MY"}, // possible, not assigned
		"44-2044555666":     {E164: "+442044555666", Mask: "+44******5666", Region: "GB"},
		"1-4154567899":      {E164: "+14154567899", Mask: "+1******7899", Region: "US"},
		"1-6045551234":      {E164: "+16045551234", Mask: "+1******1234", Region: "CA"},
		"39-0612345678":     {E164: "+390612345678", Mask: "+39******5678", Region: "IT"}, // its 0 is part of the number
		"7-9123456789":      {E164: "+79123456789", Mask: "+7******6789", Region: "RU"},
		"7-7012345678":      {E164: "+77012345678", Mask: "+7******5678", Region: "KZ"},
		"1-2003456789":      {E164: "+12003456789", Mask: "+1******6789"}, // possible, in no country's plan
		"1-9002345678":      {E164: "+19002345678", Mask: "+1******5678", Region: "US", Kind: phone.Premium},
		"979-123456789":     {E164: "+979123456789", Mask: "+979*****6789", Kind: phone.Premium},
		"881-612345678":     {E164: "+881612345678", Mask: "+881*****5678", Kind: phone.Satellite},
		"870-773111632":     {E164: "+870773111632", Mask: "+870*****1632", Kind: phone.Satellite},
		"44-02044555666":    {}, // trunk prefix
		"6-06543216353":     {}, // calling code 60 torn apart
		"999-123456789":     {}, // no such calling code
		"60-65432163531234": {}, // too long for Malaysia
		"1-415456":          {}, // too short
		"60-6543":           {},
	} {
		cc, national, ok := phone.Split(in)
		if !ok {
			if len(strings.ReplaceAll(in, "-", "")) <= 15 {
				t.Errorf("%s: not of the contract's form", in)
			}
			continue
		}
		got, ok := plan.Lookup(cc, national)
		if ok != (want.E164 != "") || got != want {
			t.Errorf("%s: %v, %+v (%s), want %+v (%s)", in, ok, got, got.E164.E164(), want, want.E164.E164())
		}
	}
}

func BenchmarkLookup(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, ok := plan.Lookup("60", "6543216353"); !ok {
			b.Fatal("refused")
		}
	}
}
