package guard

// Kind of an entry.
type Kind byte

const (
	// Block is ten thousand numbers: those that differ in the last four digits.
	Block Kind = 'b'
	// Country is one shard of the numbers of a country.
	Country Kind = 'c'
	// Young is one shard of all countries of a client without a baseline, see [Entry.Young].
	Young Kind = 'y'
	// Source is an address or a device of an end user.
	Source Kind = 's'
)

// hours is the period of a budget: a message that was not answered stops counting after it.
const hours = 24

// Entry is a budget. Its counts are by the hour in which the message was sent, modulo [hours].
type Entry struct {
	Key  string
	Kind Kind
	// Hour is the hour since 1970 for which Left is computed.
	Hour int64
	// Left is the room in hundredths of a message. A message needs 100.
	Left int
	// Base is the room without any answer, in hundredths, of a [Country] that has a baseline and of [Young].
	Base int
	// Usual is the unanswered messages for each 100 that new numbers answer, as far as it is known: of a country from
	// its own Days, of a block that of its country.
	Usual int
	// Unanswered are the messages to new numbers without an answer, Answered those with one, and Known the answers of
	// known numbers.
	Unanswered, Answered, Known [hours]int
	// Beyond are the messages of this Hour that a country sent beyond its budget, see [Charge].
	Beyond int
	// AnsweredAt is the hour of the latest answer, 0 for none.
	AnsweredAt int64
	// Days are the unanswered messages for each 100 answered of the latest finished days of a country, oldest first.
	Days []int
	// Regions are the countries to which a source sent without an answer.
	Regions []string

	// What follows is for the operator. Refused are the messages refused, by the hour of the refusal; Since is the
	// hour in which the refusals began that go on, 0 for none; Worst are the blocks of a country that were
	// refused or watched.
	Refused [hours]int
	Since   int64
	Worst   [][]byte
	// Label is the beginning of the numbers of a block, encrypted.
	Label []byte

	// Seen marks the credits that were given, see [Mark].
	Seen []Mark
	TTL  int64 // Unix time in seconds from which the item may be swept
	// Rev counts the writes of the entry, where a store replaces it IF nobody changed it meanwhile. 0 is none.
	Rev int64
}

// memory is how long an entry is kept after the latest hour in which it was computed: longer than a block is remembered
// as one with answers, and than a country's days.
const memory = 30 * 24

// blockMemory is how long a block counts as one whose people answer.
const blockMemory = 14 * 24

// Young reports whether a country has no baseline yet: fewer than three days of which the ratio is known.
func (e *Entry) Young() bool { return e.Kind == Country && len(e.Days) < fewDays }

// Answers reports whether a block had an answer in the 14 days before an hour.
func (e *Entry) Answers(hour int64) bool { return e.AnsweredAt > hour-blockMemory }

// Sum returns the counts of the last 24 hours.
func Sum(counts [hours]int) (n int) {
	for _, c := range counts {
		n += c
	}
	return n
}

// Allowance returns how many unanswered messages the entry allows in 24 hours, in hundredths. unlimited and more is no
// limit.
func (e *Entry) Allowance() int { return e.Left + 100*Sum(e.Unanswered) }

// Low reports whether less than 30 % of the room is left that the entry has beyond what is usual. A country where each
// second message is not answered, as ever, is not low.
func (e *Entry) Low() bool {
	return !e.Unlimited() && 100*e.Left < 30*(e.Allowance()-e.Usual*Sum(e.Answered))
}

// borrows reports whether a country without a baseline has no room of its own for its latest message.
func (e *Entry) borrows() bool { return e.Young() && e.Left < unlimited }

// Unlimited reports whether the entry refuses nothing: it is of a country without a baseline.
func (e *Entry) Unlimited() bool { return e.Left > unlimited/2 }

// Wait returns the hours after Hour until the entry has room again if nobody sends or answers: when enough unanswered
// messages stop counting, and those of a source to its countries. It is 1 at least, and at most a day.
func (e *Entry) Wait() int64 {
	left, unanswered := e.Left, Sum(e.Unanswered)
	for after := int64(1); after < hours; after++ {
		i := Slot(e.Hour + after) // of the hour that is a day old by then
		left += 100*e.Unanswered[i] - e.perAnswer()*e.Answered[i] - e.perKnown()*e.Known[i]
		unanswered -= e.Unanswered[i]
		if left >= 100 && (len(e.Regions) < sourceRegions || unanswered == 0) {
			return after
		}
	}
	return hours
}

// Slot returns the place of an hour in the counts.
func Slot(hour int64) int { return int(((hour % hours) + hours) % hours) }
