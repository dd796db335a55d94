package stream_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"countersign/pkg/changes"
	"countersign/pkg/changes/changestest"
	"countersign/pkg/changes/stream"
	"countersign/pkg/otp"
)

const (
	none, wrong, right = "LQ==", "d3Jvbmc=", "cmlnaHQ="
	number0            = `{"eventID":"l","eventName":"MODIFY","dynamodb":{"Keys":{"pk":{"S":"N#1"}},` +
		`"SequenceNumber":"l","OldImage":{"pk":{"S":"N#1"},"unanswered":{"N":"1"}},"NewImage":{"pk":{"S":"N#1"},` +
		`"unanswered":{"N":"2"}}}}`
	traffic = `{"eventID":"c","eventName":"INSERT","dynamodb":{"Keys":{"pk":{"S":"T#1"}},` +
		`"SequenceNumber":"c","NewImage":{"pk":{"S":"T#1"}}}}`
)

// record returns a guess at the n-th challenge as Lambda delivers it: the guess before it,
// the guess itself, and the number of attempts before it.
func record(n int, was, is string, attempts int) string {
	image := func(guess string, attempts int) string {
		return fmt.Sprintf(
			`{"pk":{"S":"C#demo#%d"},"authId":{"S":"%035d"},"seed":{"B":"c2VlZA=="},"state":{"S":"sent"},`+
				`"result":{"S":""},"code":{"B":"cmlnaHQ="},"guess":{"B":%q},`+
				`"op":{"S":"o%d"},"attempts":{"N":"%d"},"max":{"N":"5"},"chosen":{"N":"0"},`+
				`"sentAt":{"N":"1795320306007"},`+
				`"expiresAt":{"N":"1795320606007"},"ledger":{"S":"N#%d"},"mask":{"S":"+60**1"},`+
				`"client":{"S":"demo"},"region":{"S":"MY"}}`,
			n, n, guess, attempts, attempts, n,
		)
	}
	return fmt.Sprintf(
		`{"eventID":"e%d","eventName":"MODIFY","eventSourceARN":"arn",`+
			`"dynamodb":{"ApproximateCreationDateTime":1795320310,"Keys":{"pk":{"S":"C#demo#%d"}},`+
			`"SequenceNumber":"s%d","OldImage":%s,"NewImage":%s}}`,
		n, n, n, image(was, attempts), image(is, attempts+1),
	)
}

func batch(records ...string) (b stream.Batch) {
	for _, r := range records {
		b.Records = append(b.Records, json.RawMessage(r))
	}
	return b
}

// handle delivers one batch, which it decodes as aws-lambda-go does.
func handle(t *testing.T, h stream.Handler, records ...string) (failed []string) {
	t.Helper()
	text, err := json.Marshal(map[string]any{"Records": batch(records...).Records})
	if err != nil {
		t.Fatal(err)
	}
	var b stream.Batch
	if err := json.Unmarshal(text, &b); err != nil {
		t.Fatal(err)
	}
	got, err := h.Handle(t.Context(), b)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range got.BatchItemFailures {
		failed = append(failed, f.ItemIdentifier)
	}
	return failed
}

func kinds(facts []changes.Fact) (list []string) {
	for _, f := range facts {
		list = append(list, string(f.Kind))
	}
	return list
}

// A right code marks its ledger as answered. Changes of other items mean nothing.
func TestOnlyPassesAnswer(t *testing.T) {
	m, b := &memory{}, &bus{}
	failed := handle(t, handler(m, b, nil),
		record(1, none, wrong, 0), record(2, none, right, 0), record(3, wrong, right, 1), number0, traffic)
	if want := []string{"N#2", "N#3"}; !slices.Equal(m.answered, want) || failed != nil {
		t.Errorf("answered %v, failed %v, want %v", m.answered, failed, want)
	}
	if got := kinds(b.facts); !slices.Equal(got, []string{"ChallengeFailed", "ChallengePassed", "ChallengePassed"}) {
		t.Errorf("facts %v", got)
	}
	if at := b.facts[0].Time; !at.Equal(time.Unix(1795320310, 0)) {
		t.Errorf("the time of the guess is %v, want the record's", at)
	}
}

// The stream repeats from the first record that is not done.
func TestFailure(t *testing.T) {
	m, b := &memory{}, &bus{}
	b.fail = func(facts []changes.Fact) (int, error) { return 1, errors.New("away") }
	records := []string{number0, record(1, none, right, 0), record(2, none, wrong, 0), record(3, none, right, 0)}
	if failed := handle(t, handler(m, b, nil), records...); !slices.Equal(failed, []string{"s2"}) {
		t.Errorf("failed %v, want s2", failed)
	}
	b.fail = nil
	if failed := handle(t, handler(m, b, nil), records[2:]...); failed != nil {
		t.Errorf("failed %v", failed)
	}
	if got := kinds(b.facts); !slices.Equal(got, []string{"ChallengePassed", "ChallengeFailed", "ChallengePassed"}) {
		t.Errorf("facts %v", got)
	}
}

// A record that cannot be read becomes an event and a log line, and does not hold up the
// stream. Neither of the two quotes the record.
func TestPoison(t *testing.T) {
	good := record(1, none, wrong, 0)
	for name, bad := range map[string]string{
		"no record":          `["canary"]`,
		"null":               `null`,
		"a strange type":     strings.Replace(good, `"attempts":{"N":"1"}`, `"attempts":{"X":"canary"}`, 1),
		"broken binary":      strings.Replace(good, `"seed":{"B":"c2VlZA=="}`, `"seed":{"B":"canary!"}`, 1),
		"no keys":            strings.Replace(good, `"Keys":{"pk":{"S":"C#demo#1"}},`, "", 1),
		"a key that is none": strings.Replace(good, `"Keys":{"pk":{"S":"C#demo#1"}}`, `"Keys":{"pk":{"N":"1"}}`, 1),
		"no images": `{"eventSourceARN":"arn","dynamodb":{"Keys":{"pk":{"S":"C#canary"}},` +
			`"SequenceNumber":"s1"}}`,
		"keys only": `{"eventSourceARN":"arn","dynamodb":{"Keys":{"pk":{"S":"C#canary"}},` +
			`"NewImage":{"pk":{"S":"C#canary"}},"SequenceNumber":"s1"}}`,
		"mistyped after":  strings.Replace(good, `"attempts":{"N":"1"}`, `"attempts":{"S":"canary"}`, 1),
		"mistyped before": strings.Replace(good, `"attempts":{"N":"0"}`, `"attempts":{"S":"canary"}`, 1),
		"a fraction":      strings.Replace(good, `"attempts":{"N":"1"}`, `"attempts":{"N":"1.5"}`, 1),
		"more than max":   strings.Replace(good, `"attempts":{"N":"1"}`, `"attempts":{"N":"6"}`, 1),
		"less than none":  strings.Replace(good, `"attempts":{"N":"1"}`, `"attempts":{"N":"-1"}`, 1),
		"a billion": strings.NewReplacer(`"attempts":{"N":"1"}`, `"attempts":{"N":"1000000000"}`,
			`"max":{"N":"5"}`, `"max":{"N":"1000000000"}`).Replace(good),
		"without its seed":     strings.ReplaceAll(good, `"seed":{"B":"c2VlZA=="},`, ""),
		"without its client":   strings.ReplaceAll(good, `"client":{"S":"demo"},`, ""),
		"a null":               strings.Replace(good, `"state":{"S":"sent"}`, `"state":{"NULL":true}`, 2),
		"a binary for a text":  strings.ReplaceAll(good, `"op":{"S":"o1"}`, `"op":{"B":"Y2FuYXJ5"}`),
		"a text for a binary":  strings.ReplaceAll(good, `"guess":{"B":"d3Jvbmc="}`, `"guess":{"S":"canary"}`),
		"not even JSON inside": `{"eventSourceARN":"arn","dynamodb":{"SequenceNumber":"s1","NewImage":"canary"}}`,
	} {
		t.Run(name, func(t *testing.T) {
			if bad == good {
				t.Fatal("the record is the good one")
			}
			poison(t, bad)
		})
	}
}

// poison delivers a record that cannot be read, and a good one behind it.
func poison(t *testing.T, bad string) {
	t.Helper()
	var log bytes.Buffer
	m, b := &memory{}, &bus{}
	h := handler(m, b, slog.New(slog.NewTextHandler(&log, nil)))
	failed := handle(t, h, bad, record(2, none, right, 0))
	if got := kinds(b.facts); failed != nil || !slices.Equal(got, []string{"RecordUnreadable", "ChallengePassed"}) {
		t.Fatalf("events %v, failed %v", got, failed)
	}
	changestest.Valid(t, b.facts[0])
	f, numbered := b.facts[0], strings.Contains(bad, `"SequenceNumber"`)
	place := f.SequenceNumber == "s1" && f.Stream == "arn" && strings.Contains(log.String(), "sequence=s1")
	if numbered && !place {
		t.Errorf("event %+v, log %s: they do not name the record", f, log.String())
	}
	text := fmt.Sprintf("%+v", f) + log.String()
	if strings.Contains(text, "canary") || strings.Contains(text, "Y2Fu") {
		t.Errorf("event and log quote a value: %s", text)
	}
	if len(m.answered) != 1 {
		t.Errorf("answered %v", m.answered)
	}
	// It stays in the stream while nobody takes the event.
	b.fail = func([]changes.Fact) (int, error) { return 0, errors.New("away") }
	got, err := handler(m, b, nil).Handle(t.Context(), batch(bad))
	want := []events.DynamoDBBatchItemFailure{{ItemIdentifier: "s1"}}
	switch {
	case !numbered && err == nil:
		t.Error("a record without a number was dropped")
	case numbered && (err != nil || !slices.Equal(got.BatchItemFailures, want)):
		t.Errorf("reported %+v, %v, want %+v", got, err, want)
	}
}

// The work ends before the invocation, so that there is time for the report.
func TestDeadline(t *testing.T) {
	ctx, cancel := context.WithDeadline(t.Context(), time.Now().Add(time.Minute))
	defer cancel()
	end, _ := ctx.Deadline()
	var got time.Time
	h := handler(&memory{}, &bus{}, nil)
	h.Consumer.Events = publishing(func(ctx context.Context) { got, _ = ctx.Deadline() })
	if _, err := h.Handle(ctx, batch(record(1, none, right, 0))); err != nil {
		t.Fatal(err)
	}
	if left := end.Sub(got); left < time.Second || left > 5*time.Second {
		t.Errorf("work ends %v before the invocation", left)
	}
}

// slowBatch is the number of records in a batch of TestSlow: more than its slow steps
// can do in one invocation.
const slowBatch = 40

// A slow step takes no time from the other one, and each delivery makes progress. All is
// done in the end, and a step that is not slow is done in the first delivery.
func TestSlow(t *testing.T) {
	var records []json.RawMessage
	for n := range slowBatch {
		records = append(records, json.RawMessage(record(n, none, right, 0)))
	}
	for name, slow := range map[string]slowness{
		"numbers":             {answered: 600 * time.Millisecond},
		"numbers, nearly out": {answered: 14 * time.Second},
		"bus":                 {publish: 5 * time.Second},
		"both":                {time.Second, time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m, b := &memory{}, &bus{}
				h := handler(slowNumbers{m, slow.answered}, slowBus{b, slow.publish}, nil)
				for left := records; len(left) > 0; {
					done := invokeInTime(t, h, left)
					if done == 0 {
						t.Fatalf("no record is done; answered %d, published %d", len(m.answered), len(b.facts))
					}
					left = left[done:]
					if slow.publish == 0 && len(b.facts) < slowBatch {
						t.Fatalf("published %d, want all in the first delivery", len(b.facts))
					}
					if slow.answered == 0 && len(m.answered) < slowBatch {
						t.Fatalf("answered %d, want all in the first delivery", len(m.answered))
					}
				}
				if len(m.answered) < slowBatch || len(b.facts) < slowBatch {
					t.Errorf("answered %d, published %d, want all %d", len(m.answered), len(b.facts), slowBatch)
				}
			})
		})
	}
}

// invokeInTime delivers a batch to a function whose invocation may take a minute, and
// returns how many records are done.
func invokeInTime(t *testing.T, h stream.Handler, batch []json.RawMessage) (done int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	got, err := h.Handle(ctx, stream.Batch{Records: batch})
	if err != nil || ctx.Err() != nil {
		t.Fatalf("error %v; the invocation's time is over: %v", err, ctx.Err())
	}
	return doneBefore(t, batch, got.BatchItemFailures)
}

// slowness is the time for one number, and the time for ten events.
type slowness struct{ answered, publish time.Duration }

type slowNumbers struct {
	*memory
	each time.Duration
}

func (s slowNumbers) Answered(ctx context.Context, a otp.Answer) error {
	if err := pass(ctx, s.each); err != nil {
		return err
	}
	return s.memory.Answered(ctx, a)
}

type slowBus struct {
	*bus
	each time.Duration
}

func (s slowBus) Publish(ctx context.Context, facts []changes.Fact) (int, error) {
	done := 0
	for done < len(facts) { // in tens, while there is time
		if err := pass(ctx, s.each); err != nil {
			return done, err
		}
		n, err := s.bus.Publish(ctx, facts[done:min(done+10, len(facts))])
		if done += n; err != nil {
			return done, err
		}
	}
	return done, nil
}

// pass waits for d in the virtual time of a test.
func pass(ctx context.Context, d time.Duration) error {
	ctx, cancel := context.WithTimeoutCause(ctx, d, errPassed)
	defer cancel()
	if <-ctx.Done(); context.Cause(ctx) != errPassed {
		return ctx.Err()
	}
	return nil
}

var errPassed = errors.New("the time is over")

type publishing func(context.Context)

func (p publishing) Publish(ctx context.Context, facts []changes.Fact) (int, error) {
	p(ctx)
	return len(facts), nil
}
