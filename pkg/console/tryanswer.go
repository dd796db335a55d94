package console

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"github.com/go-json-experiment/json"

	"countersign/pkg/inquiry"
	"countersign/pkg/otp"
)

// tried is a call that was made.
type tried struct {
	sent      wire
	answer    reply
	verdict   verdict
	challenge *inquiry.Life // what the store has of it beside the answer, nil if it has none
}

// verdict is an answer in plain words.
type verdict struct {
	Mark string // good, warn or bad, a class of the style sheet
	Word string
	Code string // of the contract, with its status
	Text string // what that means, and what to do

	authID string // of an AMS/DWS answer
}

// contractAnswer has the members of both contracts' answers that the form reads.
type contractAnswer struct {
	Result struct {
		Code    string `json:"resultCode"`
		Status  string `json:"resultStatus"`
		Message string `json:"resultMessage"`
	} `json:"result"`
	AuthID string `json:"authenticationId"`
	Passed bool   `json:"isPassed"`
	Code   string `json:"code"`
	Data   struct {
		Valid bool `json:"valid"`
	} `json:"data"`
}

// judge puts an answer into plain words.
func judge(in tryInput, got reply) verdict {
	var a contractAnswer
	if err := json.Unmarshal(got.body, &a); err != nil {
		return verdict{Mark: "bad", Word: "No answer of the contract", Code: fmt.Sprintf("HTTP %d", got.status),
			Text: "The answer has not the form of the contract."}
	}
	v, ok := verdict{}, false
	if in["contract"] == contractAMS {
		v, ok = wordsAMS[a.Result.Code]
		if a.Result.Code == "SUCCESS" && in["do"] != doVerify {
			v = sentWords
		}
		if !ok && a.Result.Status == "U" {
			v = wordsAMS["UNKNOWN_EXCEPTION"]
		}
		if a.Result.Code == "PARAM_ILLEGAL" {
			v.Text += " The contract says: " + a.Result.Message
		}
		v.Code, v.authID = strings.TrimSpace(a.Result.Code+" "+a.Result.Status), a.AuthID
		return v.orUnknown()
	}
	switch v = wordsUnimatrix[a.Code]; {
	case a.Code == "0" && in["do"] != doVerify:
		v = sentWords
	case a.Code == "0" && a.Data.Valid:
		v = wordsAMS["SUCCESS"]
	case a.Code == "0":
		v = verdict{Mark: "bad", Word: "Not valid", Text: "The code is wrong, used, locked, or older than five " +
			"minutes: Unimatrix does not tell these apart."}
	case a.Code == "105300":
		v.Text += waiting(got.header)
	}
	v.Code = fmt.Sprintf("%s, HTTP %d", a.Code, got.status)
	return v.orUnknown()
}

// orUnknown returns a verdict for a code that the page has no words for.
func (v verdict) orUnknown() verdict {
	if v.Word == "" {
		v.Mark, v.Word, v.Text = "warn", "Refused", "The API page has what this code means."
	}
	return v
}

// waiting returns the sentence about a header Retry-After.
func waiting(h http.Header) string {
	if after := h.Get("Retry-After"); after != "" {
		return " The next one may go out in " + after + " s."
	}
	return ""
}

// challengeOf reads the challenge that a call was about. It returns nil if there is none.
func (c *Console) challengeOf(ctx context.Context, client string, in tryInput) (*inquiry.Life, error) {
	ids := []string{in["request-id"]}
	if in["contract"] == contractUnimatrix {
		n, err := inquiry.Typed(in["number"])
		if err != nil {
			return nil, nil
		}
		ring, err := c.Ring()
		if err != nil {
			return nil, err
		}
		ids = ring.Keys(ctx).Scenarios(client, n.E164, in["intent"])
	}
	for _, id := range ids {
		found, err := c.Store.Challenge(ctx, otp.ChallengeKey(client, id))
		switch {
		case err != nil:
			return nil, err
		case found != nil:
			life := inquiry.LifeOf(*found, c.Now())
			return &life, nil
		}
	}
	return nil, nil
}
