// Package feedback reports to AWS End User Messaging SMS whether its messages were received (PutMessageFeedback). AWS
// shows the rates, and its fraud filter learns from them.
//
// It is apart from package smsvoice, so that a function which reports can send nothing.
package feedback

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/pinpointsmsvoicev2"
	"github.com/aws/aws-sdk-go-v2/service/pinpointsmsvoicev2/types"

	"countersign/pkg/awsclient"
	"countersign/pkg/changes"
)

// A report ends within patience, whatever the service does. Each verdict is a request of its own, some tens of
// milliseconds long, of which a few run at a time.
const (
	patience       = 8 * time.Second
	attemptTimeout = 2 * time.Second
	firstPause     = 100 * time.Millisecond
	atATime        = 8
)

// most is the number of verdicts that may fail in one report before the rest is not tried: the service is away.
const most = 2 * atATime

// rest is how long verdicts are not tried after a report of which the service answered none. The records of the stream
// behind a report wait until it ends.
const rest = time.Minute

// Config is the place of the service.
type Config struct {
	// Region of the service, such as "eu-central-1". It is optional with an Endpoint.
	Region string
	// Endpoint of a server with the service's protocol. "" is the service itself.
	Endpoint string
	// Transport carries the requests; nil makes one. Tests inject faults with it.
	Transport http.RoundTripper
	// Log gets one line for each report that loses verdicts.
	Log *slog.Logger
	// Now is the clock.
	Now func() time.Time
}

// Reporter is [changes.Feedback] on End User Messaging. It is safe for concurrent use.
type Reporter struct {
	client *pinpointsmsvoicev2.Client
	log    *slog.Logger
	now    func() time.Time

	mu    sync.Mutex
	until time.Time // the service is left alone
}

var _ changes.Feedback = (*Reporter)(nil)

// New returns a reporter and makes no request. [awsclient.Configure] documents the source of credentials and the
// retries; a verdict may arrive twice.
func New(c Config) (*Reporter, error) {
	cfg, err := awsclient.Configure(awsclient.Settings{
		Service: "sms-voice", Region: c.Region, Endpoint: c.Endpoint, Transport: c.Transport,
		Attempt: attemptTimeout, Pause: firstPause, Connections: atATime,
	})
	if err != nil {
		return nil, err
	}
	return &Reporter{client: pinpointsmsvoicev2.NewFromConfig(cfg), log: c.Log, now: c.Now}, nil
}

// Report implements [changes.Feedback].
func (r *Reporter) Report(ctx context.Context, verdicts []changes.Verdict) {
	begun := r.now()
	if r.rests(begun) {
		r.line(ctx, len(verdicts), len(verdicts), errAway)
		return
	}
	lost, tried, cause := r.report(ctx, verdicts)
	if lost == tried && r.now().Sub(begun) >= attemptTimeout {
		r.mu.Lock()
		r.until = r.now().Add(rest)
		r.mu.Unlock()
	}
	if lost += len(verdicts) - tried; lost > 0 {
		r.line(ctx, lost, len(verdicts), cause)
	}
}

// errAway is why a verdict is not tried.
var errAway = errors.New("sms-voice: PutMessageFeedback: not tried, because the service gave no answer a moment before")

func (r *Reporter) rests(now time.Time) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return now.Before(r.until)
}

func (r *Reporter) line(ctx context.Context, lost, of int, cause error) {
	r.log.WarnContext(ctx, "feedback", "lost", lost, "of", of, "cause", cause.Error())
}

// report tries verdicts. It returns how many were tried, and how many of these are lost.
func (r *Reporter) report(ctx context.Context, verdicts []changes.Verdict) (lost, tried int, cause error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	var mu sync.Mutex
	take := func(failed error) (v changes.Verdict, ok bool) {
		mu.Lock()
		defer mu.Unlock()
		if failed != nil {
			lost, cause = lost+1, failed
		}
		if tried == len(verdicts) || lost >= most {
			return v, false
		}
		tried++
		return verdicts[tried-1], true
	}
	var workers sync.WaitGroup
	for range min(atATime, len(verdicts)) {
		workers.Go(func() {
			for v, ok := take(nil); ok; v, ok = take(r.put(ctx, v)) {
			}
		})
	}
	workers.Wait()
	return lost, tried, cause
}

// put reports one verdict. A message that the service does not know is no fault: SNS may have sent it, whose ids have
// the same form.
func (r *Reporter) put(ctx context.Context, v changes.Verdict) error {
	status := types.MessageFeedbackStatusFailed
	if v.Received {
		status = types.MessageFeedbackStatusReceived
	}
	_, err := r.client.PutMessageFeedback(ctx, &pinpointsmsvoicev2.PutMessageFeedbackInput{
		MessageId: aws.String(v.Message), MessageFeedbackStatus: status,
	})
	var unknown *types.ResourceNotFoundException
	if err == nil || errors.As(err, &unknown) {
		return nil
	}
	return awsclient.Fault("sms-voice: PutMessageFeedback", err)
}
