package changes

import (
	"context"
	"net/url"
	"time"
)

// Count is one fact to be counted.
type Count struct {
	ID   string   // of the fact: 1 to 64 bytes
	What string   // which number of each counter goes up by one: lower-case letters
	Keys []string // of the counters, each once, at most 10; each begins with "S#"
	TTL  int64    // seconds since 1970: the counters, and the memory of the id, may be swept from here on
}

// Counters are numbers under keys.
type Counters interface {
	// Count counts facts, each once however often it comes, also when calls run at
	// the same time or are killed half-way: a fact's id is remembered in the same
	// atomic write that counts it. An id counts as the same until its TTL. It
	// returns how many facts from the first on are counted for certain: all of
	// them unless there is an error. Those behind may be counted too.
	Count(ctx context.Context, facts []Count) (done int, err error)
	// Tally returns the numbers of one counter, nil where there is none.
	Tally(ctx context.Context, key string) (map[string]int64, error)
}

// counted is how facts are called in the counters.
var counted = map[Kind]string{Sent: "sent", Passed: "passed", Failed: "failed", Exhausted: "exhausted", Expired: "expired", Refused: "refused"}

// CounterMemory is how long counters are kept, and how late a fact may come again
// and still be known: a stream keeps its records for a day, and a queue for at
// most 14.
const CounterMemory = 30 * 24 * time.Hour

// CounterKey names the counter of a client in an hour. With a country it is that
// of the numbers in it, with a block that of its numbers (see [otp.Keys.Block]);
// not both. Hours are those of UTC.
//
// Its numbers are how many facts of a kind happened in the hour: sent, passed,
// failed, exhausted, expired, refused. Of a hundred messages sent in an hour,
// about as many as are passed in it were read by a person.
func CounterKey(hour time.Time, client, country, block string) string {
	key := "S#" + hour.UTC().Format("2006010215") + "#" + url.QueryEscape(client)
	switch {
	case country != "":
		key += "#C" + country
	case block != "":
		key += "#B" + block
	}
	return key
}

// count says how a fact is counted; ok is false where it is not.
func (f Fact) count() (c Count, ok bool) {
	what, ok := counted[f.Kind]
	if !ok {
		return Count{}, false
	}
	keys := []string{CounterKey(f.Time, f.Client, "", "")}
	if f.Country != "" {
		keys = append(keys, CounterKey(f.Time, f.Client, f.Country, ""))
	}
	if f.block != "" {
		keys = append(keys, CounterKey(f.Time, f.Client, "", f.block))
	}
	return Count{ID: f.ID, What: what, Keys: keys, TTL: f.Time.Truncate(time.Hour).Add(time.Hour + CounterMemory).Unix()}, true
}
