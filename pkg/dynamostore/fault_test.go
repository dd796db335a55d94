package dynamostore_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go"

	"countersign/pkg/otp"
)

// An error has the operation, the table, and the answer of the table.
func TestErrors(t *testing.T) {
	for _, test := range []struct{ kind, message, want string }{
		{"com.amazon.coral.validate#ValidationException", "invalid value canary-code", "ValidationException"},
		{
			"com.amazonaws.dynamodb.v20120810#AccessDeniedException", "not authorized: dynamodb:UpdateItem",
			"AccessDeniedException: not authorized: dynamodb:UpdateItem",
		},
		{
			"com.amazonaws.dynamodb.v20120810#ResourceNotFoundException", "no such table",
			"ResourceNotFoundException: no such table",
		},
	} {
		answer := fmt.Sprintf(`{"__type":%q,"message":%q}`, test.kind, test.message)
		want := "UpdateItem on table table: " + test.want + " (HTTP 400, request STUB)"
		err := stubbed(t, answering{http.StatusBadRequest, answer}).Answered(t.Context(), otp.Answer{Ledger: "N#1"})
		if err == nil || err.Error() != want {
			t.Errorf("error is\n%v\nwant\n%v", err, want)
		}
		var api smithy.APIError
		if !errors.As(err, &api) {
			t.Errorf("%v does not wrap the SDK's error", err)
		}
	}
	notFound := answering{http.StatusBadRequest, `{"__type":"x#ResourceNotFoundException"}`}
	err := stubbed(t, notFound).Answered(t.Context(), otp.Answer{Ledger: "N#1"})
	var missing *types.ResourceNotFoundException
	if !errors.As(err, &missing) {
		t.Errorf("%v does not wrap an error of its type", err)
	}
}

// The error does not quote an answer that cannot be read.
func TestUnreadableAnswer(t *testing.T) {
	const want = "UpdateItem on table table: the answer could not be read (HTTP 200, request STUB)"
	for _, body := range []string{`{"Attributes":{"pk":canary}}`, `canary`, `{"Attributes":{"pk":{"B":"canary!"}}}`} {
		synctest.Test(t, func(t *testing.T) { // the client repeats the request after pauses
			s := stubbed(t, answering{http.StatusOK, body})
			_, err := s.Attempt(t.Context(), otp.Guess{Key: canary.Key, Op: "op", Now: now})
			if err == nil || err.Error() != want {
				t.Errorf("error is\n%v\nwant\n%s", err, want)
			}
		})
	}
}

// An answer without the item that it must have is an error. It is not an outcome.
func TestEngineLeavesOutItems(t *testing.T) {
	refused, empty := stubbed(t, refusing("")), stubbed(t, answering{http.StatusOK, `{}`})
	if w, err := refused.Reserve(t.Context(), canary, nil, now); err == nil || w.Applied || w.Item != nil {
		t.Errorf("refused reserve without an item: %+v, %v", w, err)
	}
	if s, err := refused.Spend(t.Context(), spend("N#1", "a", now)); err == nil || s.Applied || s.Item != nil {
		t.Errorf("refused spend without an item: %+v, %v", s, err)
	}
	guess, takeOver := otp.Guess{Key: canary.Key, Op: "op", Now: now}, otp.TakeOver{Key: canary.Key, Now: now}
	if w, err := empty.Attempt(t.Context(), guess); err == nil || w.Applied || w.Item != nil {
		t.Errorf("applied attempt without an item: %+v, %v", w, err)
	}
	if w, err := empty.TakeOver(t.Context(), takeOver); err == nil || w.Applied || w.Item != nil {
		t.Errorf("applied take-over without an item: %+v, %v", w, err)
	}
	for _, item := range []string{`,"Item":{"pk":{"S":"canary"}}`, `,"Item":{"pk":{"N":"1"}}`} {
		broken := stubbed(t, refusing(item))
		for _, call := range calls[:6] { // all that read an item
			err := call.do(t.Context(), broken)
			if err == nil || !strings.Contains(err.Error(), "attribute") {
				t.Errorf("%s refused by an unreadable item: %v", call.name, err)
				continue
			}
			quiet(t, err)
		}
	}
}
