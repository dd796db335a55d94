package plan

import (
	"math/rand/v2"
	"strings"
	"testing"

	"countersign/pkg/phone"
)

// lines have every spelling of one line each, and the one that networks take comes first.
var lines = []string{
	// Argentina: Buenos Aires, Mar del Plata, Córdoba.
	"+5491155550001 +541155550001", "+5492235123456 +542235123456", "+5493514123456 +543514123456",
	// Mexico.
	"+525512345678 +5215512345678", "+528112345678 +5218112345678",
	// Brazil: mobile lines that began with 6, 8 and 9.
	"+5511961234567 +551161234567", "+5511981234567 +551181234567", "+5551991234567 +555191234567",
	// Gabon: Libertis and Moov, Airtel, a fixed line.
	"+24166031299 +24106031299 +2416031299", "+24162031299 +24102031299 +2412031299",
	"+24165031299 +24105031299 +2415031299", "+24174031299 +24104031299 +2414031299",
	"+24177280150 +24107280150 +2417280150", "+24111761616 +24101761616",
	"+24103123456 +2413123456",
	// Mauritius, Liberia, Cameroon.
	"+231555123456 +2315123456",
	"+23057123456 +2307123456", "+23052512345 +2302512345", "+237671234567 +23771234567",
	"+237691234567 +23791234567", "+237655123456 +23755123456",
	// Vietnam: Viettel, MobiFone, VinaPhone, Vietnamobile, Gmobile.
	"+84321234567 +841621234567", "+84391234567 +841691234567", "+84701234567 +841201234567",
	"+84791234567 +841211234567", "+84781234567 +841281234567", "+84831234567 +841231234567",
	"+84811234567 +841271234567", "+84561234567 +841861234567", "+84581234567 +841881234567",
	"+84591234567 +841991234567",
	// Benin.
	"+2290197123456 +22997123456", "+2290161123456 +22961123456",
	// Ivory Coast: Moov, MTN, Orange.
	"+2250102030405 +22502030405", "+2250141030405 +22541030405", "+2250504030405 +22504030405",
	"+2250575030405 +22575030405", "+2250708030405 +22508030405", "+2250748030405 +22548030405",
	// The Gambia: QCell, Africell, Comium, Gamcel.
	"+220833012345 +2203012345", "+220833123456 +2203123456", "+220835123456 +2205123456",
	"+220877123456 +2207123456", "+220872123456 +2202123456", "+220874012345 +2204012345",
	"+220866123456 +2206123456", "+220868412345 +2208412345", "+220899123456 +2209123456",
}

// Each spelling of a line is looked up as the one that networks take. Only the mask shows
// how the number was given.
func TestSpellings(t *testing.T) {
	for _, line := range lines {
		spellings := strings.Fields(line)
		want, ok := Lookup(spellings[0])
		if !ok || want.E164.E164() != spellings[0] {
			t.Errorf("%s: %t, %s", spellings[0], ok, want.E164.E164())
		}
		for _, s := range spellings[1:] {
			got, ok := Lookup(s)
			mask := phone.Mask(got.CC, s[1+len(got.CC):])
			if !ok || got.E164 != want.E164 || got.Region != want.Region || got.Mask != mask || !got.Valid {
				t.Errorf("%s: %t, %s %+v, want %s", s, ok, got.E164.E164(), got, want.E164.E164())
			}
		}
	}
}

// These look like other spellings of one line, and are none.
func TestNoSpellings(t *testing.T) {
	for _, s := range []string{
		"+390612345678", "+39612345678", // the leading 0 is part of an Italian number
		"+2250102030405", "+2290197123456", "+242066123456", // and of these
		"+551177123456",                // a line of a radio network
		"+551133334444", "+5508001234", // fixed, and free of charge
		"+22590012345", "+22580012345", "+84180012345", "+841900123456", "+23788012345", "+23780012345", // services
		"+2302012345", "+2304641234", // fixed
		"+525512345678", "+37866661212", "+4915112345678",
	} {
		if c := find(s[1:]); c != nil && canonical(c.number, s[1+len(c.number):]) != s[1+len(c.number):] {
			t.Errorf("%s has another spelling: %s", s, canonical(c.number, s[1+len(c.number):]))
		}
	}
}

// The spelling that networks take has itself as its spelling.
func TestSpellingsAreFinal(t *testing.T) {
	seed := rand.Uint64()
	random, changed := rand.New(rand.NewPCG(seed, 0)), map[string]bool{}
	for range 100_000 {
		code := spellings[random.IntN(len(spellings))].code
		national := make([]byte, 6+random.IntN(7))
		for i := range national {
			national[i] = '0' + byte(random.IntN(10))
		}
		once := canonical(code, string(national))
		if twice := canonical(code, once); twice != once {
			t.Fatalf("seed %d: +%s%s is %s, and that is %s", seed, code, national, once, twice)
		}
		changed[code] = changed[code] || once != string(national)
	}
	for _, s := range spellings {
		if !changed[s.code] {
			t.Errorf("seed %d: no number of +%s has another spelling", seed, s.code)
		}
	}
}
