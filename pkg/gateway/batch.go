package gateway

import (
	"context"
	"time"
)

// spare is the part of a function's time, after a call that took all of its own,
// in which the answer for a whole batch still gets out.
const spare = 1250 * time.Millisecond

// inTime reports whether a call that begins now ends before the function is
// stopped, however long it takes. A call that is cut short may have sent its
// message or counted its attempt, and nobody would know; so it is not begun.
func inTime(ctx context.Context) bool {
	stop, limited := ctx.Deadline()
	if !limited {
		return true
	}
	call, cancel := context.WithTimeout(ctx, Timeout+spare) // its deadline is that of ctx where that is earlier
	defer cancel()
	end, _ := call.Deadline()
	return end.Before(stop)
}

// one works on the i-th request object of a batch, which from and id name in the
// log. It is done unless it must come again: its outcome is not known, or there
// was no time to begin it. The first is begun in any case, so that a batch that
// keeps coming back gets shorter. The answer is null for what is no request
// object: it is done, since it would be none the next time either.
func (h Handler) one(ctx context.Context, i int, text []byte, from, id string) (answer []byte, done bool) {
	if i > 0 && !inTime(ctx) {
		h.log().Warn("no time left", "from", from, "message", id)
		return nil, false
	}
	r, ok := inner(text)
	if !ok {
		h.log().Error("malformed", "from", from, "message", id,
			"cause", "expected a JSON object with clientId and the fields of the API, as the whole text (through a topic or a bus: raw delivery, input path $.detail); dropped")
		return []byte("null"), true
	}
	resp := h.call(ctx, r)
	return resp.Body, !resp.Unknown
}
