package ams

import (
	"net/http"

	"github.com/go-json-experiment/json"

	"countersign/pkg/gateway"
	"countersign/pkg/password"
)

// answer is a reply before it is encoded. Empty fields are left out.
type answer struct {
	result    result
	detail    string // with PARAM_ILLEGAL: the field, and the rule that it breaks
	requestID string // of the request, once it gave a well-formed one
	triggerID string // the same of triggerChallenge
	authID    string
	form      actionForm
	key       password.ChallengeKey
	passed    *bool
	proven    bool // a refusal of a caller whose signature is right
}

func refuse(r result) answer { return answer{result: r} }
func illegal(field, rule string) answer {
	return answer{result: paramIllegal, detail: field + ": " + rule}
}

// headers are those of every answer. They are never changed.
var headers = map[string]string{"Content-Type": "application/json; charset=UTF-8"}

// reply is the body of an answer, with its members in alphabetical order.
type reply struct {
	ActionForm              actionForm            `json:"actionForm,omitzero"`
	AuthenticationID        string                `json:"authenticationId,omitzero"`
	AuthenticationRequestID string                `json:"authenticationRequestId,omitzero"`
	ChallengeKey            password.ChallengeKey `json:"challengeKey,omitzero"`
	IsPassed                *bool                 `json:"isPassed,omitzero"`
	Result                  replyResult           `json:"result"`
	TriggerRequestID        string                `json:"triggerRequestId,omitzero"`
}

// actionForm is what the user has to do. The zero value is nothing.
type actionForm struct {
	ChallengeRenderValue string `json:"challengeRenderValue"`
	ChallengeType        string `json:"challengeType"`
}

// smsForm is the actionForm of a code that was sent to a number with this mask, "" for none.
func smsForm(mask string) (f actionForm) {
	if mask != "" {
		f = actionForm{mask, "sms"}
	}
	return f
}

type replyResult struct {
	Code    string `json:"resultCode"`
	Message string `json:"resultMessage"`
	Status  string `json:"resultStatus"`
}

// render encodes an answer. Its HTTP status is 200 always, because most SDKs never show the body of any other.
func (a answer) render(f family) gateway.Response {
	r := reply{
		ActionForm:              a.form,
		AuthenticationID:        a.authID,
		ChallengeKey:            a.key,
		AuthenticationRequestID: a.requestID,
		IsPassed:                a.passed,
		Result:                  replyResult{a.result.in[f].code, a.message(f), a.result.status},
		TriggerRequestID:        a.triggerID,
	}
	text, _ := json.Marshal(r) // cannot fail: strictly decoded strings are valid UTF-8
	return gateway.Response{
		Status:  http.StatusOK,
		Headers: headers,
		Body:    text,
		Unknown: a.result.status == "U",
	}
}

func (a answer) message(f family) string {
	text := a.result.in[f].message
	if a.detail != "" {
		text += " " + a.detail
	}
	return text
}
