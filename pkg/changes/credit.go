package changes

import (
	"countersign/pkg/guard"
	"countersign/pkg/otp"
)

// credits returns what the right code of a challenge changes in the budgets that count its message. A chosen code
// gives nothing: whoever asked for the message can type it without the phone. A test number has no message.
func credits(c *otp.Challenge) []guard.Credit {
	n, young, known, ok := tagged(c)
	if !ok || c.Chosen || c.Test {
		return nil
	}
	country := guard.Credit{Key: n.CountryKey(), Event: guard.Answered, Hour: c.SentAt.Hour()}
	block, clients := country, country
	block.Key, clients.Key = n.BlockKey(), n.YoungKey()
	block.Country = country.Key
	if known {
		country.Event, block.Event = guard.AnsweredByKnown, guard.AnsweredByKnown
		return []guard.Credit{country, block}
	}
	all := []guard.Credit{country, block}
	if young {
		all = append(all, clients)
	}
	if n.Source != nil {
		source := country
		source.Key = n.SourceKey()
		all = append(all, source)
	}
	return all
}

// refusals returns what the refusal of a challenge's message changes in the budgets. Those that a budget refused are
// for the operator to see. What the provider refused gives its room back.
func refusals(c *otp.Challenge) []guard.Credit {
	n, young, known, ok := tagged(c)
	country := guard.Credit{Key: n.CountryKey(), Event: guard.WasRefused, Hour: c.SentAt.Hour(), Block: n.Block}
	other := guard.Credit{Key: n.BlockKey(), Country: country.Key, Event: guard.WasRefused, Hour: country.Hour}
	switch {
	case !ok:
		return nil
	case c.Result.Over() != "":
		return []guard.Credit{country, other}
	case c.Result != otp.Undeliverable || known:
		return nil
	}
	country.Block, country.Event, other.Event = nil, guard.NotSent, guard.NotSent
	all := []guard.Credit{country, other}
	if young {
		all = append(all, guard.Credit{Key: n.YoungKey(), Event: guard.NotSent, Hour: country.Hour})
	}
	if n.Source != nil {
		all = append(all, guard.Credit{Key: n.SourceKey(), Event: guard.NotSent, Hour: country.Hour})
	}
	return all
}

// figures returns those behind the refusal of a challenge by a budget, nil for another one and for a challenge from
// before it kept them.
func figures(c *otp.Challenge) *guard.Figures {
	f := guard.Tag(c.Guard).Figures()
	if c.Result.Over() == "" || f.Hours == 0 {
		return nil
	}
	return &f
}

// watched returns what a message without room, in mode monitor, changes: its country shows the block to the operator,
// who decides by that when the guard may enforce.
func watched(c *otp.Challenge) []guard.Credit {
	n, _, _, ok := tagged(c)
	if !ok || !guard.Tag(c.Guard).Watched() {
		return nil
	}
	return []guard.Credit{{Key: n.CountryKey(), Event: guard.WasWatched, Hour: c.SentAt.Hour(), Block: n.Block}}
}

func tagged(c *otp.Challenge) (n guard.Numbers, young, known, ok bool) {
	return guard.Tag(c.Guard).Numbers(otp.GuardNumbers(c.Client).Client, c.Region)
}
