package clients

import (
	"cmp"
	"context"
	"crypto/rsa"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"countersign/pkg/documents"
	"countersign/pkg/pattern"
	"countersign/pkg/phone"
	"countersign/pkg/signature"
)

const (
	defaultWindow = 10 * time.Minute
	maxWindow     = 24 * time.Hour
	defaultSkew   = 5 * time.Minute
	maxSkew       = 10 * time.Minute // the vendor's own
	maxKeys       = 10
	maxNames      = 50 // of networks (the vendor's own limit), sender names and templates
)

// MaxPerMinute and MaxMessagesPerDay are the highest limits of a client.
const (
	MaxPerMinute      = 1_000_000
	MaxMessagesPerDay = 100_000_000
)

// MaxSecrets is the most HMAC secrets of a client: a new one and the one that it
// replaces.
const MaxSecrets = 2

// MaxAccessKeys is the most access keys of a client.
const MaxAccessKeys = 5

// Check reports every field that is wrong, in one error with a line for each. It
// applies the record's limits to the deployment's defaults.
func (r Record) Check(d Defaults, why Occasion) error {
	_, err := r.parse(d, why)
	return err
}

// Client makes the client of a record: it parses the keys, opens the secrets and
// applies the deployment's defaults and country list. It ignores the status.
func (r Record) Client(ctx context.Context, d Defaults, sealer documents.Sealer) (*Client, error) {
	c, err := r.parse(d, Reading)
	if err != nil {
		return nil, Named(r.ID, err)
	}
	for i, s := range r.Secrets {
		plain, err := sealer.Open(ctx, string(s.Sealed), r.Bound())
		if err != nil {
			return nil, Named(r.ID, fmt.Errorf("secrets[%d] cannot be opened: "+
				"set it anew, or bring back the key that it was sealed under: %w", i, err))
		}
		c.Secrets = append(c.Secrets, plain)
	}
	if c.TestNumbers, err = r.testNumbers(ctx, sealer); err != nil {
		return nil, Named(r.ID, err)
	}
	return c, nil
}

// parse makes a client without its secrets and test numbers. The error lists every wrong field.
func (r Record) parse(d Defaults, why Occasion) (*Client, error) {
	p := parser{record: r, why: why}
	c := &Client{
		ID:             p.id(),
		Unsigned:       r.Unsigned && d.Unsigned,
		AddedUnsigned:  r.Unsigned,
		APIs:           p.apis(),
		Keys:           p.keys(),
		LatestKey:      p.latest(),
		Unimatrix:      p.unimatrix(),
		IDIsKey:        r.ShowsItsKey() && !r.Unsigned,
		Networks:       p.networks(),
		Countries:      within(p.countries(), d.Countries),
		Numbers:        p.numbers(),
		Lines:          p.lines(),
		Policy:         r.Limits.Over(d.Policy),
		Bounds:         r.Limits.bounds(d.Bounds),
		Window:         p.window(),
		Skew:           r.skew(),
		Once:           r.Once,
		MessagesPerDay: p.messagesPerDay(d),
		SenderID:       p.senderID(),
		Senders:        p.senders(d),
		Registrations:  p.registrations(),
		CustomCodes:    r.CustomCodes != nil && *r.CustomCodes,
		ClearPasswords: r.ClearPasswords != nil && *r.ClearPasswords,
		SenderNames:    p.names("senderNames", r.SenderNames),
		Templates:      p.names("templates", r.Templates),
		Sources:        p.sources(),
	}
	c.Autofill = r.Autofill()
	c.Brand, c.Language, c.Texts = p.text(d)
	c.DefaultLanguage = d.Language
	c.PerMinute, c.Uncounted = p.perMinute(d)
	c.Guard, c.GuardRules = p.guard(c.PerMinute)
	p.errs = append(p.errs, limitErrors(c.Policy)...)
	p.status()
	p.secrets()
	p.accessKeys()
	p.testNumbers()
	if len(p.errs) > 0 {
		return nil, errors.Join(p.errs...)
	}
	return c, nil
}

// parser reads a record field by field and collects the errors.
type parser struct {
	record Record
	why    Occasion
	errs   []error
}

// Occasion is why a record is looked at: the parts of it that are being written. Other parts may be older than a rule,
// which must not stop requests and other edits.
type Occasion int

const (
	// WritingWords is for a brand, a language and texts. They must make a message that fits one part, see
	// [Defaults].CheckWords; else messages go out in a language that they fit.
	WritingWords Occasion = 1 << iota
	// WritingSenders is for senders, see [Defaults].CheckSender; else AWS refuses what it does not carry.
	WritingSenders

	Reading Occasion = 0
	Writing          = WritingWords | WritingSenders
)

func (p *parser) want(ok bool, field string, value any, want string) {
	if ok {
		return
	}
	if s, text := value.(string); text {
		value = strconv.Quote(s)
	}
	p.errs = append(p.errs, fmt.Errorf("%s is %v, must be %s", field, value, want))
}

func (p *parser) id() string {
	r := p.record
	p.want(ValidID(r.ID), "id", r.ID, "1 to 64 characters, none of them a control character")
	p.want(len(r.Keys) == 0 && !r.Unsigned || ValidAMSID(r.ID), "id", r.ID,
		"1 to 64 letters, digits, _ or - for a client of the AMS contract (one with public keys, or unsigned)")
	return r.ID
}

func (p *parser) status() {
	known := p.record.Status == StatusActive || p.record.Status == StatusDisabled
	p.want(known, "status", p.record.Status, "active or disabled")
}

func (p *parser) apis() []string {
	for i, api := range p.record.APIs {
		_, known := apis[api]
		p.want(known || api == "ams" || api == "unimatrix", at("apis", i), api,
			"ams, unimatrix, or the name of one of their APIs")
	}
	return slices.Clone(p.record.APIs)
}

func (p *parser) keys() map[string]*rsa.PublicKey {
	keys := map[string]*rsa.PublicKey{}
	p.few("keys", len(p.record.Keys), maxKeys)
	for i, k := range p.record.Keys {
		field := at("keys", i)
		p.want(version(k.Version) >= 0, field+".version", k.Version,
			"a whole number from 0 to 999999999 without leading zeros")
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

// version returns the number of a key version, or -1 if s is not one.
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
	byVersion := func(a, b Key) int { return version(a.Version) - version(b.Version) }
	return slices.MaxFunc(p.record.Keys, byVersion).Version
}

func (p *parser) unimatrix() string {
	mode := p.record.Unimatrix
	p.want(mode == "" || mode == "simple" || mode == "hmac", "unimatrix", mode, "simple, hmac or left out")
	p.want(mode != "hmac" || len(p.record.Secrets) > 0, "unimatrix", mode, "simple, or with a secret to go with it")
	return mode
}

func (p *parser) secrets() {
	p.few("secrets", len(p.record.Secrets), MaxSecrets)
	for i, s := range p.record.Secrets {
		p.want(s.Sealed != "" && s.Sealed != documents.SealedWord, at("secrets", i), s.Sealed,
			"a value that the registry has sealed: set the secret anew")
	}
}

func (p *parser) accessKeys() {
	p.few("accessKeys", len(p.record.AccessKeys), MaxAccessKeys)
	for i, k := range p.record.AccessKeys {
		p.want(digest(string(k.Digest)), at("accessKeys", i)+".digest", k.Digest,
			"64 hexadecimal digits: add the access key anew")
	}
}

func (p *parser) networks() (all []netip.Prefix) {
	p.few("networks", len(p.record.Networks), maxNames)
	for i, s := range p.record.Networks {
		prefix, ok := network(s)
		p.want(ok, at("networks", i), s, `an address such as "192.0.2.7" or a prefix without host bits `+
			`such as "192.0.2.0/24" or "2001:db8::/32"`)
		all = append(all, prefix)
	}
	return all
}

// network reads a prefix, or an address as a prefix of that address alone. It refuses
// texts that mislead: host bits, which look like one address, and IPv4 in the form of
// IPv6, which contains no address.
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
		p.want(s == Everywhere || country(s), at("countries", i), s,
			`an upper-case ISO 3166-1 code such as "MY", or "*" for all`)
	}
	return p.record.Countries
}

// Within returns the countries that the record allows under those of the deployment.
func (r Record) Within(deployment []string) []string { return within(r.Countries, deployment) }

// within returns the countries that the deployment allows too.
func within(countries, ceiling []string) []string {
	switch {
	case slices.Contains(ceiling, Everywhere):
		return slices.Clone(countries)
	case slices.Contains(countries, Everywhere):
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
		p.want(err == nil, at("lines", i), s, phone.KindNames)
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

// skew is the window of HMAC timestamps. It cannot be switched off: nonces are remembered
// for so long.
func (r Record) skew() time.Duration {
	switch {
	case r.Window == nil:
		return defaultSkew
	case *r.Window == 0:
		return maxSkew
	}
	return min(time.Duration(*r.Window), maxSkew)
}

// perMinute returns the client's rate and how many requests of it each process serves uncounted.
func (p *parser) perMinute(d Defaults) (n, uncounted int) {
	n = p.record.PerMinute
	p.want(0 <= n && n <= MaxPerMinute, "perMinute", n, fmt.Sprintf("0 (the deployment's) to %d", MaxPerMinute))
	if n == 0 {
		return d.RequestsPerMinute, d.Uncounted()
	}
	return n, 0
}

func (p *parser) messagesPerDay(d Defaults) int {
	n := p.record.MessagesPerDay
	p.want(0 <= n && n <= MaxMessagesPerDay, "messagesPerDay", n,
		fmt.Sprintf("0 (the deployment's) to %d", MaxMessagesPerDay))
	return cmp.Or(n, d.MessagesPerDay)
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
	country = pattern.Matches(`\A[A-Z]{2}\z`)
	digest  = pattern.Matches(`\A[0-9a-f]{64}\z`)
)
