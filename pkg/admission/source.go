package admission

import (
	"net/netip"
	"regexp"
)

// device is the form of the id of a device. A short one, such as a model, would be the same
// for many people.
var device = regexp.MustCompile(`\A[A-Za-z0-9._~:+/=-]{16,128}\z`)

// Source returns the source of an end user, from the text in the place that the client's
// record names: an address, or the id of a device. It returns "" for any other text: a
// wrong source is none, and refuses nothing.
//
// An IPv6 address stands for its network of 64 bits, because devices change the other half
// every day. A private address is that of a proxy, which all people share.
func Source(text string) string {
	addr, err := netip.ParseAddr(text)
	if err != nil {
		if device.MatchString(text) {
			return text
		}
		return ""
	}
	switch addr = addr.Unmap(); {
	case addr.Zone() != "", !addr.IsGlobalUnicast(), addr.IsPrivate():
		return ""
	case addr.Is4():
		return addr.String()
	}
	return netip.PrefixFrom(addr, 64).Masked().String()
}
