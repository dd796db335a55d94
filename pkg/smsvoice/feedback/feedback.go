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
}

// Reporter is [changes.Feedback] on End User Messaging. It is safe for concurrent use.
type Reporter struct {
	client *pinpointsmsvoicev2.Client
	log    *slog.Logger
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
	return &Reporter{client: pinpointsmsvoicev2.NewFromConfig(cfg), log: c.Log}, nil
}

// Report implements [changes.Feedback].
func (r *Reporter) Report(ctx context.Context, verdicts []changes.Verdict) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	var (
		mu    sync.Mutex
		next  int
		lost  int
		cause error
	)
	take := func(failed error) (v changes.Verdict, ok bool) {
		mu.Lock()
		defer mu.Unlock()
		if failed != nil {
			lost, cause = lost+1, failed
		}
		if next == len(verdicts) || lost >= most {
			return v, false
		}
		next++
		return verdicts[next-1], true
	}
	var workers sync.WaitGroup
	for range min(atATime, len(verdicts)) {
		workers.Go(func() {
			for v, ok := take(nil); ok; v, ok = take(r.put(ctx, v)) {
			}
		})
	}
	workers.Wait()
	if lost += len(verdicts) - next; lost > 0 {
		r.log.WarnContext(ctx, "feedback", "lost", lost, "of", len(verdicts), "cause", cause.Error())
	}
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
