package guard

import (
	"cmp"
	"encoding/base64"
	"strconv"
	"strings"
)

// MaxShards is the most shards of a budget.
const MaxShards = 32

// DigestSize is the length of the digests of blocks and sources in bytes.
const DigestSize = 8

// Numbers is what the guard knows about where a message goes: which entries count it.
type Numbers struct {
	Client        string // as keys name it, see package otp
	Region        string // ISO 3166-1 alpha-2, "" where it is not known
	Shard         int    // of the number, below the shards of the client
	Block, Source []byte // keyed digests of [DigestSize]; no source is nil
}

// KeyPrefix begins the primary keys of entries, and of no other items.
const KeyPrefix = "G#"

// SourceKey, CountryKey, YoungKey and BlockKey return the keys of the entries.
func (n Numbers) SourceKey() string { return n.key(Source, digestText(n.Source)) }
func (n Numbers) BlockKey() string  { return BlockKey(n.Client, n.Block) }
func (n Numbers) YoungKey() string  { return n.key(Young, strconv.Itoa(n.Shard)) }
func (n Numbers) CountryKey() string {
	return n.key(Country, n.region()+"#"+strconv.Itoa(n.Shard))
}

// Uncertain is the country of numbers without a certain one, as entries name it. ISO 3166-1 gives ZZ to nobody.
const Uncertain = "ZZ"

// region returns the country as entries name it.
func (n Numbers) region() string { return cmp.Or(n.Region, Uncertain) }

// BlockKey returns the key of a block's entry by its digest.
func BlockKey(client string, block []byte) string {
	return Numbers{Client: client}.key(Block, digestText(block))
}

func (n Numbers) key(k Kind, rest string) string {
	return KeyPrefix + n.Client + "#" + string(k) + "#" + rest
}

func digestText(digest []byte) string { return base64.RawURLEncoding.EncodeToString(digest) }

// KindOf returns the kind of the entry under a key, 0 for no key of an entry.
func KindOf(key string) Kind {
	rest, ok := strings.CutPrefix(key, KeyPrefix)
	_, rest, cut := strings.Cut(rest, "#")
	if !ok || !cut || len(rest) < 2 || rest[1] != '#' {
		return 0
	}
	switch k := Kind(rest[0]); k {
	case Block, Country, Young, Source:
		return k
	}
	return 0
}

// Tag names the entries that count the message of a challenge. It is stored with the challenge, and is "" where the
// guard is off: a byte with the shard, and bits for a message that young countries count together and for a known
// number, which no entry counts, and for one that is watched; then the digests of the block and of the source, if there
// is one; and for a message that was refused the [Figures] behind it.
type Tag string

// bareSize is the length of a tag without a source and figures.
const bareSize = 1 + DigestSize

const youngBit, knownBit, watchedBit = 0x80, 0x40, 0x20

// Tag returns the tag of a message.
func (n Numbers) Tag(young, known bool) Tag {
	first := byte(n.Shard) // #nosec G115 -- below MaxShards
	if young {
		first |= youngBit
	}
	if known {
		first |= knownBit
	}
	return Tag(append(append([]byte{first}, n.Block...), n.Source...))
}

// watched returns the tag of a message that goes out without room, in mode [Monitor].
func (t Tag) watched() Tag { return Tag([]byte{t[0] | watchedBit}) + t[1:] }

// Watched reports whether the message went out without room.
func (t Tag) Watched() bool { return t != "" && t[0]&watchedBit != 0 }

// Numbers returns what a tag names, for a challenge of a client and a country. ok is false for no tag.
func (t Tag) Numbers(client, region string) (n Numbers, young, known, ok bool) {
	if t = t.bare(); len(t) != bareSize && len(t) != bareSize+DigestSize {
		return Numbers{}, false, false, false
	}
	n = Numbers{Client: client, Region: region, Shard: int(t[0] & (MaxShards - 1)), Block: []byte(t[1 : 1+DigestSize])}
	if rest := t[1+DigestSize:]; rest != "" {
		n.Source = []byte(rest)
	}
	return n, t[0]&youngBit != 0, t[0]&knownBit != 0, true
}
