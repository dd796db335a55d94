package cognito

import "countersign/pkg/otp"

// IsRight returns the answer to a guess by its outcome; ok is false for an outcome that a guess cannot have.
func IsRight(outcome otp.Outcome) (right, ok bool) {
	right, ok = isRight[outcome]
	return right, ok
}

// Typed returns an answer as the code that a person means.
func Typed(answer string) string { return typed(answer) }
