package password

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"sync"

	"golang.org/x/crypto/argon2"
)

// Cost is what one evaluation of argon2id takes (RFC 9106).
type Cost struct {
	Memory uint32 // KiB
	Passes uint32
	Lanes  uint8
}

// DefaultCost is the least that OWASP's Password Storage Cheat Sheet recommends.
var DefaultCost = Cost{Memory: 19 * 1024, Passes: 2, Lanes: 1}

const saltSize, sumSize = 16, 32

// costliest is the highest cost that a stored digest may have. A damaged one must not take all memory.
var costliest = Cost{Memory: 1 << 20, Passes: 100, Lanes: 16}

func (c Cost) possible() bool {
	return c.Memory > 0 && c.Memory <= costliest.Memory && c.Passes > 0 && c.Passes <= costliest.Passes &&
		c.Lanes > 0 && c.Lanes <= costliest.Lanes
}

// digest is what is stored of a password: argon2id over its HMAC-SHA256 under a pepper.
type digest struct {
	Cost
	pepper    int // version
	salt, sum []byte
}

// String returns the digest in the PHC string format. Its keyid is the version of the pepper.
func (d digest) String() string {
	encode := base64.RawStdEncoding.EncodeToString
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d,keyid=%d$%s$%s",
		argon2.Version, d.Memory, d.Passes, d.Lanes, d.pepper, encode(d.salt), encode(d.sum))
}

// phc is compiled at its first use: most processes of the functions check no password.
var phc = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^\$argon2id\$v=19\$m=(\d{1,7}),t=(\d{1,3}),p=(\d{1,2}),keyid=(\d{1,9})` +
		`\$([A-Za-z0-9+/]{22})\$([A-Za-z0-9+/]{43})$`)
})

var errDigest = errors.New("the digest of a password cannot be read: its user must set the password anew, " +
	"or clear it with countersign user password clear")

// parseDigest reads a digest of [digest.String]. The error does not quote it.
func parseDigest(text string) (digest, error) {
	m := phc().FindStringSubmatch(text)
	if m == nil {
		return digest{}, errDigest
	}
	number := func(text string) int { n, _ := strconv.Atoi(text); return n }
	memory, passes, lanes := number(m[1]), number(m[2]), number(m[3])
	d := digest{
		Cost:   Cost{uint32(memory), uint32(passes), uint8(lanes)}, // #nosec G115 -- phc bounds them
		pepper: number(m[4]),
	}
	var failed, failedToo error
	d.salt, failed = base64.RawStdEncoding.DecodeString(m[5])
	d.sum, failedToo = base64.RawStdEncoding.DecodeString(m[6])
	if failed != nil || failedToo != nil || d.pepper == 0 || !d.possible() {
		return digest{}, errDigest
	}
	return d, nil
}

// newDigest makes the digest of a password with a salt of its own.
func newDigest(password Clear, cost Cost, version int, pepper []byte, random io.Reader) (digest, error) {
	d := digest{Cost: cost, pepper: version, salt: make([]byte, saltSize)}
	if _, err := io.ReadFull(random, d.salt); err != nil {
		return digest{}, fmt.Errorf("random bytes: %w", err)
	}
	d.sum = d.of(password, pepper)
	return d, nil
}

// is reports whether a text is the password.
func (d digest) is(password Clear, pepper []byte) bool {
	return subtle.ConstantTimeCompare(d.of(password, pepper), d.sum) == 1
}

// idKey is a variable for tests, which count what is evaluated.
var idKey = argon2.IDKey

func (d digest) of(password Clear, pepper []byte) []byte {
	mac := hmac.New(sha256.New, pepper)
	mac.Write([]byte(password))
	return idKey(mac.Sum(nil), d.salt, d.Passes, d.Memory, d.Lanes, sumSize)
}
