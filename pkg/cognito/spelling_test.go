package cognito_test

import "testing"

// Two users whose profiles spell one line in two ways share its ledger, and their codes go to the spelling that
// networks take.
func TestSpellings(t *testing.T) {
	for _, line := range [][2]string{
		{"+541155550001", "+5491155550001"}, {"+24106031299", "+24166031299"}, {"+22997123456", "+2290197123456"},
	} {
		p := newPool(t)
		p.client.Countries = []string{"*"}
		p.users[ana]["phone_number"], p.users[ben]["phone_number"] = line[0], line[1]
		s := p.begin(ana)
		if got := p.phone.got[0].To.E164(); got != line[1] {
			t.Errorf("%s is sent to %s, want %s", line[0], got, line[1])
		}
		p.begin(ben)
		p.passes(s, p.code(1)) // the other user's message came too soon
	}
}
