package clients

import (
	"errors"
	"strings"

	"countersign/pkg/otp"
)

// Limits are those fields of the deployment's [otp.Policy] that a client has of
// its own. Their ranges are the policy's.
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

// over lays the limits over a policy. An hourly limit that the client has not set
// itself gives way to a lower daily one that it has.
func (l Limits) over(p otp.Policy) otp.Policy {
	lay(&p.Digits, l.Digits)
	lay((*Duration)(&p.Validity), l.Validity)
	lay(&p.Attempts, l.Attempts)
	lay((*Duration)(&p.Cooldown), l.Cooldown)
	lay(&p.PerHour, l.PerHour)
	lay(&p.PerDay, l.PerDay)
	lay(&p.Unanswered, l.Unanswered)
	lay((*Duration)(&p.Pause), l.Pause)
	lay((*Duration)(&p.Memory), l.Memory)
	if l.PerHour == nil && l.PerDay != nil {
		p.PerHour = min(p.PerHour, p.PerDay)
	}
	return p
}

func lay[T any](over *T, own *T) {
	if own != nil {
		*over = *own
	}
}

// limitErrors are the errors of a policy, under the names that a record has for
// its fields.
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
