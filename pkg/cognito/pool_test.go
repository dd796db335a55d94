package cognito_test

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/lambdacontext"

	"countersign/pkg/admission"
	"countersign/pkg/clients"
	"countersign/pkg/cognito"
	"countersign/pkg/message/languages"
	"countersign/pkg/otp"
	"countersign/pkg/otp/storetest"
	"countersign/pkg/phone/plan"
	"countersign/pkg/sqlitestore"
	"countersign/pkg/sqlitestore/sqlitetest"
	"countersign/pkg/telemetry"

	"countersign/pkg/logtest"

	"countersign/pkg/clocktest"
)

// pool behaves like a user pool whose app client prevents user existence errors: it calls the triggers in Cognito's
// order, with events in Cognito's form, and keeps the content of each session. Unlike Cognito it lets a session be used
// twice, so the tests prove more than Cognito needs.
type pool struct {
	t        testing.TB
	triggers *cognito.Triggers
	users    map[string]map[string]string // attributes by user name
	gone     string                       // a user whom Cognito reports as not found, but with attributes
	client   *clients.Client
	store    *faulty
	phone    *handset
	clock    *clocktest.Clock
	log      *logtest.Buffer
	answers  []string // of the triggers, errors included
}

// The users of every pool.
const (
	ana   = "ana"   // has a verified number
	ben   = "ben"   // has another one
	nobdy = "nobdy" // does not exist
)

const anasNumber, bensNumber = "+60123456789", "+60129876543"

func verified(number string) map[string]string {
	return map[string]string{
		"sub": rand.Text(), "cognito:user_status": "CONFIRMED", "phone_number": number,
		"phone_number_verified": "true",
	}
}

func newPool(t testing.TB) *pool {
	t.Helper()
	db := sqlitetest.New(t)
	keys := storetest.Keys()
	p := &pool{
		t: t, store: &faulty{Store: db}, log: &logtest.Buffer{},
		clock: clocktest.New(time.Date(2026, 11, 22, 8, 0, 0, 123e6, time.UTC)),
		users: map[string]map[string]string{ana: verified(anasNumber), ben: verified(bensNumber)},
		client: &clients.Client{
			ID: "pool", Countries: []string{"MY"}, Policy: otp.DefaultPolicy(), Brand: "Acme",
			SenderID: "ACME",
		},
	}
	p.phone = &handset{clock: p.clock}
	timed := telemetry.Store{Challenges: p.store, Ledgers: p.store, Now: p.clock.Now}
	p.triggers = &cognito.Triggers{
		Door: &admission.Door{
			Clients: clients.Static{"pool": p.client},
			Now:     p.clock.Now,
			Log:     slog.New(slog.NewJSONHandler(p.log, nil)),
			Lines:   &telemetry.Lines{Stack: "prod"},
		},
		Client: "pool",
		Messages: admission.Messages{Lookup: plan.Lookup, Text: languages.For, Issuer: otp.Issuer{
			Challenges: timed, Ledgers: timed, Sender: telemetry.Sender{Sender: p.phone, Now: p.clock.Now},
			Keys: keys, Now: p.clock.Now, Rand: rand.Reader,
		}},
		Verifier: otp.Verifier{Challenges: timed, Keys: keys, Now: p.clock.Now, Rand: rand.Reader},
		Rand:     rand.Reader,
		Wait:     func(_ context.Context, d time.Duration) { p.clock.Advance(d) },
	}
	return p
}

type object = map[string]any

// sealed is a session as an app holds it. Cognito encrypts all of it but the public parameters.
type sealed struct {
	user    string
	rounds  []any // with results, except the last one
	private object
	public  object
}

// turn is Cognito's answer to an app: tokens, a refusal, or the next challenge.
type turn struct {
	tokens, refused bool
	next            *sealed
}

// signIn does as InitiateAuth.
func (p *pool) signIn(user string) (turn, error) {
	return p.define(&sealed{user: user, rounds: []any{}}, nil)
}

// answer does as RespondToAuthChallenge.
func (p *pool) answer(s *sealed, text string, metadata object) (turn, error) {
	e := p.event("VerifyAuthChallengeResponse_Authentication", s.user, metadata)
	e.request["privateChallengeParameters"], e.request["challengeAnswer"] = s.private, text
	response, err := p.invoke(e)
	if err != nil {
		return turn{}, err
	}
	rounds := slices.Clone(s.rounds)
	last := maps.Clone(rounds[len(rounds)-1].(object))
	last["challengeResult"] = response["answerCorrect"] == true
	rounds[len(rounds)-1] = last
	return p.define(&sealed{user: s.user, rounds: rounds}, metadata)
}

func (p *pool) define(s *sealed, metadata object) (turn, error) {
	e := p.event("DefineAuthChallenge_Authentication", s.user, metadata)
	e.request["session"] = s.rounds
	response, err := p.invoke(e)
	tokens, refused := response["issueTokens"] == true, response["failAuthentication"] == true
	if err != nil || tokens || refused {
		if tokens && refused {
			p.t.Error("tokens and a refusal")
		}
		return turn{tokens: tokens, refused: refused}, err
	}
	e = p.event("CreateAuthChallenge_Authentication", s.user, metadata)
	e.request["session"], e.request["challengeName"] = s.rounds, response["challengeName"]
	if response, err = p.invoke(e); err != nil {
		return turn{}, err
	}
	next := &sealed{
		user: s.user, public: response["publicChallengeParameters"].(object),
		private: response["privateChallengeParameters"].(object),
	}
	next.rounds = append(slices.Clone(s.rounds), object{
		"challengeName": "CUSTOM_CHALLENGE", "challengeResult": false,
		"challengeMetadata": response["challengeMetadata"],
	})
	return turn{next: next}, nil
}

// trigger is an event for a trigger.
type trigger struct {
	source, user string
	request      object
}

// event returns the part of an event that all three triggers share, in the form of the developer guide.
func (p *pool) event(source, user string, metadata object) trigger {
	r := object{"userAttributes": object{}, "userNotFound": true}
	if attributes, ok := p.users[user]; ok {
		r["userAttributes"], r["userNotFound"] = attributes, user == p.gone
	}
	if metadata != nil {
		r["clientMetadata"] = metadata
	}
	return trigger{source, user, r}
}

func (p *pool) invoke(e trigger) (object, error) {
	p.t.Helper()
	payload, err := json.Marshal(object{
		"version": "1", "region": "ap-southeast-1", "userPoolId": "ap-southeast-1_EXAMPLE",
		"userName": e.user, "triggerSource": e.source,
		"callerContext": object{"awsSdkVersion": "aws-sdk-unknown-unknown", "clientId": "57cbishk4j24pabc1234567890"},
		"request":       e.request, "response": object{},
	})
	if err != nil {
		p.t.Fatal(err)
	}
	ctx := lambdacontext.NewContext(context.Background(), &lambdacontext.LambdaContext{AwsRequestID: "an invocation"})
	out, err := p.triggers.Invoke(ctx, payload)
	if err != nil {
		p.answers = append(p.answers, err.Error())
		return nil, err
	}
	var answer struct {
		TriggerSource, UserName string
		Response                object
	}
	err = json.Unmarshal(out, &answer)
	if err != nil || answer.TriggerSource != e.source || answer.UserName != e.user {
		p.t.Fatalf("%s answered with %s, want the same event", payload, out)
	}
	text, _ := json.Marshal(answer.Response)
	p.answers = append(p.answers, string(text))
	return answer.Response, nil
}

// begin signs in and wants a challenge.
func (p *pool) begin(user string) *sealed {
	p.t.Helper()
	got, err := p.signIn(user)
	if err != nil || got.next == nil {
		p.t.Fatalf("sign in: %+v %v, want a challenge", got, err)
	}
	return got.next
}

// goOn answers and wants the next challenge.
func (p *pool) goOn(s *sealed, text string, metadata object) *sealed {
	p.t.Helper()
	got, err := p.answer(s, text, metadata)
	if err != nil || got.next == nil {
		p.t.Fatalf("answer: %+v %v, want a challenge again", got, err)
	}
	return got.next
}

// passes answers and wants tokens.
func (p *pool) passes(s *sealed, text string) {
	p.t.Helper()
	if got, err := p.answer(s, text, nil); err != nil || !got.tokens {
		p.t.Fatalf("answer: %+v %v, want tokens", got, err)
	}
}

// fails answers and wants a refusal.
func (p *pool) fails(s *sealed, text string) {
	p.t.Helper()
	if got, err := p.answer(s, text, nil); err != nil || !got.refused {
		p.t.Fatalf("answer: %+v %v, want a refusal", got, err)
	}
}

// code returns the code of the latest message; there must be so many messages.
func (p *pool) code(messages int) string {
	p.t.Helper()
	if len(p.phone.got) != messages {
		p.t.Fatalf("%d messages, want %d", len(p.phone.got), messages)
	}
	return string(p.phone.got[messages-1].Code)
}

// not returns a wrong code.
func not(code string) string {
	if code[0] == '9' {
		return "0" + code[1:]
	}
	return string(code[0]+1) + code[1:]
}

var resend = object{"action": "resend"}

// handset is a sender that keeps its messages. The test sets how long each send takes.
type handset struct {
	clock   *clocktest.Clock
	takes   time.Duration
	answers []otp.Delivery // to the next messages; Accepted to later ones
	cause   error          // of refusals; nil: the number is the cause
	got     []otp.Message
}

func (h *handset) Send(_ context.Context, m otp.Message) (otp.Delivery, string, error) {
	h.clock.Advance(h.takes)
	answer := otp.Accepted
	if len(h.answers) > 0 {
		answer, h.answers = h.answers[0], h.answers[1:]
	}
	if answer == otp.Refused {
		return answer, "", cmp.Or(h.cause, errors.New("refused, as the test wants it"))
	}
	h.got = append(h.got, m)
	if answer == otp.MaybeSent {
		return answer, "", errors.New("unclear, as the test wants it")
	}
	return answer, "", nil
}

// faulty is a store that fails at chosen calls, before or after their effect.
type faulty struct {
	*sqlitestore.Store
	mu     sync.Mutex
	calls  int
	fails  func(call int) bool // counted from 1; nil never
	effect bool
}

var errFault = errors.New("the table is throttled, as the test wants it")

func through[T any](f *faulty, call func() (T, error)) (T, error) {
	f.mu.Lock()
	f.calls++
	fails := f.fails != nil && f.fails(f.calls)
	f.mu.Unlock()
	var none T
	if fails && !f.effect {
		return none, errFault
	}
	out, err := call()
	if fails {
		return none, errFault
	}
	return out, err
}

func (f *faulty) Reserve(ctx context.Context, c otp.Challenge, over *otp.Challenge, now otp.Millis) (otp.Write, error) {
	return through(f, func() (otp.Write, error) { return f.Store.Reserve(ctx, c, over, now) })
}

func (f *faulty) Claim(ctx context.Context, c otp.Claim) (otp.Write, error) {
	return through(f, func() (otp.Write, error) { return f.Store.Claim(ctx, c) })
}

func (f *faulty) Settle(ctx context.Context, s otp.Settlement) (otp.Write, error) {
	return through(f, func() (otp.Write, error) { return f.Store.Settle(ctx, s) })
}

func (f *faulty) Attempt(ctx context.Context, g otp.Guess) (otp.Write, error) {
	return through(f, func() (otp.Write, error) { return f.Store.Attempt(ctx, g) })
}

func (f *faulty) Spend(ctx context.Context, s otp.Spend) (otp.Spent, error) {
	return through(f, func() (otp.Spent, error) { return f.Store.Spend(ctx, s) })
}
