package guard

// The budgets, in hundredths of a message. docs/guard.md has the reason for each, and go test ./pkg/siegetest the
// figures that they lead to.
const (
	// blockBase unanswered messages are free in a block. Where messages arrive badly there are more: so many for each
	// blockUsual of what is usual.
	blockBase, blockUsual = 800, 50
	countryBase           = 2000
	sourceBase            = 1000
	// youngRate is given for each answer in a country without a baseline: a country where more than 28 % of new
	// numbers answer never uses up the room.
	youngRate = 250
	// knownRate is given for each answer of a number that is known, in a country or in all young ones.
	knownRate = 16
	// countryExtra and blockExtra are given for each answer of a new number, beyond what is usual.
	countryExtra, blockExtra = 16, 20
	// unlimited room is that of a country without a baseline.
	unlimited = 1_000_000_000
	// beyondShare of a country's allowance may be sent in each hour beyond it, to blocks whose people answer.
	beyondShare = 8
	// sourceRegions are the countries to which a source may send without an answer.
	sourceRegions = 3
)

// DefaultYoung is the unanswered messages that all countries of a client without a baseline may have together.
const DefaultYoung = 200

// base returns the room of an entry without any answer.
func (e Entry) base() int {
	switch {
	case e.Kind == Block:
		return max(blockBase, blockBase*e.Usual/blockUsual)
	case e.Kind == Source:
		return sourceBase
	case e.Young():
		return unlimited
	}
	return e.Base
}

// perAnswer returns the room that the answer of a new number gives, beyond its own message.
func (e Entry) perAnswer() int {
	switch e.Kind {
	case Block:
		return e.Usual*5/4 + blockExtra
	case Country:
		return e.Usual + countryExtra
	case Young:
		return youngRate
	}
	return 0
}

// perKnown returns the room that the answer of a known number gives.
func (e Entry) perKnown() int {
	switch e.Kind {
	case Block:
		return blockExtra
	case Country, Young:
		return knownRate
	}
	return 0
}

// BeyondLimit returns how many messages of an hour a country may send beyond its budget.
func (e Entry) BeyondLimit() int { return max(0, e.Allowance()) / 100 / beyondShare }
