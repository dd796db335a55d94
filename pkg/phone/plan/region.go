package plan

import (
	"regexp"
	"sync"
)

// code is a country calling code with the countries that share it. The first one is the
// main country, such as the United States for 1.
type code struct {
	number    string  // "60"
	national  lengths // of national numbers
	prefix    string  // pattern of a trunk prefix; "" if there is none
	transform string  // replacement of the prefix in the number, "" to drop it
	costly    string  // first digits that premium lines alone have, with a blank between
	regions   []region
}

// region is the part of a plan that belongs to one country. A line that the country does
// not have matches nothing.
type region struct {
	id      string // ISO 3166-1 alpha-2, or "001" for none
	leading string // pattern of the first digits, if they are enough to know the country
	same    bool   // fixed and mobile lines have the same numbers
	general line
	premium line
	toll    line // free for the caller
	shared  line // the cost is shared
	voip    line
	personal, pager, uan, voicemail,
	fixed, mobile line
}

// line is one type of line.
type line struct {
	lengths lengths // 0 means any
	pattern string  // of whole national numbers; "" matches none
}

// lengths is a set of lengths in digits: bit n is set if n digits are possible.
type lengths uint32

func (l lengths) has(n int) bool { return l>>n&1 == 1 }

func (l line) matches(national string) bool {
	possible := l.lengths == 0 || l.lengths.has(len(national))
	return l.pattern != "" && possible && whole(l.pattern).MatchString(national)
}

// kind groups the types of lines by what matters to a sender of messages.
type kind int

const (
	unknown kind = iota
	premiumRate
	sharedCost
	pagerLine
	uanLine
	voicemailLine
	otherLine // toll-free, VoIP, personal
	fixedLine
	mobileLine // includes numbers that may be fixed or mobile
)

// kind returns the type of line of a national number. A number may match several types;
// the order of the checks is libphonenumber's.
func (r *region) kind(national string) kind {
	if !r.general.matches(national) {
		return unknown
	}
	for _, other := range []struct {
		line *line
		kind kind
	}{
		{&r.premium, premiumRate}, {&r.toll, otherLine}, {&r.shared, sharedCost}, {&r.voip, otherLine},
		{&r.personal, otherLine}, {&r.pager, pagerLine}, {&r.uan, uanLine}, {&r.voicemail, voicemailLine},
	} {
		if other.line.matches(national) {
			return other.kind
		}
	}
	fixed := r.fixed.matches(national)
	switch {
	case fixed && r.same, !r.same && r.mobile.matches(national):
		return mobileLine
	case fixed:
		return fixedLine
	}
	return unknown
}

// region returns the country of a national number, or nil if no country's plan has it.
func (c *code) region(national string) *region {
	if len(c.regions) == 1 {
		return &c.regions[0]
	}
	for i := range c.regions {
		r := &c.regions[i]
		if r.leading != "" {
			if start(r.leading).MatchString(national) {
				return r
			}
		} else if r.kind(national) != unknown {
			return r
		}
	}
	return nil
}

// trunk reports whether a national number begins with a trunk prefix, or with other digits
// that libphonenumber removes or rewrites. E.164 has none of these.
func (c *code) trunk(national string) bool {
	if c.prefix == "" {
		return false
	}
	prefix, rule := start(c.prefix), c.regions[0].general
	groups := prefix.FindStringSubmatchIndex(national)
	if groups == nil {
		return false
	}
	rest := national[groups[1]:]
	if c.transform != "" && groups[len(groups)-2] >= 0 {
		rest = prefix.ReplaceAllString(national, c.transform)
	}
	if whole(rule.pattern).MatchString(national) && !whole(rule.pattern).MatchString(rest) {
		return false // the number is valid only with these digits
	}
	// If the rest has no possible length, the digits were no prefix.
	return rest != national && c.national.has(len(rest))
}

// compiled holds each *regexp.Regexp by its text. A pattern is compiled at its first use,
// so that a process which sends one message compiles the patterns of one country.
var compiled sync.Map

func whole(pattern string) *regexp.Regexp { return compile(`^(?:` + pattern + `)$`) }
func start(pattern string) *regexp.Regexp { return compile(`^(?:` + pattern + `)`) }

func compile(pattern string) *regexp.Regexp {
	if re, ok := compiled.Load(pattern); ok {
		return re.(*regexp.Regexp)
	}
	re := regexp.MustCompile(pattern) // TestCodes compiles each of them
	compiled.Store(pattern, re)
	return re
}
