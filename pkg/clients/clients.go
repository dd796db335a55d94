// Package clients knows who may call and what each caller may do.
package clients

import (
	"slices"

	"countersign/pkg/otp"
)

// Client is a caller of the contracts.
type Client struct {
	ID        string
	Countries []string // ISO 3166-1 alpha-2 that it may send to; "*" is all
	Policy    otp.Policy
}

// MaySendTo reports whether a number's country is allowed. The region "", a
// number of no certain country, is allowed with "*" only.
func (c Client) MaySendTo(region string) bool {
	return slices.Contains(c.Countries, "*") || region != "" && slices.Contains(c.Countries, region)
}

// Directory finds clients by their id. It is read only and safe for concurrent use.
type Directory map[string]Client

// Of makes a directory of clients that share countries and policy.
func Of(ids, countries []string, policy otp.Policy) Directory {
	d := Directory{}
	for _, id := range ids {
		d[id] = Client{ID: id, Countries: countries, Policy: policy}
	}
	return d
}

// ValidID reports whether id may name a client: 1 to 64 of A-Z a-z 0-9 _ and -.
// The narrow alphabet keeps ids apart inside keys and inside texts to be signed.
func ValidID(id string) bool {
	for _, b := range []byte(id) {
		switch {
		case 'a' <= b && b <= 'z', 'A' <= b && b <= 'Z', '0' <= b && b <= '9', b == '_', b == '-':
		default:
			return false
		}
	}
	return 1 <= len(id) && len(id) <= 64
}
