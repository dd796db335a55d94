// Package config reads the settings of a process from its environment. Every
// setting has a default that is safe, and is checked before anything starts.
package config

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"countersign/pkg/clients"
	"countersign/pkg/message"
	"countersign/pkg/otp"
)

// Prefix is what the name of each setting begins with.
const Prefix = "COUNTERSIGN_"

// Config is all that a process is told.
type Config struct {
	Policy    otp.Policy
	Brand     string   // that people know the sender by, see [message.CheckBrand]; default "Countersign"
	Language  string   // of messages; default English
	Countries []string // that any client may send to, ISO 3166-1 alpha-2; none by default, "*" is all
	Table     string   // of challenges and ledgers; default "countersign-challenges"
	// ClientsTable is that of clients and users; default "countersign-clients".
	ClientsTable string
	Keys         string // ARN or name of the keyring's secret, see package keyring
}

// Defaults are what clients have that say nothing else.
func (c Config) Defaults() clients.Defaults {
	return clients.Defaults{Policy: c.Policy, Countries: c.Countries, Brand: c.Brand, Language: c.Language}
}

// Load reads the settings by getenv. The error names every setting that is
// wrong, what it says and what is allowed.
func Load(getenv func(string) string) (Config, error) {
	r := reader{getenv: getenv}
	p := otp.DefaultPolicy()
	r.number("DIGITS", "Digits", &p.Digits)
	r.duration("VALIDITY", "Validity", &p.Validity)
	r.number("ATTEMPTS", "Attempts", &p.Attempts)
	r.duration("COOLDOWN", "Cooldown", &p.Cooldown)
	r.number("PER_HOUR", "PerHour", &p.PerHour)
	r.number("PER_DAY", "PerDay", &p.PerDay)
	r.number("UNANSWERED", "Unanswered", &p.Unanswered)
	r.duration("PAUSE", "Pause", &p.Pause)
	r.duration("MEMORY", "Memory", &p.Memory)
	r.ranges(p.Validate())
	c := Config{
		Policy:       p,
		Brand:        r.text("BRAND", "Countersign"),
		Language:     r.text("LANGUAGE", ""),
		Countries:    r.list("COUNTRIES", country, `upper-case ISO 3166-1 codes such as "MY,GB", or "*" for all`),
		Table:        r.text("TABLE", "countersign-challenges"),
		ClientsTable: r.text("CLIENTS_TABLE", "countersign-clients"),
		Keys:         r.text("KEYS", ""),
	}
	return c, errors.Join(r.errs...)
}

func country(s string) bool {
	return s == "*" || len(s) == 2 && 'A' <= s[0] && s[0] <= 'Z' && 'A' <= s[1] && s[1] <= 'Z'
}

// CheckMessages checks what messages are made of, for a process that sends them: one
// that checks codes goes on without. Requests choose their language, so that the
// brand has to fit in all. The error names every setting that is wrong.
func (c Config) CheckMessages() error {
	var r reader
	if err := message.CheckBrand(c.Brand); err != nil {
		r.errs = append(r.errs, fmt.Errorf("%sBRAND: %w", Prefix, err))
	}
	if !message.Supported(c.Language) {
		r.wrong("LANGUAGE", c.Language, "one of "+strings.Join(message.Languages(), ", "))
	}
	return errors.Join(r.errs...)
}

// reader collects what is wrong. field keeps under which name a policy's field
// was read.
type reader struct {
	getenv func(string) string
	field  map[string]string
	errs   []error
}

func (r *reader) wrong(name, value, allowed string) {
	r.errs = append(r.errs, fmt.Errorf("%s%s is %q, must be %s", Prefix, name, value, allowed))
}

func (r *reader) named(name, field string) string {
	if r.field == nil {
		r.field = map[string]string{}
	}
	r.field[field] = name
	return strings.TrimSpace(r.getenv(Prefix + name))
}

func (r *reader) number(name, field string, to *int) {
	s := r.named(name, field)
	if s == "" {
		return
	}
	n, err := strconv.Atoi(s)
	if err != nil {
		r.wrong(name, s, "a whole number")
		return
	}
	*to = n
}

func (r *reader) duration(name, field string, to *time.Duration) {
	s := r.named(name, field)
	if s == "" {
		return
	}
	d, err := time.ParseDuration(s)
	if err != nil || d%time.Second != 0 {
		r.wrong(name, s, `whole seconds with their unit, such as "300s", "5m" or "24h"`)
		return
	}
	*to = d
}

func (r *reader) text(name, otherwise string) string {
	if s := strings.TrimSpace(r.getenv(Prefix + name)); s != "" {
		return s
	}
	return otherwise
}

func (r *reader) list(name string, valid func(string) bool, allowed string) []string {
	s := strings.TrimSpace(r.getenv(Prefix + name))
	if s == "" {
		return nil
	}
	parts := strings.Split(s, ",")
	for i := range parts {
		if parts[i] = strings.TrimSpace(parts[i]); !valid(parts[i]) {
			r.wrong(name, s, allowed+", separated by commas")
			return nil
		}
	}
	slices.Sort(parts)
	return slices.Compact(parts)
}

// ranges tells the policy's own errors under the names of the settings.
func (r *reader) ranges(err error) {
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		return
	}
	for _, e := range joined.Unwrap() {
		var out *otp.RangeError
		if errors.As(e, &out) {
			out.Field = Prefix + r.field[out.Field]
		}
		r.errs = append(r.errs, e)
	}
}
