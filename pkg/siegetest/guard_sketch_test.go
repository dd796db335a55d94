package siegetest

import (
	"maps"
	"slices"
	"time"
)

// sketch is the guard on paper to which the real one is compared: it decides with perfect and instant knowledge of
// what was sent, and credits an answer when a code is typed. Known numbers are refused by no budget of it, but use its
// room.
type sketch struct {
	countries, blocks map[string]*paper
	client            paper
	days              map[string][]float64
	medians           map[string]float64 // of those that have three days
	answeredAt        map[string]time.Duration
	day               int64
}

// paper counts the messages of the last 24 hours, by the hour in which they were sent, modulo 24.
type paper struct {
	hour                 int64 // the latest one
	unanswered, answered [24]int
	open, good           int // their sums
}

func (p *paper) trim(at time.Duration) {
	now := int64(at / time.Hour)
	for p.hour = max(p.hour, now-24); p.hour < now; {
		p.hour++
		i := p.hour % 24
		p.open, p.good = p.open-p.unanswered[i], p.good-p.answered[i]
		p.unanswered[i], p.answered[i] = 0, 0
	}
}

// below reports whether the unanswered messages are below base and a share of the answered ones.
func (p *paper) below(base, share float64) bool { return float64(p.open) < base+share*float64(p.good) }

func newSketch() *sketch {
	return &sketch{
		countries: map[string]*paper{}, blocks: map[string]*paper{}, days: map[string][]float64{},
		medians: map[string]float64{}, answeredAt: map[string]time.Duration{}, day: 1,
	}
}

func (s *sketch) fork() onPaper {
	f := &sketch{
		countries: copied(s.countries), blocks: copied(s.blocks), client: s.client, days: map[string][]float64{},
		medians: map[string]float64{}, answeredAt: maps.Clone(s.answeredAt), day: s.day,
	}
	for name, days := range s.days {
		f.days[name] = slices.Clone(days)
	}
	return f
}

// copied returns a copy of a map and of what its values point to.
func copied[V any](of map[string]*V) map[string]*V {
	all := make(map[string]*V, len(of))
	for key, v := range of {
		one := *v
		all[key] = &one
	}
	return all
}

func (s *sketch) entry(of map[string]*paper, key string) *paper {
	p := of[key]
	if p == nil {
		p = &paper{}
		of[key] = p
	}
	return p
}

// usual returns the unanswered for each answered message. ok is false where too few days are known.
func (s *sketch) usual(of string) (u float64, ok bool) {
	u, ok = s.medians[of]
	return u, ok
}

func (s *sketch) ask(v visit) (sent bool) {
	s.endDays(v.at)
	c, b := s.entry(s.countries, v.to.place.region), s.entry(s.blocks, v.to.block)
	for _, p := range []*paper{c, b, &s.client} {
		p.trim(v.at)
	}
	if !v.known && !s.allows(v, c, b) {
		return false
	}
	for _, p := range []*paper{c, b, &s.client} {
		p.unanswered[v.at/time.Hour%24]++
		p.open++
	}
	return true
}

func (s *sketch) allows(v visit, c, b *paper) bool {
	usual, old := s.usual(v.to.place.region)
	if !old {
		if usual, old = s.usual("all"); !old {
			usual = 0.5
		}
		var open, good int
		for region, p := range s.countries {
			if _, old := s.usual(region); !old {
				open, good = open+p.open, good+p.good
			}
		}
		return float64(open) < max(200, 0.02*float64(s.client.good)+2.5*float64(good)) && b.below(8, usual+0.2)
	}
	if c.below(20, usual+0.2) {
		return b.below(8, usual+0.2)
	}
	at, answered := s.answeredAt[v.to.block]
	return answered && at > v.at-14*day && b.below(1, usual+0.2)
}

func (s *sketch) answered(v visit, at time.Duration) {
	s.endDays(at)
	if v.chosen {
		return
	}
	s.answeredAt[v.to.block] = at
	for _, p := range []*paper{s.entry(s.countries, v.to.place.region), s.entry(s.blocks, v.to.block), &s.client} {
		p.trim(at)
		if h := v.at / time.Hour % 24; p.unanswered[h] > 0 {
			p.unanswered[h]--
			p.open--
		}
		p.answered[at/time.Hour%24]++
		p.good++
	}
}

// endDays learns from the days that are over.
func (s *sketch) endDays(at time.Duration) {
	for ; at >= time.Duration(s.day)*day; s.day++ {
		s.learn("all", &s.client)
		for region, p := range s.countries {
			s.learn(region, p)
		}
	}
}

func (s *sketch) learn(name string, p *paper) {
	p.trim(time.Duration(s.day) * day)
	if p.good >= 10 {
		d := append(s.days[name], float64(p.open)/float64(p.good))
		d = d[max(0, len(d)-14):]
		s.days[name] = d
		if sorted := slices.Sorted(slices.Values(d)); len(d) >= 3 {
			s.medians[name] = min(4, (sorted[(len(d)-1)/2]+sorted[len(d)/2])/2)
		}
	}
}
