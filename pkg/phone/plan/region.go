package plan

import (
	"regexp"
	"sync"
)

// code is a country calling code, with the countries that share it: first the one
// that it is known for.
type code struct {
	number    string  // "60"
	national  lengths // of its numbers
	local     lengths // of what can be dialled within an area only
	prefix    string  // pattern of a trunk prefix; "" for none
	transform string  // what stands for the prefix in the number, "" for nothing
	regions   []region
}

// region is one country's part of a plan. What is in the slots of lines that the
// country lacks never matches.
type region struct {
	id      string // ISO 3166-1 alpha-2, or "001" for none
	leading string // pattern that the country's numbers begin with, where that tells them from others'
	same    bool   // fixed and mobile lines cannot be told apart
	general line
	premium line
	other   []line // neither premium, fixed nor mobile: toll-free and so on
	fixed   line
	mobile  line
}

// line is one type of line.
type line struct {
	lengths lengths // 0 is any
	pattern string  // of whole national numbers; "" for none
}

// lengths is a set of numbers of digits: bit n stands for n.
type lengths uint32

func (l lengths) has(n int) bool { return l>>n&1 == 1 }

func (l line) matches(national string) bool {
	return l.pattern != "" && (l.lengths == 0 || l.lengths.has(len(national))) && whole(l.pattern).MatchString(national)
}

// kind is what a type of line means here.
type kind int

const (
	unknown kind = iota
	premiumRate
	otherLine
	fixedLine
	mobileLine // or one that may be
)

// kind follows libphonenumber's order.
func (r *region) kind(national string) kind {
	if !r.general.matches(national) {
		return unknown
	}
	if r.premium.matches(national) {
		return premiumRate
	}
	for _, l := range r.other {
		if l.matches(national) {
			return otherLine
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

// region finds the country of a national number, nil where it is in no country's
// plan.
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

// trunk reports whether a number begins with a trunk prefix or another thing that
// libphonenumber would take off, or write otherwise.
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
		return false // the number is one with these digits only
	}
	// Where what is left has no possible length, the digits were no prefix.
	return rest != national && c.national.has(len(rest))
}

// Patterns are compiled when they are first needed: those of one country are, in a
// process that sends one message.
var compiled sync.Map // of *regexp.Regexp by their text

func whole(pattern string) *regexp.Regexp { return compile(`^(?:` + pattern + `)$`) }
func start(pattern string) *regexp.Regexp { return compile(`^(?:` + pattern + `)`) }

func compile(pattern string) *regexp.Regexp {
	if re, ok := compiled.Load(pattern); ok {
		return re.(*regexp.Regexp)
	}
	re := regexp.MustCompile(pattern) // a test compiles them all
	compiled.Store(pattern, re)
	return re
}
