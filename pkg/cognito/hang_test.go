package cognito_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"countersign/pkg/clients"
	"countersign/pkg/otp"
)

// manner is how a dependency answers.
type manner int

const (
	atOnce manner = iota
	slowly        // just before the time limit of package dynamostore
	never         // until the context ends
	manners
)

func (m manner) String() string { return [...]string{"at once", "slowly", "never"}[m] }

func (m manner) wait(ctx context.Context) error {
	takes := [...]time.Duration{0, 2250 * time.Millisecond, time.Hour}[m]
	select {
	case <-time.After(takes):
		return nil
	case <-ctx.Done():
		return errors.New("no answer")
	}
}

// reluctant stands in for each dependency of the triggers, each in a manner of its own. It stores one challenge.
type reluctant struct {
	otp.Challenges
	otp.Ledgers
	pool                                        *clients.Client
	held                                        *otp.Challenge
	client, traffic, write, spend, send, settle manner // write is Reserve, Claim and Attempt
}

func (r *reluctant) Find(ctx context.Context, _ string) (*clients.Client, error) {
	return r.pool, r.client.wait(ctx)
}

func (r *reluctant) FindAccessKey(ctx context.Context, key string) (*clients.Client, error) {
	return r.Find(ctx, key)
}

func (r *reluctant) Allow(ctx context.Context, _ *clients.Client) (bool, error) {
	return true, r.traffic.wait(ctx)
}

func (r *reluctant) Reserve(ctx context.Context, c otp.Challenge, _ *otp.Challenge, _ otp.Millis) (otp.Write, error) {
	if err := r.write.wait(ctx); err != nil || r.held != nil {
		return otp.Write{Item: r.held}, err
	}
	held := c
	held.State, held.Lease = otp.Delivered, 0 // the state after its code is sent
	r.held = &held
	return otp.Write{Applied: true}, nil
}

func (r *reluctant) Claim(ctx context.Context, c otp.Claim) (otp.Write, error) {
	mine := *r.held
	mine.Owner, mine.Lease = c.Owner, c.Lease
	return otp.Write{Applied: true, Item: &mine}, r.write.wait(ctx)
}

func (r *reluctant) Settle(ctx context.Context, _ otp.Settlement) (otp.Write, error) {
	return otp.Write{Applied: true}, r.settle.wait(ctx)
}

func (r *reluctant) Attempt(ctx context.Context, _ otp.Guess) (otp.Write, error) {
	return otp.Write{Applied: true, Item: r.held}, r.write.wait(ctx)
}

func (r *reluctant) Spend(ctx context.Context, _ otp.Spend) (otp.Spent, error) {
	return otp.Spent{Applied: true}, r.spend.wait(ctx)
}

func (r *reluctant) Send(ctx context.Context, _ otp.Message) (otp.Delivery, string, error) {
	if err := r.send.wait(ctx); err != nil {
		return otp.MaybeSent, "", err
	}
	return otp.Accepted, "", nil
}

// rely makes the triggers depend on r and on the virtual time of synctest.
func (p *pool) rely(r *reluctant) {
	t := p.triggers
	t.Clients, t.Limiter, t.Now = r, r, time.Now
	issuer := &t.Messages.Issuer
	issuer.Challenges, issuer.Ledgers, issuer.Sender, issuer.Now = r, r, r, time.Now
	t.Verifier.Challenges, t.Verifier.Now = r, time.Now
	t.Wait = func(ctx context.Context, d time.Duration) {
		select {
		case <-time.After(d):
		case <-ctx.Done():
		}
	}
}

// In each combination of slow and hanging dependencies, each trigger answers before Cognito calls again (P18). If only
// the sender hangs, that is not a fault.
func TestHanging(t *testing.T) {
	const answers = 4500 * time.Millisecond
	p := newPool(t)
	p.client.Policy.Cooldown = 0
	synctest.Test(t, func(t *testing.T) {
		r := &reluctant{}
		p.rely(r)
		begin := p.event("CreateAuthChallenge_Authentication", ana, nil)
		begin.request["challengeName"], begin.request["session"] = "CUSTOM_CHALLENGE", []any{}
		again := p.event(begin.source, ana, resend)
		again.request["challengeName"] = "CUSTOM_CHALLENGE"
		verify := p.event("VerifyAuthChallengeResponse_Authentication", ana, nil)
		verify.request["challengeAnswer"] = "000000"
		var longest time.Duration
		for n := range manners * manners * manners * manners * manners * manners {
			*r = reluctant{pool: p.client}
			begun, err := p.invoke(begin) // with all dependencies at once
			if err != nil {
				t.Fatal(err)
			}
			again.request["session"] = []any{
				object{"challengeName": "CUSTOM_CHALLENGE", "challengeMetadata": begun["challengeMetadata"]},
			}
			verify.request["privateChallengeParameters"] = begun["privateChallengeParameters"]
			for _, m := range []*manner{&r.client, &r.traffic, &r.write, &r.spend, &r.send, &r.settle} {
				*m, n = n%manners, n/manners
			}
			harmless := r.client+r.traffic+r.write+r.spend == 0 && r.settle <= slowly
			for name, e := range map[string]trigger{"begin": begin, "again": again, "verify": verify} {
				held := r.held
				if name == "begin" {
					r.held = nil
				}
				from := time.Now()
				_, err := p.invoke(e)
				took := time.Since(from)
				r.held, longest = held, max(longest, took)
				if took > answers || harmless && err != nil {
					t.Errorf("%s: %v after %v; client %v, traffic %v, write %v, spend %v, send %v, settle %v",
						name, err, took, r.client, r.traffic, r.write, r.spend, r.send, r.settle)
				}
			}
		}
		if longest != answers {
			t.Errorf("the longest took %v, want %v: the worst combination is missing", longest, answers)
		}
	})
}
