package gateway_test

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-lambda-go/events"

	"countersign/pkg/gateway"
)

// worker is a function that records the requests it served. A request of client U has an unknown outcome.
type worker struct {
	gateway.Handler
	mu     sync.Mutex
	served []string
	log    bytes.Buffer
}

func newWorker(work func(context.Context)) *worker {
	w := &worker{}
	w.Log = slog.New(slog.NewTextHandler(&w.log, nil))
	w.Serve = func(ctx context.Context, r gateway.Request) gateway.Response {
		var body struct{ N string }
		json.Unmarshal(r.Body, &body)
		w.mu.Lock()
		w.served = append(w.served, cmp.Or(body.N, "nameless"))
		w.mu.Unlock()
		work(ctx)
		return gateway.Response{Status: 200, Body: fmt.Appendf(nil, "%q", body.N), Unknown: r.Client == "U"}
	}
	return w
}

func atOnce(context.Context) {}

// done and unclear return a request with a known and with an unknown outcome. n is its name in worker.served.
func done(n string) string    { return fmt.Sprintf(`{"clientId":"S","n":%q}`, n) }
func unclear(n string) string { return fmt.Sprintf(`{"clientId":"U","n":%q}`, n) }

const malformed = `{"canary":"60-6543216353"}`

func message(id, group, body string) events.SQSMessage {
	m := events.SQSMessage{
		MessageId: id, Body: body, EventSource: "aws:sqs",
		EventSourceARN: "arn:aws:sqs:ap-southeast-1:123456789012:requests", Attributes: map[string]string{},
	}
	if group != "" {
		m.Attributes["MessageGroupId"] = group
	}
	return m
}

func fifo(id, group, body string) events.SQSMessage {
	m := message(id, group, body)
	m.EventSourceARN += ".fifo"
	return m
}

func (w *worker) run(t *testing.T, ctx context.Context, event any) (string, error) {
	t.Helper()
	payload, err := json.Marshal(event)
	if err != nil {
		t.Fatal(err)
	}
	out, err := w.Invoke(ctx, payload)
	return string(out), err
}

func TestQueue(t *testing.T) {
	for _, cases := range []map[string]queueCase{standardQueue, fifoQueue} {
		for name, c := range cases {
			t.Run(name, func(t *testing.T) {
				w := newWorker(atOnce)
				out, err := w.run(t, t.Context(), events.SQSEvent{Records: c.batch})
				if err != nil || out != c.out {
					t.Errorf("answered %s, %v, want %s", out, err, c.out)
				}
				slices.Sort(w.served) // requests of a batch run in parallel
				if served := strings.Join(w.served, " "); served != c.served {
					t.Errorf("served %q, want %q", served, c.served)
				}
				var answer events.SQSEventResponse
				if err := json.Unmarshal([]byte(out), &answer); err != nil || answer.BatchItemFailures == nil {
					t.Errorf("%s is not the answer of a batch: %v", out, err)
				}
			})
		}
	}
}

// queueCase is a batch, the names of the requests that are worked on in alphabetical order, and the answer.
type queueCase struct {
	batch  []events.SQSMessage
	served string
	out    string
}

// A standard queue: every message is worked on, and those whose outcome is unknown go back.
var standardQueue = map[string]queueCase{
	"all done": {
		[]events.SQSMessage{message("1", "", done("a")), message("2", "", done("b"))}, "a b",
		`{"batchItemFailures":[]}`,
	},
	"one not known": {
		[]events.SQSMessage{
			message("1", "", done("a")), message("2", "", unclear("b")), message("3", "", done("c")),
		},
		"a b c",
		`{"batchItemFailures":[{"itemIdentifier":"2"}]}`,
	},
	"none known": {
		[]events.SQSMessage{message("1", "", unclear("a")), message("2", "", unclear("b"))}, "a b",
		`{"batchItemFailures":[{"itemIdentifier":"1"},{"itemIdentifier":"2"}]}`,
	},
	"malformed": {
		[]events.SQSMessage{
			message("1", "", malformed), message("2", "", ""), message("3", "", "null"),
			message("4", "", "["), message("5", "", done("a")),
			message("6", "", `{"clientId":"S","rawPath":"/"}`),
			message("7", "", `{"Type":"Notification","Message":"{}"}`),
		},
		"a", `{"batchItemFailures":[]}`,
	},
	"a batch in a batch": {
		[]events.SQSMessage{
			message("1", "", `{"Records":[{"messageId":"m","eventSource":"aws:sqs","body":"{\"clientId\":\"U\"}"}]}`),
		},
		"", `{"batchItemFailures":[]}`,
	},
	"the same text, not known": {
		[]events.SQSMessage{
			message("1", "", unclear("a")), message("2", "", unclear("a")),
			message("3", "", unclear("b")),
		},
		"a b",
		`{"batchItemFailures":[{"itemIdentifier":"1"},{"itemIdentifier":"2"},{"itemIdentifier":"3"}]}`,
	},
	"groups of a queue that keeps no order": {
		[]events.SQSMessage{message("1", "g", unclear("a")), message("2", "g", done("b"))}, "a b",
		`{"batchItemFailures":[{"itemIdentifier":"1"}]}`,
	},
	"an id to be escaped": {
		[]events.SQSMessage{message(`a"\`, "", unclear("a"))}, "a",
		`{"batchItemFailures":[{"itemIdentifier":"a\"\\"}]}`,
	},
}

// A FIFO queue: after a message that goes back, the later ones of its group go back too.
var fifoQueue = map[string]queueCase{
	"the same text in two groups of a FIFO queue": {
		[]events.SQSMessage{fifo("1", "g", unclear("a")), fifo("2", "h", unclear("a"))}, "a a",
		`{"batchItemFailures":[{"itemIdentifier":"1"},{"itemIdentifier":"2"}]}`,
	},
	"groups of a FIFO queue": {
		[]events.SQSMessage{
			fifo("1", "g", done("a")), fifo("2", "g", unclear("b")), fifo("3", "h", done("c")),
			fifo("4", "g", done("d")), fifo("5", "g", malformed), fifo("6", "h", done("e")),
			fifo("7", "g", unclear("f")),
		},
		"a b c e",
		`{"batchItemFailures":[{"itemIdentifier":"2"},{"itemIdentifier":"4"},{"itemIdentifier":"5"},` +
			`{"itemIdentifier":"7"}]}`,
	},
	"malformed in a FIFO queue": {
		[]events.SQSMessage{fifo("1", "g", malformed), fifo("2", "g", done("a"))}, "a",
		`{"batchItemFailures":[]}`,
	},
}

// The log has the id of a dropped message and the reason, never its content.
func TestMalformedIsLogged(t *testing.T) {
	for from, event := range map[string]any{
		"sqs": events.SQSEvent{Records: []events.SQSMessage{message("m-1", "", malformed)}},
		"sns": events.SNSEvent{Records: []events.SNSEventRecord{
			{EventSource: "aws:sns", SNS: events.SNSEntity{MessageID: "m-1", Message: malformed}},
		}},
		"eventbridge": map[string]any{
			"id": "m-1", "detail-type": "t", "source": "s", "detail": json.RawMessage(malformed),
		},
	} {
		w := newWorker(atOnce)
		if _, err := w.run(t, t.Context(), event); err != nil || len(w.served) > 0 {
			t.Errorf("%s: served %v, %v", from, w.served, err)
		}
		log := w.log.String()
		for _, want := range []string{"malformed", "from=" + from, "message=m-1"} {
			if !strings.Contains(log, want) {
				t.Errorf("%s: the log line lacks %q: %s", from, want, log)
			}
		}
		if strings.Contains(log, "canary") || strings.Contains(log, "654321") {
			t.Errorf("%s: the log line quotes the message: %s", from, log)
		}
		// The remedy for a queue names this input path. On a rule in front of the function it would make direct
		// invocations, which Lambda does not repeat after an unknown outcome.
		if names := strings.Contains(log, "$.detail"); names != (from == "sqs") {
			t.Errorf("%s: logged %s", from, log)
		}
	}
}

// answers compares an answer. detail is a part of the wanted error, "" for none.
func answers(t *testing.T, out string, err error, want, detail string) {
	t.Helper()
	failed := err != nil
	if out != want || failed != (detail != "") || failed && !strings.Contains(err.Error(), detail) {
		t.Errorf("answered %s, %v, want %s, %q", out, err, want, detail)
	}
}

func TestTopic(t *testing.T) {
	for name, c := range map[string]struct {
		messages []string
		served   string
		out, err string
	}{
		"done":      {[]string{done("a")}, "a", `["a"]`, ""},
		"not known": {[]string{unclear("a")}, "a", "", "1 of 1"},
		"malformed": {[]string{malformed}, "", `[null]`, ""},
		// A topic knows no partial failure: the whole event comes again.
		"several":           {[]string{done("a"), malformed, done("b")}, "a b", `["a",null,"b"]`, ""},
		"several, not all":  {[]string{unclear("a"), done("b"), unclear("c")}, "a b c", "", "2 of 3"},
		"several malformed": {[]string{"", "canary", "null"}, "", `[null,null,null]`, ""},
	} {
		t.Run(name, func(t *testing.T) {
			var event events.SNSEvent
			for _, text := range c.messages {
				event.Records = append(event.Records, events.SNSEventRecord{
					EventSource: "aws:sns", EventVersion: "1.0",
					SNS: events.SNSEntity{Type: "Notification", MessageID: "m", Message: text},
				})
			}
			w := newWorker(atOnce)
			out, err := w.run(t, t.Context(), event)
			answers(t, out, err, c.out, c.err)
			if served := strings.Join(w.served, " "); served != c.served {
				t.Errorf("served %q, want %q", served, c.served)
			}
		})
	}
}

func TestBus(t *testing.T) {
	for name, c := range map[string]struct {
		detail   string
		out, err string
	}{
		"done":         {done("a"), `"a"`, ""},
		"not known":    {unclear("a"), "", "1 of 1"},
		"malformed":    {malformed, "null", ""},
		"no object":    {`[1]`, "null", ""},
		"no object, 2": {`"{\"clientId\":\"S\"}"`, "null", ""},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorker(atOnce)
			detail := json.RawMessage(c.detail)
			byHand := map[string]any{"detail-type": "t", "source": "s", "detail": detail} // no bus sent it: no id
			out, err := w.run(t, t.Context(), byHand)
			answers(t, out, err, c.out, c.err)
			out, err = w.run(t, t.Context(), events.CloudWatchEvent{
				Version: "0", ID: "m", DetailType: "Send", Source: "shop", Detail: detail,
			})
			answers(t, out, err, c.out, c.err)
		})
	}
}

// A handler without a log uses the default one.
func TestNoLog(t *testing.T) {
	before := slog.Default()
	defer slog.SetDefault(before)
	var text bytes.Buffer
	slog.SetDefault(slog.New(slog.NewTextHandler(&text, nil)))
	h := gateway.Handler{Serve: newWorker(atOnce).Serve}
	out, err := h.Invoke(
		t.Context(), []byte(`{"Records":[{"messageId":"m-1","eventSource":"aws:sqs","body":"canary"}]}`),
	)
	answers(t, string(out), err, `{"batchItemFailures":[]}`, "")
	if log := text.String(); !strings.Contains(log, "m-1") || strings.Contains(log, "canary\"") {
		t.Errorf("logged %s", log)
	}
}
