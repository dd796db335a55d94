package dynamostore

import (
	"context"
	encoding "encoding/binary"
	"fmt"
	"math/big"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"countersign/pkg/guard"
)

// writeEntry returns the item of an entry. Its counts are lists, so that a write can name one hour: "#u[3]". u are the
// unanswered messages, a the answered ones, k the answers of known numbers, and r the refused messages. Other values
// are missing if they are zero, unless an update adds to them. Every write of the item adds 1 to rev, so a write of the
// whole item that demands the rev that was read loses no other write.
func writeEntry(e guard.Entry) image {
	item := image{
		"pk": text(e.Key), "rev": number(e.Rev), "hour": number(e.Hour), "ttl": number(e.TTL),
		"left": number(int64(e.Left)), "beyond": number(int64(e.Beyond)),
	}
	item["u"], item["a"] = numbers(e.Unanswered[:]), numbers(e.Answered[:])
	item["k"], item["r"] = numbers(e.Known[:]), numbers(e.Refused[:])
	for name, n := range map[string]int64{
		"base": int64(e.Base), "usual": int64(e.Usual), "at": e.AnsweredAt, "since": e.Since,
	} {
		if n != 0 {
			item[name] = number(n)
		}
	}
	if len(e.Days) > 0 {
		item["days"] = numbers(e.Days)
	}
	if len(e.Regions) > 0 {
		item["regions"] = listOf(e.Regions, text)
	}
	if len(e.Worst) > 0 {
		item["worst"] = listOf(e.Worst, binary)
	}
	if len(e.Label) > 0 {
		item["label"] = binary(e.Label)
	}
	if len(e.Seen) > 0 {
		item["seen"] = seen(e.Seen)
	}
	return item
}

// ReadEntry reads the item of an entry, as [ReadChallenge] reads that of a challenge.
func ReadEntry(item map[string]types.AttributeValue) (guard.Entry, error) {
	r := reader{kind: "entry", item: item}
	e := guard.Entry{Rev: r.number("rev")}
	e.Key, e.Hour, e.Left, e.TTL = r.text("pk"), r.number("hour"), r.int("left"), r.number("ttl")
	e.Beyond, e.Base, e.Usual = r.int("beyond"), int(r.optional("base")), int(r.optional("usual"))
	e.AnsweredAt, e.Since = r.optional("at"), r.optional("since")
	if e.Kind = guard.KindOf(e.Key); e.Kind == 0 {
		r.fail("pk", "the key of an entry")
	}
	r.counts("u", e.Unanswered[:])
	r.counts("a", e.Answered[:])
	r.counts("k", e.Known[:])
	r.counts("r", e.Refused[:])
	e.Days = items(&r, "days", func(v types.AttributeValue) int { return int(r.asNumber("days", v)) })
	e.Regions = items(&r, "regions", func(v types.AttributeValue) string { return r.asText("regions", v) })
	e.Worst = items(&r, "worst", func(v types.AttributeValue) []byte { return r.asBinary("worst", v) })
	if item["label"] != nil {
		e.Label = r.binary("label")
	}
	if item["seen"] != nil {
		e.Seen = r.marks("seen")
	}
	if r.err != nil && e.Kind != 0 { // no repeat mends it, and all messages of a country wait for somebody who does
		return e, fmt.Errorf("pk %s: %w: %w: delete the item, and its budget begins anew",
			e.Key, guard.ErrDamaged, r.err)
	}
	return e, r.err
}

// Entries reads entries of the guard with eventual reads, those that exist, in the order of their keys.
func (s *Store) Entries(ctx context.Context, keys []string) ([]guard.Entry, error) {
	found, err := s.batch(ctx, keys)
	if err != nil {
		return nil, err
	}
	all := make([]guard.Entry, 0, len(found))
	for _, key := range keys {
		item := found[key]
		if item == nil {
			continue
		}
		e, err := ReadEntry(item)
		if err != nil {
			return nil, err
		}
		all = append(all, e)
		delete(found, key) // a key that comes twice is read once
	}
	return all, nil
}

// The marks of an entry are one binary value, since their numbers are long: each text is its length times two, as a
// varint, and its bytes. A decimal number without a zero in front is in binary, and its length is odd.

func seen(marks []guard.Mark) types.AttributeValue {
	var b []byte
	for _, m := range marks {
		b = appendText(appendText(b, m.From), m.To)
	}
	return binary(b)
}

func appendText(b []byte, s string) []byte {
	if n, ok := new(big.Int).SetString(s, 10); ok && n.Sign() >= 0 && n.String() == s {
		digits := n.Bytes()
		return append(encoding.AppendUvarint(b, uint64(len(digits))*2+1), digits...)
	}
	return append(encoding.AppendUvarint(b, uint64(len(s))*2), s...)
}

// mostSeen is more than the bytes of any text in the marks: an item has 400 KB at most.
const mostSeen = 1 << 20

// cutText returns the text that b begins with, and what follows it.
func cutText(b []byte) (s string, rest []byte, ok bool) {
	size, n := encoding.Uvarint(b)
	if n <= 0 || size > 2*mostSeen {
		return "", nil, false
	}
	end := n + int(size/2) // #nosec G115 -- it is small
	if end > len(b) {
		return "", nil, false
	}
	digits, rest := b[n:end], b[end:]
	if size%2 == 0 {
		return string(digits), rest, true
	}
	return new(big.Int).SetBytes(digits).String(), rest, true
}

func (r *reader) marks(name string) (all []guard.Mark) {
	for b := r.binary(name); len(b) > 0; {
		var m guard.Mark
		var from, to bool
		m.From, b, from = cutText(b)
		m.To, b, to = cutText(b)
		if !from || !to {
			r.fail(name, "a list of marks")
			return nil
		}
		all = append(all, m)
	}
	return all
}
