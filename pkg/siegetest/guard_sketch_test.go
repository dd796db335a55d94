package siegetest

import (
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
	answeredAt        map[string]time.Duration
	day               int64
}

// paper counts the messages of the last 24 hours, by the hour in which they were sent.
type paper struct{ unanswered, answered map[int64]int }

func (p *paper) trim(at time.Duration) {
	for _, hours := range []*map[int64]int{&p.unanswered, &p.answered} {
		if *hours == nil {
			*hours = map[int64]int{}
		}
		for h := range *hours {
			if h < int64(at/time.Hour)-23 {
				delete(*hours, h)
			}
		}
	}
}

func total(hours map[int64]int) (n float64) {
	for _, c := range hours {
		n += float64(c)
	}
	return n
}

func (p *paper) open() float64 { return total(p.unanswered) }
func (p *paper) good() float64 { return total(p.answered) }

func newSketch() *sketch {
	return &sketch{
		countries: map[string]*paper{}, blocks: map[string]*paper{}, days: map[string][]float64{},
		answeredAt: map[string]time.Duration{}, day: 1,
	}
}

func (s *sketch) entry(of map[string]*paper, key string) *paper {
	if of[key] == nil {
		of[key] = &paper{}
	}
	return of[key]
}

// usual returns the unanswered for each answered message. ok is false where too few days are known.
func (s *sketch) usual(of string) (u float64, ok bool) {
	d := slices.Sorted(slices.Values(s.days[of]))
	if len(d) < 3 {
		return 0, false
	}
	return min(4, (d[(len(d)-1)/2]+d[len(d)/2])/2), true
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
		p.unanswered[int64(v.at/time.Hour)]++
	}
	return true
}

func (s *sketch) allows(v visit, c, b *paper) bool {
	usual, old := s.usual(v.to.place.region)
	if !old {
		if usual, old = s.usual("all"); !old {
			usual = 0.5
		}
		var open, good float64
		for region, p := range s.countries {
			if _, old := s.usual(region); !old {
				open, good = open+p.open(), good+p.good()
			}
		}
		return open < max(200, 0.02*s.client.good()+2.5*good) && b.open() < 8+(usual+0.2)*b.good()
	}
	if c.open() < 20+(usual+0.2)*c.good() {
		return b.open() < 8+(usual+0.2)*b.good()
	}
	at, answered := s.answeredAt[v.to.block]
	return answered && at > v.at-14*day && b.open() < 1+(usual+0.2)*b.good()
}

func (s *sketch) answered(v visit, at time.Duration) {
	s.endDays(at)
	if v.chosen {
		return
	}
	s.answeredAt[v.to.block] = at
	for _, p := range []*paper{s.entry(s.countries, v.to.place.region), s.entry(s.blocks, v.to.block), &s.client} {
		p.trim(at)
		if h := int64(v.at / time.Hour); p.unanswered[h] > 0 {
			p.unanswered[h]--
		}
		p.answered[int64(at/time.Hour)]++
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
	if p.good() >= 10 {
		d := append(s.days[name], p.open()/p.good())
		s.days[name] = d[max(0, len(d)-14):]
	}
}
