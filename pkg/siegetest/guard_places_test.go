package siegetest

import (
	"math/rand/v2"
	"testing"

	"countersign/pkg/phone/plan"
)

// place is a country with blocks of ten thousand mobile numbers: a calling code, digits that all its blocks have, and
// as many digits as tell the blocks apart.
type place struct {
	region, cc, lead string
	digits           int
}

var (
	malaysia = &place{"MY", "60", "1", 4}
	thailand = &place{"TH", "66", "8", 4}
	nigeria  = &place{"NG", "234", "80", 4}
)

// abroad are twenty countries where no honest person of the traffics is.
var abroad = []*place{
	{"GB", "44", "7400", 2}, {"ID", "62", "812", 3}, {"PH", "63", "917", 3}, {"VN", "84", "91", 3},
	{"IN", "91", "98", 4}, {"PK", "92", "300", 3}, {"BD", "880", "17", 4}, {"LK", "94", "71", 3},
	{"EG", "20", "10", 4}, {"KE", "254", "71", 3}, {"GH", "233", "24", 3}, {"TZ", "255", "71", 3},
	{"UZ", "998", "90", 3}, {"AZ", "994", "50", 3}, {"TR", "90", "532", 3}, {"UA", "380", "50", 3},
	{"PL", "48", "51", 3}, {"BR", "55", "119", 4}, {"CO", "57", "320", 3}, {"SG", "65", "81", 2},
}

// block returns the beginning of the numbers of the n-th block, where the plan has mobile numbers.
func (p *place) block(n int) string {
	switch p.region {
	case "MY", "TH":
		n += 2000
	case "NG":
		n += 3000
	}
	return "+" + p.cc + p.lead + digits(n, p.digits)
}

// digits writes n in so many digits. It is called for each request of a trace.
func digits(n, width int) string {
	var b [8]byte
	for i := width - 1; i >= 0; i-- {
		b[i], n = '0'+byte(n%10), n/10
	}
	return string(b[:width])
}

// line is a phone number of a place.
type line struct {
	place  *place
	block  string
	number string // E.164
}

// in returns a random number of a block.
func (p *place) in(r *rand.Rand, block int) line {
	b := p.block(block)
	return line{p, b, b + digits(r.IntN(10_000), 4)}
}

// TestPlaces: the numbers of the simulation are possible mobile numbers of their countries.
func TestPlaces(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	for _, p := range append([]*place{malaysia, thailand, nigeria}, abroad...) {
		for n := range 50 {
			l := p.in(r, n)
			got, ok := plan.Lookup(l.number)
			if !ok || got.Region != p.region || !got.Mobile || string(got.E164) != l.number {
				t.Errorf("%s is %+v, %t, want a mobile number of %s", l.number, got, ok, p.region)
				break
			}
		}
	}
}
