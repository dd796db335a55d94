package otp

import (
	"errors"
	"fmt"
	"time"
)

// Policy bounds the challenges of a client. The zero value is not valid: start from
// [DefaultPolicy].
type Policy struct {
	// Digits of a code, 4 to 8. Default 6.
	Digits int
	// Validity of a code from its init on, 60 s to 10 minutes (NIST SP
	// 800-63B-4 section 3.1.3.2). Default 5 minutes.
	Validity time.Duration
	// Attempts to guess one code, 1 to 5 (PSD2 RTS article 4: no more than
	// five). A re-send gives no new attempts. Default 5.
	Attempts int
	// Cooldown between two messages to one number, 0 to 1 hour. Default 30 s.
	Cooldown time.Duration
	// PerHour and PerDay bound the messages to one number in any hour and in
	// any 24 hours: PerDay 3 to 20 (default 10), PerHour 1 to PerDay (default 5). Three of
	// a day, but no more than half, are for the number's known sources if it has any.
	PerHour, PerDay int
	// Unanswered messages in a row after which a number is paused for all but its known
	// sources, 3 to 100
	// (NIST SP 800-63B-4 section 3.2.2: at most 100 consecutive failures).
	// Default 20.
	Unanswered int
	// Pause is the longest pause of a number that does not answer, 1 to 168 hours. Default
	// 24 hours. The first pause is an hour, and each further one twice as long. Each lets
	// three messages through.
	Pause time.Duration
	// Memory of an id after the validity of its code, 1 to 168 hours: until then a
	// repeated init returns the answer of the first. It lasts to the end of the day (UTC)
	// of the init at least. Default 24 hours.
	Memory time.Duration
}

// MaxValidity is the longest Validity of a policy.
const MaxValidity = 10 * time.Minute

// DefaultPolicy returns the defaults named at each field.
func DefaultPolicy() Policy {
	return Policy{
		Digits:     6,
		Validity:   5 * time.Minute,
		Attempts:   5,
		Cooldown:   30 * time.Second,
		PerHour:    5,
		PerDay:     10,
		Unanswered: 20,
		Pause:      24 * time.Hour,
		Memory:     24 * time.Hour,
	}
}

// Validate returns an error for every field outside its range, with the field, its
// value and the allowed range.
func (p Policy) Validate() error {
	return errors.Join(
		inRange("Digits", p.Digits, 4, 8),
		inRange("Validity", p.Validity, time.Minute, MaxValidity),
		inRange("Attempts", p.Attempts, 1, 5),
		inRange("Cooldown", p.Cooldown, 0, time.Hour),
		inRange("PerDay", p.PerDay, 3, 20),
		inRange("PerHour", p.PerHour, 1, max(1, p.PerDay)),
		inRange("Unanswered", p.Unanswered, 3, 100),
		inRange("Pause", p.Pause, time.Hour, 168*time.Hour),
		inRange("Memory", p.Memory, time.Hour, 168*time.Hour),
	)
}

// RangeError is a setting outside its allowed range.
type RangeError struct {
	Field           string
	Value, Min, Max any
}

func (e *RangeError) Error() string {
	return fmt.Sprintf("%s is %v, must be %v to %v", e.Field, e.Value, e.Min, e.Max)
}

func inRange[T int | time.Duration](field string, v, lo, hi T) error {
	if v < lo || v > hi {
		return &RangeError{field, v, lo, hi}
	}
	return nil
}
