package clients

import (
	"errors"
	"strings"

	"countersign/pkg/otp"
)

// Limits override fields of the deployment's [otp.Policy] for one client. nil keeps
// the deployment's value. The ranges are those of the policy.
type Limits struct {
	Digits     *int      `json:"digits,omitempty"`
	Validity   *Duration `json:"validity,omitempty"`
	Attempts   *int      `json:"attempts,omitempty"`
	Cooldown   *Duration `json:"cooldown,omitempty"`
	PerHour    *int      `json:"perHour,omitempty"`
	PerDay     *int      `json:"perDay,omitempty"`
	Unanswered *int      `json:"unanswered,omitempty"`
	Pause      *Duration `json:"pause,omitempty"`
	Memory     *Duration `json:"memory,omitempty"`
}

// Over returns the policy with the client's limits. If the client sets a daily limit
// and no hourly one, the hourly limit is lowered to the daily one.
func (l Limits) Over(p otp.Policy) otp.Policy {
	override(&p.Digits, l.Digits)
	override((*Duration)(&p.Validity), l.Validity)
	override(&p.Attempts, l.Attempts)
	override((*Duration)(&p.Cooldown), l.Cooldown)
	override(&p.PerHour, l.PerHour)
	override(&p.PerDay, l.PerDay)
	override(&p.Unanswered, l.Unanswered)
	override((*Duration)(&p.Pause), l.Pause)
	override((*Duration)(&p.Memory), l.Memory)
	if l.PerHour == nil && l.PerDay != nil {
		p.PerHour = min(p.PerHour, p.PerDay)
	}
	return p
}

func override[T any](value *T, own *T) {
	if own != nil {
		*value = *own
	}
}

// limitErrors returns the errors of a policy with the field names of a record.
func limitErrors(p otp.Policy) (errs []error) {
	joined, _ := p.Validate().(interface{ Unwrap() []error })
	if joined == nil {
		return nil
	}
	for _, e := range joined.Unwrap() {
		var out *otp.RangeError
		if errors.As(e, &out) {
			out.Field = "limits." + strings.ToLower(out.Field[:1]) + out.Field[1:]
		}
		errs = append(errs, e)
	}
	return errs
}
