// Package clients holds the callers of the service and what each of them may do.
//
// A [Record] is a client at rest and a [Client] is the same client as requests use
// it. Requests ask a [Directory]: a [Cache] over a [Lookup], which reads records
// from a table. They name a client by its id, which log lines and events show, or by an
// access key, of which the table has a digest: see [Digests]. A [Meter] counts requests
// against a client's rate.
//
// Package registry changes records for the operator. Package users holds the people
// behind the clients' wallet tokens.
package clients

import (
	"crypto/rsa"
	"fmt"
	"log/slog"
	"net/netip"
	"slices"
	"time"
	"unicode"
	"unicode/utf8"

	"countersign/pkg/guard"
	"countersign/pkg/message"
	"countersign/pkg/otp"
	"countersign/pkg/phone"
)

// Client is a caller as the contracts use it. Nobody changes a client after it is
// made, so any number of calls may share it. It holds secrets, so it formats and
// logs as its id alone.
type Client struct {
	ID string
	// Unsigned clients need no signature on AMS requests. Only the local demo
	// client is meant to be unsigned, and a deployment has no such clients unless its
	// [Defaults] allow them.
	Unsigned bool
	// AddedUnsigned is set if the client's record allows it, whatever the deployment does. It is for log lines.
	AddedUnsigned bool
	// APIs that the client may use, see [Client.Allows]. Empty means all.
	APIs []string
	// Keys verify the signatures of its AMS requests. Map keys are versions: decimal
	// numbers without leading zeros, "0" included. LatestKey is the highest version,
	// or "" without keys.
	Keys      map[string]*rsa.PublicKey
	LatestKey string
	// Unimatrix is the mode of its Unimatrix requests: "simple", "hmac", or "" if it
	// may not send any. Secrets are its HMAC secrets, newest first.
	Unimatrix string
	Secrets   [][]byte
	// IDIsKey is that of [Record.ShowsItsKey], for log lines. It is false for unsigned
	// clients, such as the demo clients, whose id is no secret anyway.
	IDIsKey bool
	// Networks that the client may call from. Empty means any.
	Networks []netip.Prefix
	// Countries that the client may send to: upper-case ISO 3166-1 alpha-2 codes, or
	// "*" for all. Empty means none.
	Countries []string
	// Numbers is how strictly numbers are checked before a message is sent.
	Numbers phone.Strictness
	// Lines are the kinds of line that it may send to, beside ordinary ones.
	Lines  []phone.Kind
	Policy otp.Policy
	// Bounds keep requests from weakening the policy that an operator has set.
	Bounds Bounds
	// Window is the largest difference of Request-Time to the clock, in either
	// direction. 0 means no limit.
	Window time.Duration
	// Skew is the same of an HMAC timestamp, which always has a limit.
	Skew time.Duration
	// Once clients use each nonce of their HMAC signatures once.
	Once bool
	// PerMinute is the most requests in a minute of the clock. 0 means no limit.
	PerMinute int
	// Uncounted is how many requests each process serves in a minute before it counts them
	// against PerMinute. It is above 0 with the deployment's rate only, which is there to
	// bound cost, and must cost nothing itself.
	Uncounted int
	// MessagesPerDay is the most messages in a day of UTC. 0 means no limit.
	MessagesPerDay int
	// Brand, SenderID and Language of its messages. DefaultLanguage is the deployment's.
	// Texts are templates of its own, by language.
	Brand, SenderID, Language, DefaultLanguage string
	Texts                                      map[string]string
	// Autofill has the lines behind its texts, by which phones fill in a code.
	Autofill message.Autofill
	// Registrations of its texts in India.
	Registrations []message.Registration
	// Senders of its messages by country.
	Senders map[string]Sender
	// CustomCodes clients may choose codes themselves (Unimatrix). Whoever has such a
	// client's credential can make a code pass that no phone got.
	CustomCodes bool
	// ClearPasswords clients may send passwords that they have not encrypted.
	ClearPasswords bool
	// SenderNames and Templates that its Unimatrix requests may name. If there are none,
	// names in requests are ignored.
	SenderNames, Templates []string
	// Sources are where its requests have the source of the end user.
	Sources Sources
	// Guard is how messages that nobody answers are bounded. The zero value counts none.
	Guard guard.Policy
	// GuardRules are those of its record, also the ones that are over: see [Client.Rule].
	GuardRules []GuardRule
	// TestNumbers are those of its record, also the ones that are over: see [Client.Test].
	TestNumbers map[otp.Phone]otp.Test
}

func (c Client) String() string               { return "client " + c.ID }
func (c Client) Format(f fmt.State, _ rune)   { fmt.Fprint(f, c.String()) }
func (c Client) LogValue() slog.Value         { return slog.StringValue(c.ID) }
func (c Client) MarshalText() ([]byte, error) { return []byte(c.ID), nil }

// apis maps each API that a client's APIs may name to its group.
var apis = map[string]string{
	"customers/initAuthentication":  "ams",
	"users/initAuthentication":      "ams",
	"users/verifyAuthentication":    "ams",
	"security/verifyAuthentication": "ams",
	"security/triggerChallenge":     "ams",
	"security/setPassword":          "ams",
	"otp.send":                      "unimatrix",
	"otp.verify":                    "unimatrix",
}

// Allows reports whether the client may use an API. APIs names single APIs or whole
// groups ("ams", "unimatrix").
func (c *Client) Allows(api string) bool {
	return len(c.APIs) == 0 || slices.Contains(c.APIs, api) || slices.Contains(c.APIs, apis[api])
}

// From reports whether the client may call from a source address. An address that
// cannot be parsed is in no network.
func (c *Client) From(ip string) bool {
	if len(c.Networks) == 0 {
		return true
	}
	addr, err := netip.ParseAddr(ip)
	if err != nil {
		return false
	}
	addr = addr.Unmap().WithZone("") // networks hold 192.0.2.1 and not ::ffff:192.0.2.1
	return slices.ContainsFunc(c.Networks, func(p netip.Prefix) bool { return p.Contains(addr) })
}

// MaySendTo reports whether the client may send to numbers of a country. The region
// "" is a number without a certain country, which only "*" allows.
func (c *Client) MaySendTo(region string) bool {
	return slices.Contains(c.Countries, Everywhere) || region != "" && slices.Contains(c.Countries, region)
}

// MayReach reports whether the client may send to a kind of line. Every client may
// send to ordinary lines.
func (c *Client) MayReach(k phone.Kind) bool {
	return k == phone.Ordinary || slices.Contains(c.Lines, k)
}

// ValidAMSID reports whether id may be used in a Client-Id header: 1 to 64 of A-Z
// a-z 0-9 _ and -. The narrow alphabet keeps the id apart from the other parts of a
// signed text.
func ValidAMSID(id string) bool {
	for _, b := range []byte(id) {
		switch {
		case 'a' <= b && b <= 'z', 'A' <= b && b <= 'Z', '0' <= b && b <= '9', b == '_', b == '-':
		default:
			return false
		}
	}
	return 1 <= len(id) && len(id) <= 64
}

// ValidID reports whether id may name a client or a user: valid UTF-8 of 1 to 64 code
// points without control characters. Keys of documents hold ids in escaped form.
func ValidID(id string) bool {
	if len(id) > 64*utf8.UTFMax || !utf8.ValidString(id) {
		return false
	}
	n := utf8.RuneCountInString(id)
	return 1 <= n && n <= 64 && !slices.ContainsFunc([]rune(id), unicode.IsControl)
}
