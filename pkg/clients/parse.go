package clients

import (
	"cmp"
	"context"
	"crypto/rsa"
	"errors"
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"countersign/pkg/message"
	"countersign/pkg/otp"
	"countersign/pkg/phone"
	"countersign/pkg/signature"
)

// Defaults are what the deployment says for all clients.
type Defaults struct {
	Policy    otp.Policy
	Countries []string // beyond which no client may send; "*" is all, and empty none
	Brand     string
	Language  string
}

const (
	defaultWindow = 10 * time.Minute
	maxWindow     = 24 * time.Hour
	maxPerMinute  = 1_000_000
	maxKeys       = 10
	maxSecrets    = 2  // a new one and the one that it replaces
	maxNames      = 50 // of networks (as the vendor has it), sender names and templates
)

// Validate tells everything that is wrong with the record, in one error of many
// lines. It holds limits against the defaults of package otp; [Registry] holds
// them against those of the deployment.
func (r Record) Validate() error {
	_, err := r.parse(Defaults{Policy: otp.DefaultPolicy(), Countries: []string{"*"}}, inAll)
	return named(r.ID, err)
}

// Client makes the client of a record: its keys parsed, its secrets opened, its
// limits laid over those of the deployment and its countries cut to them. A client
// that is disabled is made like any other.
func (r Record) Client(ctx context.Context, defaults Defaults, sealer Sealer) (*Client, error) {
	c, err := r.parse(defaults, inOne)
	if err != nil {
		return nil, named(r.ID, err)
	}
	for i, s := range r.Secrets {
		plain, err := sealer.Open(ctx, string(s.Sealed), secretBound(r.ID))
		if err != nil {
			return nil, named(r.ID, fmt.Errorf("secrets[%d] cannot be opened: set it anew, or bring back the key that it was sealed under: %w", i, err))
		}
		c.Secrets = append(c.Secrets, plain)
	}
	return c, nil
}

// secretBound ties sealed secrets to their client, so that none can be moved to
// another.
func secretBound(client string) string { return clientKey(client) + "#secret" }

// parse makes a client without its secrets, and tells all that is wrong.
func (r Record) parse(d Defaults, fits languages) (*Client, error) {
	p := parser{record: r, fits: fits}
	c := &Client{
		ID:          p.id(),
		Unsigned:    r.Unsigned,
		APIs:        p.apis(),
		Keys:        p.keys(),
		LatestKey:   p.latest(),
		Unimatrix:   p.unimatrix(),
		Networks:    p.networks(),
		Countries:   within(p.countries(), d.Countries),
		Numbers:     p.numbers(),
		Lines:       p.lines(),
		Policy:      r.Limits.over(d.Policy),
		Window:      p.window(),
		PerMinute:   p.perMinute(),
		SenderID:    p.senderID(),
		CustomCodes: r.CustomCodes == nil || *r.CustomCodes,
		SenderNames: p.names("senderNames", r.SenderNames),
		Templates:   p.names("templates", r.Templates),
	}
	c.Brand, c.Language = p.text(d)
	p.errs = append(p.errs, limitErrors(c.Policy)...)
	p.status()
	p.secrets()
	if len(p.errs) > 0 {
		return nil, errors.Join(p.errs...)
	}
	return c, nil
}

// parser reads a record field by field, and collects what is wrong.
type parser struct {
	record Record
	fits   languages
	errs   []error
}

// languages are those that a record's brand must leave one SMS in.
type languages int

const (
	inOne languages = iota // of a record that is there: messages then go out in that one, see [message.For]
	inAll                  // of a brand that is written now: requests choose their language
)

func (p *parser) want(ok bool, field string, value any, want string) {
	if s, text := value.(string); text {
		value = strconv.Quote(s)
	}
	if !ok {
		p.errs = append(p.errs, fmt.Errorf("%s is %v, must be %s", field, value, want))
	}
}

func (p *parser) id() string {
	r := p.record
	p.want(ValidID(r.ID), "id", r.ID, "1 to 64 characters, none of them a control character")
	p.want(len(r.Keys) == 0 && !r.Unsigned || ValidAMSID(r.ID), "id", r.ID, "1 to 64 letters, digits, _ or - for a client of the AMS contract (one with public keys, or unsigned)")
	return r.ID
}

func (p *parser) status() {
	p.want(p.record.Status == StatusActive || p.record.Status == StatusDisabled, "status", p.record.Status, "active or disabled")
}

func (p *parser) apis() []string {
	for i, api := range p.record.APIs {
		_, known := apis[api]
		p.want(known || api == "ams" || api == "unimatrix", at("apis", i), api, "ams, unimatrix, or the name of one of their APIs")
	}
	return slices.Clone(p.record.APIs)
}

func (p *parser) keys() map[string]*rsa.PublicKey {
	keys := map[string]*rsa.PublicKey{}
	p.few("keys", len(p.record.Keys), maxKeys)
	for i, k := range p.record.Keys {
		field := at("keys", i)
		p.want(version(k.Version) >= 0, field+".version", k.Version, "a whole number from 0 to 999999999 without leading zeros")
		_, twice := keys[k.Version]
		p.want(!twice, field+".version", k.Version, "given once")
		key, err := signature.ParsePublicKey([]byte(k.PEM))
		if err != nil {
			p.errs = append(p.errs, fmt.Errorf("%s.pem: %w", field, err))
		}
		keys[k.Version] = key
	}
	return keys
}

// version returns the number of a key version, -1 for what is none.
func version(s string) int {
	n, err := strconv.Atoi(s)
	if err != nil || strconv.Itoa(n) != s || n > 999_999_999 {
		return -1
	}
	return n
}

func (p *parser) latest() string {
	if len(p.record.Keys) == 0 {
		return ""
	}
	return slices.MaxFunc(p.record.Keys, func(a, b Key) int { return version(a.Version) - version(b.Version) }).Version
}

func (p *parser) unimatrix() string {
	mode := p.record.Unimatrix
	p.want(mode == "" || mode == "simple" || mode == "hmac", "unimatrix", mode, "simple, hmac or left out")
	p.want(mode != "hmac" || len(p.record.Secrets) > 0, "unimatrix", mode, "simple, or with a secret to go with it")
	return mode
}

func (p *parser) secrets() {
	p.few("secrets", len(p.record.Secrets), maxSecrets)
	for i, s := range p.record.Secrets {
		p.want(s.Sealed != "" && s.Sealed != sealedWord, at("secrets", i), s.Sealed, "a value that the registry has sealed: set the secret anew")
	}
}

func (p *parser) networks() (all []netip.Prefix) {
	p.few("networks", len(p.record.Networks), maxNames)
	for i, s := range p.record.Networks {
		prefix, ok := network(s)
		p.want(ok, at("networks", i), s, `an address such as "192.0.2.7" or a prefix without host bits such as "192.0.2.0/24" or "2001:db8::/32"`)
		all = append(all, prefix)
	}
	return all
}

// network reads a prefix, or an address as the prefix of itself alone. It refuses
// what would not mean what it seems to: host bits, which look like one address, and
// IPv4 in the form of IPv6, which no address would be in.
func network(s string) (netip.Prefix, bool) {
	if !strings.Contains(s, "/") {
		addr, err := netip.ParseAddr(s)
		return netip.PrefixFrom(addr, addr.BitLen()), err == nil && addr.Zone() == "" && !addr.Is4In6()
	}
	prefix, err := netip.ParsePrefix(s)
	return prefix, err == nil && prefix == prefix.Masked() && !prefix.Addr().Is4In6()
}

func (p *parser) countries() []string {
	for i, s := range p.record.Countries {
		p.want(s == "*" || country.MatchString(s), at("countries", i), s, `an upper-case ISO 3166-1 code such as "MY", or "*" for all`)
	}
	return p.record.Countries
}

// within cuts a list of countries to a ceiling.
func within(countries, ceiling []string) []string {
	switch all := "*"; {
	case slices.Contains(ceiling, all):
		return slices.Clone(countries)
	case slices.Contains(countries, all):
		return slices.Clone(ceiling)
	}
	return slices.DeleteFunc(slices.Clone(countries), func(s string) bool { return !slices.Contains(ceiling, s) })
}

func (p *parser) numbers() phone.Strictness {
	s, err := phone.ParseStrictness(p.record.Numbers)
	p.want(err == nil, "numbers", p.record.Numbers, "possible, valid or mobile")
	return s
}

func (p *parser) lines() (kinds []phone.Kind) {
	for i, s := range p.record.Lines {
		k, err := phone.ParseKind(s)
		p.want(err == nil, at("lines", i), s, "ordinary, premium or satellite")
		kinds = append(kinds, k)
	}
	return kinds
}

func (p *parser) window() time.Duration {
	if p.record.Window == nil {
		return defaultWindow
	}
	w := time.Duration(*p.record.Window)
	p.want(0 <= w && w <= maxWindow, "window", w, "0s (off) to 24h")
	return w
}

func (p *parser) perMinute() int {
	n := p.record.PerMinute
	p.want(0 <= n && n <= maxPerMinute, "perMinute", n, fmt.Sprintf("0 (any number) to %d", maxPerMinute))
	return n
}

// text returns the client's brand and language, which must give a message that
// can be sent.
func (p *parser) text(d Defaults) (brand, language string) {
	brand, language = cmp.Or(p.record.Brand, d.Brand), cmp.Or(p.record.Language, d.Language)
	if p.record.Brand == "" && p.record.Language == "" {
		return brand, language // the deployment's own affair
	}
	_, err := message.Text("any", language)
	switch {
	case err != nil, brand == "":
	case p.fits == inAll && p.record.Brand != "":
		err = message.CheckBrand(brand)
	default:
		_, err = message.For(brand, language)
	}
	if err != nil {
		p.errs = append(p.errs, err)
	}
	return brand, language
}

func (p *parser) senderID() string {
	s := p.record.SenderID
	p.want(s == "" || senderID.MatchString(s) && letter.MatchString(s), "senderID", s, "1 to 11 letters, digits and hyphens with at least one letter")
	return s
}

func (p *parser) names(field string, names []string) []string {
	p.few(field, len(names), maxNames)
	for i, s := range names {
		p.want(ValidID(s), at(field, i), s, "1 to 64 characters, none of them a control character")
	}
	return slices.Clone(names)
}

func (p *parser) few(field string, n, most int) {
	if n > most {
		p.errs = append(p.errs, fmt.Errorf("%s has %d entries, must have at most %d: remove some", field, n, most))
	}
}

func at(field string, i int) string { return fmt.Sprintf("%s[%d]", field, i) }

var (
	country  = regexp.MustCompile(`\A[A-Z]{2}\z`)
	senderID = regexp.MustCompile(`\A[A-Za-z0-9-]{1,11}\z`)
	letter   = regexp.MustCompile(`[A-Za-z]`)
)
