package amsclient

// Answer is a reply that passed every check. Missing members are empty.
type Answer struct {
	Result                  Result        `json:"result"`
	AuthenticationID        string        `json:"authenticationId"`
	AuthenticationRequestID string        `json:"authenticationRequestId"`
	TriggerRequestID        string        `json:"triggerRequestId"`
	ActionForm              *ActionForm   `json:"actionForm"`
	ChallengeKey            *ChallengeKey `json:"challengeKey"` // of a trigger, for a password
	IsPassed                *bool         `json:"isPassed"`     // of a verify that checked the code
	Raw                     []byte        `json:"-"`            // the body as it came
}

// Result is the result of a call. Message is for people: do not parse it.
type Result struct {
	Code    string `json:"resultCode"`
	Status  string `json:"resultStatus"` // S done, F failed for good, U unknown
	Message string `json:"resultMessage"`
}

// ActionForm has the place where the user finds the code, or names the password that is asked for.
type ActionForm struct {
	ChallengeType        string `json:"challengeType"`        // "sms", "PAYMENT_PASSWORD", "LOGIN_PASSWORD"
	ChallengeRenderValue string `json:"challengeRenderValue"` // "+60******6353", "" for a password
}

// Retry reports whether the outcome is unknown: call again, after a while, with the same id and the same
// fields. An init continues with the same code. A verify is another attempt if the first one was counted.
func (a Answer) Retry() bool { return a.Result.Status == "U" }

// Passed reports whether a verify found the code or the password right. Let a user in for no other reason: not for an S
// alone, which an init has too, and not for isPassed alone.
func (a Answer) Passed() bool { return a.Result.Status == "S" && a.IsPassed != nil && *a.IsPassed }
