package guard

// The budgets, in hundredths of a message. docs/guard.md has the reason for each, and go test ./pkg/siegetest the
// figures that they lead to.
const (
	// blockBase unanswered messages are free in a block. Where messages arrive badly, a block whose people answered
	// lately has more: so many for each blockUsual of what is usual. Others have not: nobody attacks ten blocks for
	// more than eighty messages.
	blockBase, blockUsual = 800, 50
	countryBase           = 2000
	sourceBase            = 1000
	// youngRate is given for each answer in a country without a baseline, to the country itself: a country where more
	// than 28 % of new numbers answer lives on its own room, whatever is sent to others. What goes beyond that takes
	// room of all young countries, and its answers give as much there.
	youngRate = 250
	// ownRoom is that of a young country without any answer: one message at a time needs none of what all have. Each
	// shard has its share, which is no message where there are several: else a client with many shards would have one
	// for each of them in each country of the world.
	ownRoom = 100
	// youngUsual is the ratio of a block in a young country: three of ten messages answered. With less, the busiest
	// blocks of a new country would refuse before its ratio is known.
	youngUsual = 233
	// knownRate is given for each answer of a known number, to its country. The block gets nothing: whoever rents ten
	// numbers that he can read would buy room with each message to them, and not only with the first ones.
	knownRate = 16
	// countryExtra and blockExtra are given for each answer of a new number, beyond what is usual. Busy blocks need
	// more: with 30, a launch had a block without room on one trace of forty, without any attack.
	countryExtra, blockExtra = 16, 40
	// unlimited room is that of a country without a baseline. What it has below that is taken from all young ones.
	unlimited = 1_000_000_000
	// beyondShare of a country's allowance may be sent in each hour beyond it, to blocks whose people answer.
	beyondShare = 8
	// sourceRegions are the countries to which a source may send without an answer.
	sourceRegions = 3
)

// DefaultYoung is the unanswered messages that all countries of a client without a baseline may have together, beyond
// what their own answers allow.
const DefaultYoung = 150

// base returns the room of an entry without any answer.
func (e *Entry) base() int {
	switch {
	case e.Kind == Block && e.Answers(e.Hour):
		return max(blockBase, blockBase*e.Usual/blockUsual)
	case e.Kind == Block:
		return blockBase
	case e.Kind == Source:
		return sourceBase
	case e.Young():
		return unlimited + ownRoom*e.Base/countryBase
	}
	return e.Base
}

// perAnswer returns the room that the answer of a new number gives, beyond its own message.
func (e *Entry) perAnswer() int {
	switch e.Kind {
	case Block:
		return e.Usual*5/4 + blockExtra
	case Country:
		if !e.Young() {
			return e.Usual + countryExtra
		}
		return youngRate
	case Young:
		return youngRate
	}
	return 0
}

// perKnown returns the room that the answer of a known number gives.
func (e *Entry) perKnown() int {
	if e.Kind == Country {
		return knownRate
	}
	return 0
}

// BeyondLimit returns how many messages of an hour a country may send beyond its budget.
func (e Entry) BeyondLimit() int { return max(0, e.Allowance()) / 100 / beyondShare }
