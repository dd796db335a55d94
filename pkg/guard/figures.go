package guard

import (
	"encoding/binary"
	"math"
)

// Figures are those of the entry that refused a message, when it did. None of them leads to a number.
type Figures struct {
	// Unanswered and Answered are the messages to new numbers of the last 24 hours without and with an answer.
	Unanswered int `json:"unanswered"`
	Answered   int `json:"answered"`
	// Allowance is how many without an answer there may be.
	Allowance int `json:"allowance"`
	// Hours is [Entry.Wait]; 0 where there are no figures.
	Hours int `json:"hours"`
}

// Figures returns those of the entry.
func (e *Entry) Figures() Figures {
	return Figures{
		Unanswered: Sum(e.Unanswered), Answered: Sum(e.Answered), Allowance: e.Allowance() / 100, Hours: int(e.Wait()),
	}
}

// figuresSize is the length of figures in a [Tag]: three numbers of four bytes, and the hours.
const figuresSize = 3*4 + 1

// refused returns the tag of a message that was refused, with the figures behind it.
func (t Tag) refused(f Figures) Tag {
	b := []byte(t)
	for _, n := range []int{f.Unanswered, f.Answered, f.Allowance} {
		b = binary.BigEndian.AppendUint32(b, uint32(min(max(n, 0), math.MaxUint32))) // #nosec G115 -- it fits
	}
	return Tag(append(b, byte(f.Hours))) // #nosec G115 -- a day at most
}

// Figures returns those of a message that was refused, zero for none. Tags from before they had figures have none.
func (t Tag) Figures() (f Figures) {
	bare := t.bare()
	if len(bare) == len(t) {
		return f
	}
	b := []byte(t[len(bare):])
	for _, n := range []*int{&f.Unanswered, &f.Answered, &f.Allowance} {
		*n, b = int(binary.BigEndian.Uint32(b)), b[4:]
	}
	f.Hours = int(b[0])
	return f
}

// bare returns the tag without figures.
func (t Tag) bare() Tag {
	if len(t) == bareSize+figuresSize || len(t) == bareSize+DigestSize+figuresSize {
		return t[:len(t)-figuresSize]
	}
	return t
}
