package telemetry

import (
	"cmp"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"
)

// Bounds of [sources]: the addresses in memory, and those in a line.
const (
	maxSources   = 64
	shownSources = 3
)

// sources counts the addresses of strangers in bounded memory. Once it is full, each new address takes one from the
// counts of all others (Misra and Gries): an address that more than 1 in 65 requests come from is never lost, and its
// count is too low by that share at most.
type sources map[netip.Prefix]int

// add counts a request. An address that cannot be parsed is not counted, and one of IPv6 as its network of 64 bits,
// which is one caller's.
func (s sources) add(address string) {
	addr, err := netip.ParseAddr(address)
	if err != nil {
		return
	}
	addr = addr.Unmap().WithZone("")
	network, _ := addr.Prefix(min(64, addr.BitLen()))
	if _, known := s[network]; known || len(s) < maxSources {
		s[network]++
		return
	}
	for known := range s {
		if s[known]--; s[known] == 0 {
			delete(s, known)
		}
	}
}

// take returns the most frequent addresses with their counts, such as "192.0.2.7 812, 2001:db8::/64 3", and forgets
// all.
func (s sources) take() string {
	if len(s) == 0 {
		return ""
	}
	all := slices.SortedFunc(maps.Keys(s), func(a, b netip.Prefix) int {
		return cmp.Or(cmp.Compare(s[b], s[a]), a.Compare(b))
	})
	var shown []string
	for _, network := range all[:min(len(all), shownSources)] {
		name := network.String()
		if network.IsSingleIP() {
			name = network.Addr().String()
		}
		shown = append(shown, fmt.Sprintf("%s %d", name, s[network]))
	}
	clear(s)
	return strings.Join(shown, ", ")
}
