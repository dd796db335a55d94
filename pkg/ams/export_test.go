package ams

import "countersign/pkg/otp"

// ResultStatus returns the result status of an outcome: S, F or U.
func ResultStatus(outcome otp.Outcome) string { return results[outcome].status }

// ResultCodes returns the result codes of an outcome, in both spellings; ok is false for an outcome without a result.
func ResultCodes(outcome otp.Outcome) (codes [2]string, ok bool) {
	r, ok := results[outcome]
	return [2]string{r.in[newer].code, r.in[older].code}, ok
}
