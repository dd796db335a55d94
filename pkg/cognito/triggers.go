package cognito

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"countersign/pkg/admission"
	"countersign/pkg/clients"
	"countersign/pkg/otp"
	"countersign/pkg/telemetry"
)

// Triggers serves the three triggers; it is a Lambda handler. All fields are required. It holds no state of its own and
// is safe for concurrent use.
type Triggers struct {
	*admission.Door
	// Client is the id of the client whose policy, brand and countries hold for the pool, and who pays.
	Client   string
	Messages admission.Messages
	Verifier otp.Verifier
	Rand     io.Reader // crypto/rand.Reader, or a test's own
	// Wait returns after d, or when ctx is done; see [Pace].
	Wait func(ctx context.Context, d time.Duration)
}

// Timeout bounds one call, except for storing the outcome of a message, which may take [otp.SettleTime]
// longer. So an answer takes at most 4.5 s, whatever hangs. Cognito waits five seconds, then calls up to two
// more times with the same event: an error is better than a second message.
const Timeout = 3500 * time.Millisecond

// errUndecided is the error of every fault: its cause could show the app whether a user exists.
var errUndecided = errors.New("the sign-in could not be decided: try again from the beginning")

// Invoke answers one event of Cognito's: the event itself with its response filled in. An error means that nothing was
// decided; Cognito then shows it to the app and issues no tokens.
func (t *Triggers) Invoke(ctx context.Context, payload []byte) ([]byte, error) {
	ctx, record := t.Begin(ctx, "cognito")
	answer, err := t.answer(ctx, payload)
	record.OK = err == nil && record.Reason == ""
	if err != nil {
		record.Result = "error"
	}
	t.Write(ctx, record)
	return answer, err
}

// answer calls the trigger of an event and gives it [Timeout]. It answers for panics.
func (t *Triggers) answer(ctx context.Context, payload []byte) (answer []byte, err error) {
	ctx, cancel := context.WithTimeout(ctx, Timeout)
	defer cancel()
	defer func() {
		if admission.Recovered(ctx, recover()) {
			answer, err = nil, errUndecided
		}
	}()
	return t.route(ctx, payload)
}

func (t *Triggers) route(ctx context.Context, payload []byte) ([]byte, error) {
	record := telemetry.From(ctx)
	var head events.CognitoEventUserPoolsHeader
	if json.Unmarshal(payload, &head) != nil {
		return nil, unknown(ctx) // the error itself could quote the payload
	}
	switch head.TriggerSource {
	case "DefineAuthChallenge_Authentication":
		record.API = "DefineAuthChallenge"
		return serve(ctx, t, payload, t.define)
	case "CreateAuthChallenge_Authentication":
		record.API = "CreateAuthChallenge"
		return serve(ctx, t, payload, t.create)
	case "VerifyAuthChallengeResponse_Authentication":
		record.API = "VerifyAuthChallengeResponse"
		return serve(ctx, t, payload, t.verify)
	}
	return nil, unknown(ctx)
}

var errEvent = errors.New("unknown event: expected one of a user pool's triggers, with the triggerSource " +
	"DefineAuthChallenge_Authentication, CreateAuthChallenge_Authentication " +
	"or VerifyAuthChallengeResponse_Authentication")

// unknown answers for an event that does not come from a trigger.
func unknown(ctx context.Context) error {
	telemetry.From(ctx).Detail = "unknown event"
	return errEvent
}

// misshapen answers for an event that only tools make: all attributes and metadata of Cognito's are text. The log line
// names the member.
func misshapen(ctx context.Context, err error) error {
	record := telemetry.From(ctx)
	record.Detail = "the event has a member of another type than Cognito's"
	if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		record.Detail = wrong.Field + ": must have Cognito's type, " + wrong.Type.Kind().String()
	}
	return errEvent
}

// serve answers an event of a trigger. Only Cognito may invoke the function, for one pool, so the caller is
// not a stranger.
func serve[E any](
	ctx context.Context, t *Triggers, payload []byte, answer func(context.Context, *E) error,
) ([]byte, error) {
	var e E
	if err := json.Unmarshal(payload, &e); err != nil {
		return nil, misshapen(ctx, err)
	}
	record := telemetry.From(ctx)
	record.Admitted, record.Client = true, t.Client
	if err := answer(ctx, &e); err != nil {
		return nil, err
	}
	return json.Marshal(e)
}

// client finds the client that the pool belongs to.
func (t *Triggers) client(ctx context.Context) (*clients.Client, error) {
	c, err := t.Find(ctx, t.Client)
	if err == nil && c == nil {
		err = errors.New("it is unknown or disabled: add it, or name another client as the user pool's")
	}
	if err != nil { // [clients.ErrBusy] too: no stranger chose the id
		return nil, fault(ctx, "client", err)
	}
	return c, nil
}

// count counts a request that reaches the tables against the client's rate. Above the rate nothing is decided; that is
// a refusal, not a fault.
func (t *Triggers) count(ctx context.Context, c *clients.Client) error {
	within, err := t.Count(ctx, c)
	if err != nil {
		return errUndecided
	}
	if !within {
		telemetry.From(ctx).Reason = "rate"
		return errUndecided
	}
	return nil
}

// fault notes a failure and returns the error for the app. where is one word, a dimension of a metric.
func fault(ctx context.Context, where string, cause error) error {
	telemetry.From(ctx).Fail(where, cause)
	return errUndecided
}

// challengeID returns the id of a session's challenge. The user is part of it, so one user's session is worth
// nothing in the session of another.
func challengeID(head events.CognitoEventUserPoolsHeader, session string) string {
	// No caller of a contract can choose an id with NUL in it, and no part but the last can contain NUL.
	return strings.Join([]string{
		"", "cognito", session, head.UserPoolID, head.CallerContext.ClientID, head.UserName,
	}, "\x00")
}

// resends reports whether an app asks for the code once more.
func resends(metadata map[string]string) bool { return metadata["action"] == "resend" }

// source returns the source of the person, from the client metadata. Cognito hands them to these triggers with an
// answer, and not with the first call of a sign-in. It hands them no address.
func source(c *clients.Client, metadata map[string]string) string {
	if c.Sources.Metadata == "" {
		return ""
	}
	return admission.Source(metadata[c.Sources.Metadata])
}
