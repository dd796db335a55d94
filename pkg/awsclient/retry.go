package awsclient

import (
	"errors"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/smithy-go"
)

// Attempts is the largest number of attempts of a call.
const Attempts = 3

// retryer retries where the SDK does, and after an answer that broke off.
func retryer(first time.Duration) aws.Retryer {
	return retry.NewStandard(func(o *retry.StandardOptions) {
		o.MaxAttempts = Attempts
		pause := func(n int, _ error) (time.Duration, error) { return Pause(first, n), nil }
		o.Backoff = retry.BackoffDelayerFunc(pause)
		o.Retryables = append(o.Retryables, retry.IsErrorRetryableFunc(brokeOff))
	})
}

// Pause returns the time to wait after the n-th attempt, counted from 1. It has no jitter: callers do not fail in step,
// and the sum must stay within its bound.
func Pause(first time.Duration, n int) time.Duration { return first << (n - 1) }

func brokeOff(err error) aws.Ternary {
	var unread *smithy.DeserializationError
	if errors.As(err, &unread) {
		return aws.TrueTernary
	}
	return aws.UnknownTernary
}
