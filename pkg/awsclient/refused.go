package awsclient

import (
	"errors"
	"regexp"
	"strings"
	"sync"

	"github.com/aws/smithy-go"
)

// Refused is what AWS stated when it refused a call, without its message: safe to show and to keep.
type Refused struct {
	Code string // of AWS, such as "AccessDeniedException"
	// Action is the permission that is missing, such as "dynamodb:GetItem". It is "" if another thing is wrong.
	Action string
}

// Error implements error.
func (r *Refused) Error() string { return strings.TrimSpace(r.Code + " " + r.Action) }

// action matches the permission in the messages of AWS about one that is missing. It is compiled at the first refusal:
// that takes longer than most of what a function does at its start.
var action = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`not authorized to perform: ([a-z0-9-]{1,40}:[A-Za-z]{1,60})\b`)
})

// RefusedOf returns what AWS stated when it refused the call that ended in err. It is nil if there was no such answer.
func RefusedOf(err error) *Refused {
	var known *Refused
	if errors.As(err, &known) {
		return known
	}
	var api smithy.APIError
	if !errors.As(err, &api) {
		return nil
	}
	r := &Refused{Code: Code(api.ErrorCode())}
	if r.Code != "AccessDeniedException" {
		return r
	}
	if found := action().FindStringSubmatch(api.ErrorMessage()); found != nil {
		r.Action = found[1]
	} else if strings.Contains(api.ErrorMessage(), "KMS") {
		r.Action = "kms:Decrypt" // Secrets Manager states no action where the key of the secret is not allowed
	}
	return r
}
