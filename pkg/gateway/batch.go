package gateway

import (
	"context"
	"fmt"
	"runtime/debug"
	"time"
)

const (
	// spare is the time at the end of a function's time in which no call of a batch may run. It is enough for the
	// write that may follow a call ([otp.SettleTime]), and for the answer to the whole batch.
	spare = 1250 * time.Millisecond
	// least is the time that a call must have left: all the time that SNS gets ([snssender.Timeout]), and a second for
	// the table. Most calls need a tenth of a second.
	least = 5 * time.Second
)

// begin returns a context for a call that begins now. It ends before Lambda stops the function: a call that
// Lambda cuts off may have sent its message or counted its attempt, and nobody would know. inTime is false if
// too little time is left to begin the call.
func begin(ctx context.Context) (call context.Context, cancel func(), inTime bool) {
	stop, limited := ctx.Deadline()
	if !limited {
		return ctx, func() {}, true
	}
	last := stop.Add(-spare)
	call, cancel = context.WithDeadline(ctx, last)
	short, done := context.WithTimeout(call, least) // the deadline of call, if that is earlier
	defer done()
	end, _ := short.Deadline()
	return call, cancel, end.Before(last)
}

// one works on one request object of a batch; from and id name it in the log. It is done unless it must come
// again, because its outcome is not known or there was no time to begin it. The first ones are begun in any
// case, so that a batch that keeps coming back gets shorter. Text that is not a request object gets the
// answer null and is done, because it would not be one the next time either.
func (h Handler) one(ctx context.Context, first bool, text []byte, from, id string) (answer []byte, done bool) {
	ctx, cancel, inTime := begin(ctx)
	defer cancel()
	if !inTime && !first {
		h.log().Warn("no time left", "from", from, "message", id)
		return nil, false
	}
	r, ok := inner(text)
	if !ok {
		expected := "expected a JSON object with clientId and the fields of the API, as " + where[from] + "; dropped"
		h.log().Error("malformed", "from", from, "message", id, "cause", expected)
		return []byte("null"), true
	}
	defer func() {
		if v := recover(); v != nil { // a panic here would end the process, with the other calls of the batch
			trace := string(debug.Stack())
			h.log().Error("panic", "from", from, "message", id, "type", fmt.Sprintf("%T", v), "trace", trace)
			answer, done = nil, false
		}
	}()
	resp := h.call(ctx, r)
	return resp.Body, !resp.Unknown
}

// where is the place of a request object in each kind of event, and the setting that puts it there.
var where = map[string]string{
	"sqs": "the whole body of the message (a topic in front of the queue needs raw message delivery, " +
		"a rule of EventBridge the input path $.detail)",
	"sns": "the whole message of the notification",
	// A bare detail would be a direct invocation, which Lambda does not repeat after a result of status U.
	"eventbridge": "the detail of the event (the rule hands over the whole event, without an input path)",
}
