package feedback_test

import (
	"bytes"
	"cmp"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"countersign/pkg/awsfake"
	"countersign/pkg/changes"
	"countersign/pkg/smsvoice/feedback"
)

func reporter(t *testing.T, c feedback.Config) (*feedback.Reporter, *bytes.Buffer) {
	t.Helper()
	t.Setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "secret")
	var log bytes.Buffer
	c.Log = slog.New(slog.NewTextHandler(&log, nil))
	c.Now = time.Now
	r, err := feedback.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return r, &log
}

func id(n int) string { return fmt.Sprintf("94f20ce6-13c5-43a0-9a9e-ca52d816%04d", n) }

// verdicts makes n verdicts, of which each second one is that its message was received.
func verdicts(n int) (list []changes.Verdict) {
	for i := range n {
		list = append(list, changes.Verdict{Message: id(i), Received: i%2 == 0})
	}
	return list
}

// Each verdict is one request, signed and in the service's model.
func TestReport(t *testing.T) {
	stub := awsfake.StartSMSVoice(t)
	r, log := reporter(t, feedback.Config{Endpoint: stub.URL})
	r.Report(t.Context(), verdicts(20))
	got := stub.Feedback()
	slices.SortFunc(got, func(a, b awsfake.Feedback) int { return cmp.Compare(a.MessageID, b.MessageID) })
	if len(got) != 20 || stub.Count() != 20 || log.Len() > 0 {
		t.Fatalf("%d verdicts in %d requests, log %q; want 20 and no line", len(got), stub.Count(), log)
	}
	for i, f := range got {
		want := awsfake.Feedback{MessageID: id(i), MessageFeedbackStatus: []string{"RECEIVED", "FAILED"}[i%2]}
		if f != want {
			t.Errorf("reported %+v, want %+v", f, want)
		}
	}
	if len(stub.Requests()) > 0 {
		t.Errorf("%d messages were sent", len(stub.Requests()))
	}
}

// A request that is lost, throttled or answered badly is tried again. What is refused is not, and what the service
// does not know is no fault. A report that loses verdicts has one line with their number, and nothing of the request.
func TestFaults(t *testing.T) {
	const lost = `lost=1 of=1 cause="sms-voice: PutMessageFeedback:`
	refuse := func(exception string) awsfake.Answer {
		return awsfake.RefuseText(http.StatusBadRequest, exception, "")
	}
	for name, c := range map[string]struct {
		answers []awsfake.Answer
		taken   int
		line    string // "" for no line
	}{
		"dropped":   {[]awsfake.Answer{awsfake.Drop(), awsfake.Drop()}, 1, ""},
		"throttled": {[]awsfake.Answer{refuse("ThrottlingException")}, 1, ""},
		"in trouble": {[]awsfake.Answer{
			awsfake.RefuseText(http.StatusInternalServerError, "InternalServerException", "")}, 1, ""},
		"of SNS":  {[]awsfake.Answer{refuse("ResourceNotFoundException")}, 0, ""},
		"denied":  {[]awsfake.Answer{refuse("AccessDeniedException")}, 0, lost + " AccessDeniedException"},
		"refused": {[]awsfake.Answer{refuse("ValidationException")}, 0, lost + " ValidationException"},
		"away":    {slices.Repeat([]awsfake.Answer{awsfake.Drop()}, 3), 0, lost},
	} {
		t.Run(name, func(t *testing.T) {
			stub := awsfake.StartSMSVoice(t)
			r, log := reporter(t, feedback.Config{Endpoint: stub.URL})
			stub.Next(c.answers...)
			r.Report(t.Context(), verdicts(1))
			if got := len(stub.Feedback()); got != c.taken {
				t.Errorf("%d verdicts arrived, want %d", got, c.taken)
			}
			if text := log.String(); !strings.Contains(text, c.line) || strings.Count(text, "\n") > 1 ||
				(c.line == "") != (text == "") || name != "denied" && strings.Contains(text, id(0)) {
				t.Errorf("log %q, want %q", text, c.line)
			}
		})
	}
}

// A service that is away does not hold up the stream: after some faults the rest of a report is not tried.
func TestGivesUp(t *testing.T) {
	stub := awsfake.StartSMSVoice(t)
	stub.Otherwise(awsfake.RefuseText(http.StatusBadRequest, "AccessDeniedException", ""))
	r, log := reporter(t, feedback.Config{Endpoint: stub.URL})
	r.Report(t.Context(), verdicts(500))
	if stub.Count() > 40 || !strings.Contains(log.String(), "lost=500 of=500") {
		t.Errorf("%d requests, log %q; want a few, and all 500 lost", stub.Count(), log)
	}
}

// A service that hangs costs a report eight seconds at most.
func TestHangs(t *testing.T) {
	hang := roundTrip(func(r *http.Request) (*http.Response, error) {
		<-r.Context().Done()
		return nil, r.Context().Err()
	})
	synctest.Test(t, func(t *testing.T) {
		r, log := reporter(t, feedback.Config{Endpoint: "http://127.0.0.1:1", Transport: hang})
		begun := time.Now()
		r.Report(t.Context(), verdicts(100))
		if took := time.Since(begun); took > 8*time.Second || !strings.Contains(log.String(), "lost=100 of=100") {
			t.Errorf("after %v: %q", took, log)
		}
	})
}

// While the service hangs, the stream goes on: of an hour, the reports of all batches together take a small part. The
// service is tried again meanwhile, and verdicts arrive as soon as it answers.
func TestHangsForAnHour(t *testing.T) {
	for name, size := range map[string]int{"full batches": 100, "small batches": 2} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				begun, requests := time.Now(), 0
				var mu sync.Mutex
				service := roundTrip(func(r *http.Request) (*http.Response, error) {
					if time.Since(begun) < time.Hour {
						<-r.Context().Done()
						return nil, r.Context().Err()
					}
					mu.Lock()
					defer mu.Unlock()
					requests++
					header := http.Header{"Content-Type": {"application/x-amz-json-1.0"}}
					return &http.Response{StatusCode: 200, Header: header, Body: http.NoBody, Request: r}, nil
				})
				r, _ := reporter(t, feedback.Config{Endpoint: "http://127.0.0.1:1", Transport: service})
				var waited time.Duration
				for time.Since(begun) < time.Hour {
					at := time.Now()
					r.Report(t.Context(), verdicts(size))
					waited += time.Since(at)
					time.Sleep(time.Second)
				}
				if waited > 10*time.Minute {
					t.Errorf("the stream waited %v in an hour", waited)
				}
				time.Sleep(2 * time.Minute)
				if r.Report(t.Context(), verdicts(size)); requests != size {
					t.Errorf("%d of %d verdicts arrive after the hour", requests, size)
				}
			})
		})
	}
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }
