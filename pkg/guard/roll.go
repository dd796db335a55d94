package guard

import "slices"

const (
	// fewDays is the number of days from which a country has a baseline.
	fewDays = 3
	// mostDays are remembered.
	mostDays = 14
	// fewAnswers: a day with fewer answers of new numbers teaches nothing.
	fewAnswers = 10
	// mostUsual is the highest ratio that is ever usual, in hundredths.
	mostUsual = 400
	// lesson is how far a day may lie above what is usual, in hundredths. Whoever wants to teach the guard a higher
	// ratio needs a week for each lesson. A day of a young country has no such bound, but teaches no more than what its
	// own answers allow there: what went out beyond that, in mode monitor or with the room of all young countries, is
	// not usual.
	lesson = 10
)

// roll brings an entry to a later hour: it forgets what is 24 hours old, learns from the day that ended, and computes
// the room anew.
func (e *Entry) roll(hour int64) {
	e.learn(hour)
	for h := max(e.Hour+1, hour-hours+1); h <= hour; h++ {
		i := Slot(h)
		e.Unanswered[i], e.Answered[i], e.Known[i], e.Refused[i] = 0, 0, 0, 0
	}
	if hour > e.Hour { // not if it is computed anew in its hour, with another base
		e.Hour, e.Beyond = hour, 0
	}
	if Sum(e.Unanswered) == 0 {
		e.Regions = nil
	}
	if Sum(e.Refused) == 0 {
		e.Since = 0
		if Sum(e.Unanswered) == 0 { // else a block that was watched may still be without room
			e.Worst = nil
		}
	}
	e.compute()
}

// compute sets the room and the TTL.
func (e *Entry) compute() {
	e.Left = e.base() - 100*Sum(e.Unanswered) + e.perAnswer()*Sum(e.Answered) + e.perKnown()*Sum(e.Known)
	e.TTL = (e.Hour + memory) * 3600
}

// learn adds the day that ended since the entry's hour to the days of a country. Of several days only the first one had
// messages: each message brings its entry to its hour.
func (e *Entry) learn(hour int64) {
	if e.Kind != Country || hour/24 == e.Hour/24 {
		return
	}
	var unanswered, answered int
	for h := e.Hour / 24 * 24; h <= e.Hour; h++ {
		unanswered, answered = unanswered+e.Unanswered[Slot(h)], answered+e.Answered[Slot(h)]
	}
	if answered < fewAnswers {
		return
	}
	most := e.Usual + lesson
	if e.Young() {
		most = youngRate
	}
	ratio := min(100*unanswered/answered, most)
	e.Days = append(slices.Clone(e.Days), ratio)
	e.Days = e.Days[max(0, len(e.Days)-mostDays):]
	e.Usual = min(mostUsual, median(e.Days))
}

func median(of []int) int {
	s := slices.Sorted(slices.Values(of))
	return (s[(len(s)-1)/2] + s[len(s)/2]) / 2
}
