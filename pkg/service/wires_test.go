package service_test

import (
	"context"
	"net/http"

	"countersign/pkg/awsfake"
	"countersign/pkg/otp"
)

// script is a schedule of one call that is not random.
type script struct {
	fates         map[int]fate
	first, second awsfake.Answer
	refused       bool // the first answer lets the second service have the message
}

// dying is the second sender of a process that may die before its request or after it.
type dying struct {
	otp.Sender
	*world
}

func (s dying) Send(ctx context.Context, m otp.Message) (otp.Delivery, string, error) {
	c := s.call
	f := c.next()
	if f == diesBefore {
		c.dead = true
		return otp.MaybeSent, "", errLost
	}
	if m.Code != s.codes[c.seed] {
		s.t.Error("the second service gets another code")
	}
	delivery, id, err := s.Sender.Send(ctx, m)
	c.mu.Lock()
	defer c.mu.Unlock()
	if f == answerLost || f == diesAfter {
		c.dead = f == diesAfter
		return otp.MaybeSent, "", errLost
	}
	return delivery, id, err
}

// answer returns a provider's answer to each request: its own, or a random fault.
func (w *world) answer(p *provider) awsfake.Answer {
	return func(rw http.ResponseWriter, r *http.Request, fake http.Handler) {
		w.answerTo(w.call, p)(rw, r, fake)
	}
}

// answerTo notes a request, and wants it to be allowed: the first of its call, or the first one to the second service
// after the first service refused it for certain, in time.
func (w *world) answerTo(c *call, p *provider) awsfake.Answer {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := w.clock.Now()
	switch toSecond := p == w.second; {
	case !toSecond && c.sends > 0, toSecond && (c.sends != 1 || !c.refused):
		w.t.Errorf("request %d of a call, to the second service: %v, refused before: %v",
			c.sends+1, toSecond, c.refused)
	case otp.MillisOf(now) >= c.lease, toSecond && now.Sub(c.begun) > w.late():
		w.t.Errorf("request %d is %v after the first one, and %v before the end of the lease",
			c.sends+1, now.Sub(c.begun), c.lease.Time().Sub(now))
	}
	if c.sends++; c.sends == 1 {
		c.begun = now
	}
	w.handed(c)
	answer := awsfake.Serve()
	c.refused = false
	switch {
	case w.calm:
	case w.script == nil:
		answer = w.misbehaves(c, p)
	case p == w.second:
		answer = w.script.second
	default:
		answer, c.refused = w.script.first, w.script.refused
	}
	if !c.refused {
		c.messages++
	}
	return answer
}

// handed notes the message of a call on the wire. A second request is of the same message.
func (w *world) handed(c *call) {
	for i, p := range w.wired {
		if p.call == c {
			w.wired = append(w.wired[:i], w.wired[i+1:]...)
			w.again++
			break
		}
	}
	w.wired = append(w.wired, published{w.clock.Now(), c.client, c})
}

func (w *world) misbehaves(c *call, p *provider) awsfake.Answer {
	if w.r.IntN(4) == 0 {
		w.clock.Advance(w.pause())
	}
	if w.depth < 3 && w.r.IntN(4) == 0 {
		w.step() // another call meanwhile
		w.call = c
	}
	k := w.r.IntN(16)
	if p.second != nil && w.r.IntN(2) == 0 {
		k = 8 + w.r.IntN(2) // else the second service seldom gets a message
	}
	switch k {
	case 0:
		return awsfake.Drop()
	case 1, 2:
		return awsfake.DropAfter()
	case 3:
		return awsfake.Cut()
	case 4:
		return awsfake.Half()
	case 5:
		return p.failing
	case 6:
		return p.refusing // for good
	case 7:
		c.cancel() // the time of the call ends
		return awsfake.Hang(nil)
	case 8:
		c.refused = true
		return p.busy
	case 9:
		c.refused = true
		return p.forbidding
	}
	return awsfake.Serve()
}
