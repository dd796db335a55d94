package amsclient

// Answer is a reply that passed every check. Members that it does not have are
// empty.
type Answer struct {
	Result                  Result      `json:"result"`
	AuthenticationID        string      `json:"authenticationId"`
	AuthenticationRequestID string      `json:"authenticationRequestId"`
	TriggerRequestID        string      `json:"triggerRequestId"`
	ActionForm              *ActionForm `json:"actionForm"`
	IsPassed                *bool       `json:"isPassed"` // of a verify that was decided
	Raw                     []byte      `json:"-"`        // the body as it came
}

// Result says how a call ended. Message is for people: do not parse it.
type Result struct {
	Code    string `json:"resultCode"`
	Status  string `json:"resultStatus"` // S done, F failed for good, U unknown
	Message string `json:"resultMessage"`
}

// ActionForm tells the user where to look for the code.
type ActionForm struct {
	ChallengeType        string `json:"challengeType"`        // "sms"
	ChallengeRenderValue string `json:"challengeRenderValue"` // "+60******6353"
}

// Retry reports whether the outcome is unknown: call again, after a while, with the
// same id and the same fields. An init goes on where it was, with the same code; a
// verify counts as another attempt if the first one was counted.
func (a Answer) Retry() bool { return a.Result.Status == "U" }

// Passed reports whether a verify found the code right. Nothing else lets a user
// in: not an S alone, which an init has as well, and not isPassed alone.
func (a Answer) Passed() bool { return a.Result.Status == "S" && a.IsPassed != nil && *a.IsPassed }
