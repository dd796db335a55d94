package main

import (
	"encoding"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"countersign/pkg/clients"
	"countersign/pkg/phone/plan"
)

// clientFlags are the flags of client add and client set, one for each field of a
// client's record. A flag that is not given leaves its field as it is, and an empty
// value clears the field. The settings of a process are in pkg/config.
type clientFlags struct {
	Unimatrix   *string  `placeholder:"MODE" help:"How it proves itself in the Unimatrix contract: simple (by its id alone) or hmac (by a secret)."`
	Unsigned    *bool    `negatable:"" help:"Its AMS requests need no signature: whoever knows the id can send messages at your cost."`
	Country     []string `placeholder:"CC" help:"Countries that it may send to, such as US,MY, or * for all; none without. May be repeated."`
	API         []string `placeholder:"API" help:"What it may call: ams, unimatrix, or an API such as customers/initAuthentication; all without."`
	Network     []string `placeholder:"CIDR" help:"Where it may call from, such as 192.0.2.0/24; anywhere without."`
	Numbers     *string  `placeholder:"POLICY" help:"How sure a number must be: possible, valid or mobile."`
	Line        []string `placeholder:"TYPE" help:"Lines that it may send to besides ordinary ones: premium, satellite."`
	TimeWindow  duration `placeholder:"DURATION" help:"How far its clock may be off, 10m without; 0 is any distance."`
	PerMinute   *int     `placeholder:"N" help:"Requests that it may make in a minute; 0 is any number."`
	Brand       *string  `placeholder:"NAME" help:"What its messages say that the code is for."`
	SenderID    *string  `placeholder:"NAME" help:"What its messages come from: 1 to 11 letters, digits and hyphens."`
	Language    *string  `placeholder:"TAG" help:"Language of its messages, such as de."`
	CustomCodes *bool    `negatable:"" help:"It may choose codes itself (Unimatrix); so without."`
	SenderName  []string `sep:"none" placeholder:"NAME" help:"Sender names that its Unimatrix requests may give; any without. May be repeated."`
	Template    []string `sep:"none" placeholder:"ID" help:"Templates that its Unimatrix requests may give; any without. May be repeated."`

	Digits     number   `group:"Limits of its own, in place of the deployment's" placeholder:"N" help:"Digits of a code."`
	Validity   duration `group:"Limits of its own, in place of the deployment's" placeholder:"DURATION" help:"Lifetime of a code."`
	Attempts   number   `group:"Limits of its own, in place of the deployment's" placeholder:"N" help:"Guesses at one code."`
	Cooldown   duration `group:"Limits of its own, in place of the deployment's" placeholder:"DURATION" help:"Between two messages to one number."`
	PerHour    number   `group:"Limits of its own, in place of the deployment's" placeholder:"N" help:"Messages to one number in an hour."`
	PerDay     number   `group:"Limits of its own, in place of the deployment's" placeholder:"N" help:"Messages to one number in 24 hours."`
	Unanswered number   `group:"Limits of its own, in place of the deployment's" placeholder:"N" help:"Messages in a row without a right code, then the number is paused."`
	Pause      duration `group:"Limits of its own, in place of the deployment's" placeholder:"DURATION" help:"That pause."`
	Memory     duration `group:"Limits of its own, in place of the deployment's" placeholder:"DURATION" help:"How long a repeated init is known, after its code has expired."`
}

// check refuses countries that no number is in.
func (s clientFlags) check() error {
	var countries []string
	setList(&countries, s.Country)
	if err := plan.CheckCountries(countries); err != nil {
		return fmt.Errorf("--country: %w", err)
	}
	return nil
}

// apply changes the fields whose flag is given.
func (s clientFlags) apply(r *clients.Record) {
	set(&r.Unimatrix, s.Unimatrix)
	set(&r.Unsigned, s.Unsigned)
	set(&r.PerMinute, s.PerMinute)
	set(&r.Numbers, s.Numbers)
	set(&r.Brand, s.Brand)
	set(&r.SenderID, s.SenderID)
	set(&r.Language, s.Language)
	if s.CustomCodes != nil {
		r.CustomCodes = s.CustomCodes
	}
	setList(&r.Countries, s.Country)
	setList(&r.APIs, s.API)
	setList(&r.Networks, s.Network)
	setList(&r.Lines, s.Line)
	setList(&r.SenderNames, s.SenderName)
	setList(&r.Templates, s.Template)
	s.TimeWindow.set(&r.Window)
	s.Digits.set(&r.Limits.Digits)
	s.Validity.set(&r.Limits.Validity)
	s.Attempts.set(&r.Limits.Attempts)
	s.Cooldown.set(&r.Limits.Cooldown)
	s.PerHour.set(&r.Limits.PerHour)
	s.PerDay.set(&r.Limits.PerDay)
	s.Unanswered.set(&r.Limits.Unanswered)
	s.Pause.set(&r.Limits.Pause)
	s.Memory.set(&r.Limits.Memory)
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

// own is the flag of a field that may be left to the deployment, which an empty
// value does.
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
