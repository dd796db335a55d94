package main

import (
	"cmp"
	"encoding"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json"

	"countersign/pkg/clients"
	"countersign/pkg/clients/origins"
	"countersign/pkg/message/languages"
	"countersign/pkg/phone/plan"
)

var clientFlagsHelp = texts{
	"unimatrix": "How it proves itself in the Unimatrix contract: simple (by its access key alone) or hmac " +
		"(by a secret).",
	"unsigned": "Accept AMS requests without a signature: anyone who knows the id can send messages at your cost. " +
		"A deployment refuses them unless its parameter UnsignedClients is yes.",
	"country": "Countries that it may send to, such as US,MY, or * for all. Default: none. May be repeated.",
	"api":     "What it may call: ams, unimatrix, or an API such as customers/initAuthentication. Default: all.",
	"network": "Networks that it may call from, such as 192.0.2.0/24. Default: any.",
	"numbers": "Strictness for phone numbers: possible, valid or mobile.",
	"line": "Line types that it may send to besides ordinary ones: premium, satellite, shared-cost, pager, " +
		"voicemail, uan.",
	"time_window": "How far its clock may be off. Default: 10m for AMS, 5m for HMAC. " +
		"0 switches the check off for AMS; HMAC has at most 10m.",
	"per_minute":   "Requests that it may make in a minute, at most 1000000; 0 is the deployment's number.",
	"messages_day": "All its messages in a day of UTC, at most 100000000; 0 is the deployment's number.",
	"once": "Refuse a nonce of its HMAC signatures that comes again, so that a captured URL is of no use. " +
		"It costs one more write for each request.",
	"brand":     "Name of the service in its messages.",
	"sender_id": "Sender of its messages: 1 to 11 letters, digits and hyphens.",
	"sender": "What its messages to a country come from, such as GB=ACME,registered=yes: " +
		"COUNTRY=[IDENTITY][,entity=ID[,template=ID]][,max-price=USD][,via=sns|sms-voice][,registered=yes]. " +
		"* is all other countries; MY= removes that of MY. May be repeated.",
	"senders_file": "File with a line of that form for each country, in place of all its own; # begins a comment.",
	"language":     "Language of its messages, such as de.",
	"text": "Text of its own in a language: {code} once, {brand} and {minutes} if wanted. An empty one removes it. " +
		"May be repeated.",
	"site": "Host of the site whose pages get the code filled in, such as example.com: each message ends in a line " +
		"that binds its code to it.",
	"android_hash": "Hash of the Android app that gets the code by the SMS Retriever: 11 characters of base64.",
	"text_file":    "JSON object of languages and texts, in place of all its own texts.",
	"clear_passwords": "Accept passwords that it has not encrypted. Whatever stands between it and the service can " +
		"then read them.",
	"custom_codes": "Let its Unimatrix requests choose codes. Whoever has its access key can then pass for anyone.",
	"sender_name":  "Sender names that its Unimatrix requests may give. Default: none, and names are ignored.",
	"template":     "Templates that its Unimatrix requests may give. Default: none, and templates are ignored.",
	"source": "Where its requests truthfully have the address or the device of the person: env.clientIp, " +
		"env.deviceTokenId (AMS), header:NAME (Unimatrix), metadata:NAME (Cognito). Default: nowhere. May be repeated.",

	"digits":     "Digits of a code; no request gets a shorter one.",
	"validity":   "Lifetime of a code; no request gets a longer one.",
	"attempts":   "Guesses at one code.",
	"cooldown":   "Wait between two messages to one number.",
	"per_hour":   "Messages to one number in an hour.",
	"per_day":    "Messages to one number in 24 hours.",
	"unanswered": "Messages in a row to one number without a right code, before the number is paused.",
	"pause":      "The longest pause. The first is an hour, and each further one twice as long.",
	"memory":     "Time for which a repeated init is recognised, after its code has expired.",
}

// clientFlags are the flags of client add and client set, one for each field of a
// client's record. A flag that is missing leaves its field as it is, and an empty value
// removes the field. The settings of a process are in pkg/config.
type clientFlags struct {
	Unimatrix      *string  `placeholder:"MODE" help:"unimatrix"`
	Unsigned       *bool    `negatable:"" help:"unsigned"`
	Country        []string `placeholder:"CC" help:"country"`
	API            []string `placeholder:"API" help:"api"`
	Network        []string `placeholder:"CIDR" help:"network"`
	Numbers        *string  `placeholder:"POLICY" help:"numbers"`
	Line           []string `placeholder:"TYPE" help:"line"`
	TimeWindow     duration `placeholder:"DURATION" help:"time_window"`
	PerMinute      *int     `placeholder:"N" help:"per_minute"`
	MessagesPerDay *int     `placeholder:"N" help:"messages_day"`
	Once           *bool    `negatable:"" help:"once"`
	Brand          *string  `placeholder:"NAME" help:"brand"`
	SenderID       *string  `placeholder:"NAME" help:"sender_id"`
	Sender         []string `sep:"none" placeholder:"COUNTRY=IDENTITY" help:"sender"`
	SendersFile    []byte   `type:"filecontent" placeholder:"FILE" help:"senders_file"`
	Language       *string  `placeholder:"TAG" help:"language"`
	Text           []string `sep:"none" placeholder:"LANGUAGE=TEXT" help:"text"`
	TextFile       []byte   `type:"filecontent" placeholder:"FILE" help:"text_file"`
	Site           *string  `placeholder:"HOST" help:"site"`
	AndroidHash    *string  `placeholder:"HASH" help:"android_hash"`
	CustomCodes    *bool    `negatable:"" help:"custom_codes"`
	ClearPasswords *bool    `negatable:"" help:"clear_passwords"`
	SenderName     []string `sep:"none" placeholder:"NAME" help:"sender_name"`
	Template       []string `sep:"none" placeholder:"ID" help:"template"`
	Source         []string `placeholder:"PLACE" help:"source"`

	Digits     number   `group:"own" placeholder:"N" help:"digits"`
	Validity   duration `group:"own" placeholder:"DURATION" help:"validity"`
	Attempts   number   `group:"own" placeholder:"N" help:"attempts"`
	Cooldown   duration `group:"own" placeholder:"DURATION" help:"cooldown"`
	PerHour    number   `group:"own" placeholder:"N" help:"per_hour"`
	PerDay     number   `group:"own" placeholder:"N" help:"per_day"`
	Unanswered number   `group:"own" placeholder:"N" help:"unanswered"`
	Pause      duration `group:"own" placeholder:"DURATION" help:"pause"`
	Memory     duration `group:"own" placeholder:"DURATION" help:"memory"`
}

// check refuses unknown countries, and texts and senders that cannot be read.
func (f clientFlags) check() error {
	if _, err := f.texts(nil); err != nil {
		return err
	}
	if _, err := f.senders(f.removed()); err != nil {
		return err
	}
	var countries []string
	setList(&countries, f.Country)
	if err := plan.CheckCountries(countries); err != nil {
		return fmt.Errorf("--country: %w", err)
	}
	return nil
}

// apply sets the fields of r whose flags are given.
func (f clientFlags) apply(r *clients.Record) {
	set(&r.Unimatrix, f.Unimatrix)
	set(&r.Unsigned, f.Unsigned)
	set(&r.Once, f.Once)
	set(&r.PerMinute, f.PerMinute)
	set(&r.MessagesPerDay, f.MessagesPerDay)
	set(&r.Numbers, f.Numbers)
	set(&r.Brand, f.Brand)
	set(&r.SenderID, f.SenderID)
	set(&r.Language, f.Language)
	r.Texts, _ = f.texts(r.Texts)
	set(&r.Site, f.Site)
	r.Site = strings.ToLower(r.Site) // a host's case does not count
	set(&r.AndroidHash, f.AndroidHash)
	r.Senders, _ = f.senders(r.Senders)
	if f.CustomCodes != nil {
		r.CustomCodes = f.CustomCodes
	}
	if f.ClearPasswords != nil {
		r.ClearPasswords = f.ClearPasswords
	}
	setList(&r.Countries, f.Country)
	setList(&r.APIs, f.API)
	setList(&r.Networks, f.Network)
	setList(&r.Lines, f.Line)
	setList(&r.SenderNames, f.SenderName)
	setList(&r.Templates, f.Template)
	setList(&r.Sources, f.Source)
	f.TimeWindow.set(&r.Window)
	f.Digits.set(&r.Limits.Digits)
	f.Validity.set(&r.Limits.Validity)
	f.Attempts.set(&r.Limits.Attempts)
	f.Cooldown.set(&r.Limits.Cooldown)
	f.PerHour.set(&r.Limits.PerHour)
	f.PerDay.set(&r.Limits.PerDay)
	f.Unanswered.set(&r.Limits.Unanswered)
	f.Pause.set(&r.Limits.Pause)
	f.Memory.set(&r.Limits.Memory)
}

// texts returns the texts of a client that has some.
func (f clientFlags) texts(had map[string]string) (map[string]string, error) {
	texts := maps.Clone(had)
	if f.TextFile != nil {
		texts = nil
		if err := json.Unmarshal(f.TextFile, &texts); err != nil {
			return nil, fmt.Errorf(`--text-file: must be a JSON object such as {"de": "{code} von {brand}"}: %w`, err)
		}
	}
	for _, given := range f.Text {
		tag, text, ok := strings.Cut(given, "=")
		if !ok {
			return nil, fmt.Errorf("--text: %q must be LANGUAGE=TEXT", given)
		}
		tag = cmp.Or(languages.Canonical(tag), tag) // an unknown one is refused with the record
		if texts == nil {
			texts = map[string]string{}
		}
		texts[tag] = text
	}
	maps.DeleteFunc(texts, func(_, text string) bool { return text == "" })
	return texts, nil
}

// senders returns the senders of a client that has some.
func (f clientFlags) senders(had map[string]clients.Sender) (map[string]clients.Sender, error) {
	senders := maps.Clone(had)
	var errs []error
	if f.SendersFile != nil {
		all, err := origins.ParseAll(string(f.SendersFile))
		if !utf8.Valid(f.SendersFile) || slices.Contains(f.SendersFile, 0) {
			err = errors.New("it is no text of UTF-8, but perhaps one of UTF-16: save it as UTF-8")
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("--senders-file: %w", err))
		}
		senders = all
	}
	given := map[string]bool{}
	for _, entry := range f.Sender {
		country, s, err := origins.Parse(entry)
		if err == nil {
			err = nameable(country, senders, given)
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("--sender: %w", err))
			continue
		}
		if senders == nil {
			senders = map[string]clients.Sender{}
		}
		senders[country], given[country] = s, true
	}
	maps.DeleteFunc(senders, func(_ string, s clients.Sender) bool { return s == (clients.Sender{}) })
	return senders, errors.Join(errs...)
}

// removed returns entries of the countries whose entries flags remove, which a client may have.
func (f clientFlags) removed() map[string]clients.Sender {
	all := map[string]clients.Sender{}
	for _, entry := range f.Sender {
		if country, s, err := origins.Parse(entry); err == nil && s == (clients.Sender{}) {
			all[country] = clients.Sender{Registered: true}
		}
	}
	return all
}

// nameable refuses a country that flags name twice, and one that does not exist, unless its entry is there to be
// removed.
func nameable(country string, senders map[string]clients.Sender, given map[string]bool) error {
	if given[country] {
		return fmt.Errorf("%s is given twice: keep one", country)
	}
	if _, there := senders[country]; there {
		return nil
	}
	return plan.CheckCountries([]string{country})
}

func set[T any](field *T, given *T) {
	if given != nil {
		*field = *given
	}
}

func setList(field *[]string, given []string) {
	if given != nil {
		*field = slices.DeleteFunc(given, func(s string) bool { return s == "" })
	}
}

// own is the flag for a limit of the client's own. An empty value removes the limit, so
// that the deployment's applies.
type own[T any] struct {
	given bool
	value *T
}

type (
	number   = own[int]
	duration = own[clients.Duration]
)

func (o own[T]) set(field **T) {
	if o.given {
		*field = o.value
	}
}

// UnmarshalText implements [encoding.TextUnmarshaler], for kong.
func (o *own[T]) UnmarshalText(text []byte) (err error) {
	*o = own[T]{given: true}
	if len(text) == 0 {
		return nil
	}
	o.value = new(T)
	switch v := any(o.value).(type) {
	case *int:
		if *v, err = strconv.Atoi(string(text)); err != nil {
			err = errors.New("must be a whole number")
		}
	case encoding.TextUnmarshaler:
		err = v.UnmarshalText(text)
	}
	return err
}
