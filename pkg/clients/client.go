// Package clients knows who may call, what each caller may do, and the users
// behind wallet tokens.
//
// Requests ask a [Directory], which a process makes with [NewCache] over a
// [Registry]; the registry and [Users] are also what an administrator works with.
// A [Meter] counts requests against a client's rate.
package clients

import (
	"context"
	"crypto/rsa"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"slices"
	"time"
	"unicode"
	"unicode/utf8"

	"countersign/pkg/otp"
	"countersign/pkg/phone"
)

// Client is a caller as the contracts use it. It is never changed once it is
// made, so that any number of calls may share it, and it formats and logs as its
// id alone, since it holds secrets.
type Client struct {
	ID string
	// Unsigned: its AMS requests need no signature. Only the local demo client
	// is meant to be.
	Unsigned bool
	// APIs that it may use, see [Client.Allows]; empty is all.
	APIs []string
	// Keys that its AMS requests may be signed with, by version: decimal without
	// leading zeros, "0" included. LatestKey is the highest version, "" without keys.
	Keys      map[string]*rsa.PublicKey
	LatestKey string
	// Unimatrix is the mode of its Unimatrix requests: "" (it has no such
	// credential), "simple" or "hmac". Secrets are those of HMAC, newest first.
	Unimatrix string
	Secrets   [][]byte
	// Networks that it may call from; empty is any.
	Networks []netip.Prefix
	// Countries that it may send to: upper-case ISO 3166-1 alpha-2, or "*" for
	// all; empty is none.
	Countries []string
	// Numbers is how sure a number must be, Lines what kinds of line it may
	// send to besides ordinary ones.
	Numbers phone.Strictness
	Lines   []phone.Kind
	Policy  otp.Policy
	// Window is how far its Request-Time may be off either way; 0 is any distance.
	Window time.Duration
	// PerMinute is how many requests a minute it may make; 0 is any number.
	PerMinute int
	// Brand, SenderID and Language of its messages.
	Brand, SenderID, Language string
	// CustomCodes: it may choose codes itself (Unimatrix).
	CustomCodes bool
	// SenderNames and Templates that its Unimatrix requests may name; empty is any.
	SenderNames, Templates []string
}

func (c Client) String() string               { return "client " + c.ID }
func (c Client) Format(f fmt.State, _ rune)   { fmt.Fprint(f, c.String()) }
func (c Client) LogValue() slog.Value         { return slog.StringValue(c.ID) }
func (c Client) MarshalText() ([]byte, error) { return []byte(c.ID), nil }

// apis are the names that a client's APIs may hold, with the group each belongs to.
var apis = map[string]string{
	"customers/initAuthentication":  "ams",
	"users/initAuthentication":      "ams",
	"users/verifyAuthentication":    "ams",
	"security/verifyAuthentication": "ams",
	"security/triggerChallenge":     "ams",
	"otp.send":                      "unimatrix",
	"otp.verify":                    "unimatrix",
}

// Allows reports whether the client may use an API: one that APIs names, or one
// of a group ("ams", "unimatrix") that it names.
func (c *Client) Allows(api string) bool {
	return len(c.APIs) == 0 || slices.Contains(c.APIs, api) || slices.Contains(c.APIs, apis[api])
}

// From reports whether the client may call from a source address. With a list of
// networks, an address that cannot be read is not in it.
func (c *Client) From(ip string) bool {
	if len(c.Networks) == 0 {
		return true
	}
	addr, err := netip.ParseAddr(ip)
	if err != nil {
		return false
	}
	addr = addr.Unmap().WithZone("") // ::ffff:192.0.2.1 is 192.0.2.1 to whoever wrote the list
	return slices.ContainsFunc(c.Networks, func(p netip.Prefix) bool { return p.Contains(addr) })
}

// MaySendTo reports whether a number's country is allowed. The region "", a
// number of no certain country, is allowed with "*" only.
func (c *Client) MaySendTo(region string) bool {
	return slices.Contains(c.Countries, "*") || region != "" && slices.Contains(c.Countries, region)
}

// MayReach reports whether messages may go to a kind of line; to ordinary lines
// they always may.
func (c *Client) MayReach(k phone.Kind) bool {
	return k == phone.Ordinary || slices.Contains(c.Lines, k)
}

// ValidAMSID reports whether id may stand in a Client-Id header: 1 to 64 of A-Z
// a-z 0-9 _ and -. The narrow alphabet keeps ids apart inside texts to be signed.
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

// ValidID reports whether id may name a client at all: valid UTF-8 of 1 to 64
// code points, none of them a control character. Unimatrix key ids may be any of
// these, so keys hold ids in an encoded form.
func ValidID(id string) bool {
	if len(id) > 64*utf8.UTFMax || !utf8.ValidString(id) {
		return false
	}
	n := utf8.RuneCountInString(id)
	return 1 <= n && n <= 64 && !slices.ContainsFunc([]rune(id), unicode.IsControl)
}

// Directory finds clients. It is safe for concurrent use.
type Directory interface {
	// Find returns a client by its id, and nil without an error where it is
	// unknown or disabled. An error means that nobody could tell; [ErrBusy] is one.
	Find(ctx context.Context, id string) (*Client, error)
}

// ErrBusy: ids that are not in memory are asked for faster than the table is to
// be read for them. The caller should try again.
var ErrBusy = errors.New("clients: too many ids that are not in memory are asked for; try again in some seconds")

// Static is a directory that never changes.
type Static map[string]*Client

// Find returns the client of that id, or nil.
func (s Static) Find(_ context.Context, id string) (*Client, error) { return s[id], nil }
