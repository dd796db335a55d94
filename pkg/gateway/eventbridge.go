package gateway

import (
	"context"
	"fmt"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// busEvent is an event of EventBridge; its detail is a request object.
type busEvent struct {
	ID     string         `json:"id"`
	Type   string         `json:"detail-type"`
	Source string         `json:"source"`
	Detail jsontext.Value `json:"detail"`
}

// detail reads an EventBridge event. ok is false for other events.
func detail(payload []byte) (e busEvent, ok bool) {
	err := json.Unmarshal(payload, &e, lenient)
	return e, err == nil && e.Type != "" && e.Source != "" && given(e.Detail)
}

// bus works on an EventBridge event. The invocation fails if the outcome is not known. Only the function's destinations
// get the answer.
func (h Handler) bus(ctx context.Context, e busEvent) ([]byte, error) {
	answer, done := h.one(ctx, true, e.Detail, "eventbridge", e.ID)
	if !done {
		return nil, again(1, 1)
	}
	return answer, nil
}

// again makes an asynchronous invocation fail, so that Lambda repeats it.
func again(failed, of int) error {
	return fmt.Errorf("the outcome of %d of %d requests is not known: invoke the function again with the same event",
		failed, of)
}
