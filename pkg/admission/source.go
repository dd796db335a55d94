package admission

import (
	"net/netip"
	"slices"
	"strings"

	"countersign/pkg/pattern"
)

// The length of the id of a device. A short one, such as a model, would be the same for many
// people. In the pattern, these bounds would take thirty times as long to compile.
const (
	minDevice = 16
	maxDevice = 128
)

var deviceForm = pattern.Matches(`\A[A-Za-z0-9._~:+/=-]+\z`)

// device reports whether a text has the form of the id of a device.
func device(text string) bool {
	return minDevice <= len(text) && len(text) <= maxDevice && deviceForm(text)
}

// shared are the networks whose addresses do not tell people apart, beside those that
// package netip knows: they are inside a provider, or stand for a translator.
var shared = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"),
	netip.MustParsePrefix("100.64.0.0/10"), // behind a provider's NAT, and in clusters of containers
	netip.MustParsePrefix("192.0.0.0/24"),
	netip.MustParsePrefix("198.18.0.0/15"),
	netip.MustParsePrefix("240.0.0.0/4"),
	netip.MustParsePrefix("::/32"),          // with an IPv4 address at the end, in forms that nobody uses any more
	netip.MustParsePrefix("64:ff9b:1::/48"), // a translator's own
	netip.MustParsePrefix("100::/64"),
	netip.MustParsePrefix("2001::/32"), // Teredo: the first half names the server
}

// translated is the network that stands for all IPv4 addresses (RFC 6052): they are at the
// end.
var translated = netip.MustParsePrefix("64:ff9b::/96")

// noDevice is the id that a series of Android phones had in common.
const noDevice = "9774d56d682e549c"

// Source returns the source of an end user, from the text in the place that the client's
// record names: an address, or the id of a device. It returns "" for any other text: a
// wrong source is none, and refuses nothing.
//
// An IPv6 address stands for its network of 64 bits, because devices change the other half
// every day. A private address is that of a proxy, which all people share. So is the id
// that a phone gives instead of its own, such as one of zeros.
func Source(text string) string {
	addr, err := netip.ParseAddr(text)
	if err != nil {
		if device(text) && distinct(text) && !strings.EqualFold(text, noDevice) {
			return text
		}
		return ""
	}
	if addr = addr.Unmap(); translated.Contains(addr) {
		end := addr.As16()
		addr = netip.AddrFrom4([4]byte(end[12:]))
	}
	switch among := func(p netip.Prefix) bool { return p.Contains(addr) }; {
	case addr.Zone() != "", !addr.IsGlobalUnicast(), addr.IsPrivate(), slices.ContainsFunc(shared, among):
		return ""
	case addr.Is4():
		return addr.String()
	}
	return netip.PrefixFrom(addr, 64).Masked().String()
}

// distinct reports whether a text has as many different letters and digits as a random one
// practically always has.
func distinct(text string) bool {
	found := map[rune]bool{}
	for _, r := range strings.ToLower(text) {
		if 'a' <= r && r <= 'z' || '0' <= r && r <= '9' {
			found[r] = true
		}
	}
	return len(found) >= minDistinct
}

const minDistinct = 4
