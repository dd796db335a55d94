package gateway

import (
	"context"
	"fmt"
	"runtime/debug"
	"time"
)

const (
	// spare is the part of a function's time in which no call of a batch is still under
	// way: enough for the write that may follow a call's time ([otp.SettleTime]), and
	// for the answer for the whole batch to get out.
	spare = 1250 * time.Millisecond
	// least is what a call must have left: all of the time that SNS gets
	// ([snssender.Timeout]), and a second for the table. Most need a tenth of a second.
	least = 5 * time.Second
)

// begin returns a context for a call that begins now, which ends with the call's own
// time, before the function is stopped. A call that is cut off by that may have sent
// its message or counted its attempt, and nobody would know. It is false where so
// little is left that the call should not be begun.
func begin(ctx context.Context) (call context.Context, cancel func(), inTime bool) {
	stop, limited := ctx.Deadline()
	if !limited {
		return ctx, func() {}, true
	}
	last := stop.Add(-spare)
	call, cancel = context.WithDeadline(ctx, last)
	short, done := context.WithTimeout(call, least) // its deadline is that of call where that is earlier
	defer done()
	end, _ := short.Deadline()
	return call, cancel, end.Before(last)
}

// one works on one request object of a batch, which from and id name in the log. It
// is done unless it must come again: its outcome is not known, or there was no time
// to begin it. Those that come first are begun in any case, so that a batch that
// keeps coming back gets shorter. The answer is null for what is no request object:
// it is done, since it would be none the next time either.
func (h Handler) one(ctx context.Context, first bool, text []byte, from, id string) (answer []byte, done bool) {
	ctx, cancel, inTime := begin(ctx)
	defer cancel()
	if !inTime && !first {
		h.log().Warn("no time left", "from", from, "message", id)
		return nil, false
	}
	r, ok := inner(text)
	if !ok {
		h.log().Error("malformed", "from", from, "message", id, "cause", "expected a JSON object with clientId and the fields of the API, as "+where[from]+"; dropped")
		return []byte("null"), true
	}
	defer func() {
		if v := recover(); v != nil { // here, a panic would end the process with all that others are at
			h.log().Error("panic", "from", from, "message", id, "type", fmt.Sprintf("%T", v), "trace", string(debug.Stack()))
			answer, done = nil, false
		}
	}()
	resp := h.call(ctx, r)
	return resp.Body, !resp.Unknown
}

// where a request object has to be, and how it gets there.
var where = map[string]string{
	"sqs": "the whole body of the message (a topic in front of the queue needs raw message delivery, a rule of EventBridge the input path $.detail)",
	"sns": "the whole message of the notification",
	// A bare detail would be a direct invocation, whose U fails nothing and is not repeated.
	"eventbridge": "the detail of the event (the rule hands over the whole event, without an input path)",
}
