package gateway_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"countersign/pkg/filetest"
	"countersign/pkg/gateway"
	"countersign/pkg/otp"
	"countersign/pkg/snssender"
)

// standard is a batch of n messages of a standard queue.
func standard(n int) (batch []events.SQSMessage) {
	for i := range n {
		batch = append(batch, message(strconv.Itoa(i), "", done(strconv.Itoa(i))))
	}
	return batch
}

// receive invokes the function with a batch and returns the messages that go back. The function is stopped after the
// given time; 0 means never.
func (w *worker) receive(t *testing.T, function time.Duration, batch []events.SQSMessage) (back []events.SQSMessage) {
	t.Helper()
	ctx := context.Background()
	if function > 0 {
		var cancel func()
		ctx, cancel = context.WithTimeout(ctx, function)
		defer cancel()
	}
	out, err := w.run(t, ctx, events.SQSEvent{Records: batch})
	if ctx.Err() != nil {
		t.Error("no answer before the function was stopped")
	}
	var answer events.SQSEventResponse
	if err != nil || json.Unmarshal([]byte(out), &answer) != nil {
		t.Fatal(out, err)
	}
	for _, f := range answer.BatchItemFailures {
		named := func(m events.SQSMessage) bool { return m.MessageId == f.ItemIdentifier }
		back = append(back, batch[slices.IndexFunc(batch, named)])
	}
	return back
}

const (
	function = 10 * time.Second // as in template.yaml
	second   = time.Second
	most     = 5 // maxReceiveCount
)

// takes returns work that ignores its context.
func takes(d time.Duration) func(context.Context) {
	return func(context.Context) { time.Sleep(d) }
}

func hang(ctx context.Context) { <-ctx.Done() }

// Ten requests run in parallel. A request begins only if there is time to end and answer it before the function is
// stopped; the others go back.
func TestTimeOfBatch(t *testing.T) {
	for name, c := range map[string]struct {
		function time.Duration // 0: never stopped
		work     func(context.Context)
		batch    int
		served   int
		took     time.Duration
	}{
		"side by side":             {function, takes(second), 10, 10, second},
		"ten at once":              {function, takes(second), 40, 40, 4 * second},
		"time for forty":           {function, takes(second), 100, 40, 4 * second},
		"short calls":              {function, takes(80 * time.Millisecond), 400, 400, 40 * 80 * time.Millisecond},
		"no end":                   {0, takes(second), 100, 100, 10 * second},
		"all hang":                 {function, hang, 25, 10, gateway.Timeout},
		"all hang, no end":         {0, hang, 25, 25, 3 * gateway.Timeout},
		"all hang, 30 s":           {30 * second, hang, 100, 30, 3 * gateway.Timeout},
		"the first come in anyway": {2 * second, takes(second), 25, 10, second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w, begin := newWorker(c.work), time.Now()
				back := w.receive(t, c.function, standard(c.batch))
				took := time.Since(begin)
				if len(w.served) != c.served || len(back) != c.batch-c.served || took != c.took {
					t.Errorf("served %d in %v, want %d in %v; %d go back",
						len(w.served), took, c.served, c.took, len(back))
				}
			})
		})
	}
}

// A call that begins has enough time to send its message, and it ends early enough to store its outcome.
func TestTimeOfCall(t *testing.T) {
	for late := range 50 {
		synctest.Test(t, func(t *testing.T) {
			stop := time.Now().Add(function)
			first, early := true, time.Duration(late)*100*time.Millisecond
			w := newWorker(func(ctx context.Context) {
				if first { // the second of its group begins after it
					first = false
					time.Sleep(early)
					return
				}
				end, ok := ctx.Deadline()
				left, spare := time.Until(end), stop.Sub(end)
				enough := left >= snssender.Timeout+second && spare > otp.SettleTime
				if !ok || left > gateway.Timeout || !enough {
					t.Errorf("begun after %v with %v left, %v before the function is stopped", early, left, spare)
				}
				<-ctx.Done()
			})
			back := w.receive(t, function, []events.SQSMessage{fifo("1", "g", done("a")), fifo("2", "g", done("b"))})
			if begun := len(w.served) == 2; begun != (early < 3750*time.Millisecond) || len(back) > 0 == begun {
				t.Errorf("after %v: served %v, %d go back", early, w.served, len(back))
			}
		})
	}
}

// Groups of a FIFO queue run in parallel, each in its order. After a message that goes back, the rest of its group
// goes back too, and no other group.
func TestGroups(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var batch []events.SQSMessage
		for i := range 5 {
			for _, group := range []string{"a", "b", "c"} {
				text := done(group + strconv.Itoa(i))
				if group == "b" && i == 2 {
					text = unclear("b2")
				}
				batch = append(batch, fifo(group+strconv.Itoa(i), group, text))
			}
		}
		w, begin := newWorker(takes(100*time.Millisecond)), time.Now()
		back := w.receive(t, function, batch)
		if took := time.Since(begin); took != 500*time.Millisecond {
			t.Errorf("took %v, want the time of one group", took)
		}
		var names []string
		for _, m := range back {
			names = append(names, m.MessageId)
		}
		if got := strings.Join(names, " "); got != "b2 b3 b4" {
			t.Errorf("%s go back, want b2 b3 b4", got)
		}
		for group, want := range map[string]string{"a": "a0 a1 a2 a3 a4", "b": "b0 b1 b2", "c": "c0 c1 c2 c3 c4"} {
			var got []string
			for _, n := range w.served {
				if n[:1] == group {
					got = append(got, n)
				}
			}
			if strings.Join(got, " ") != want {
				t.Errorf("group %s: %v, want %s", group, got, want)
			}
		}
	})
}

// No message uses up its receives while it waits for others. With the redrive policy of docs/queues.md only a message
// whose outcome stays unknown ends in the dead-letter queue.
func TestReceives(t *testing.T) {
	for _, c := range []struct {
		batch    int
		call     time.Duration
		receives int // the most of any message
	}{
		{10, 80 * time.Millisecond, 1}, {10, second, 1}, {10, 2 * second, 1}, {10, 7 * second, 1},
		{100, 80 * time.Millisecond, 1}, {100, 300 * time.Millisecond, 1}, {100, second, 3}, {100, 2 * second, 5},
	} {
		t.Run(fmt.Sprintf("%d of %v", c.batch, c.call), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorker(takes(c.call))
				left, receives := standard(c.batch), 0
				for ; len(left) > 0 && receives < most; receives++ {
					left = w.receive(t, function, left)
				}
				if len(left) > 0 || len(w.served) != c.batch || receives != c.receives {
					t.Errorf("%d left after %d receives, want none after %d; %d of %d begun",
						len(left), receives, c.receives, len(w.served), c.batch)
				}
			})
		})
	}
}

// docs/queues.md states the settings of a queue on which these tests rely.
func TestDocumentedQueue(t *testing.T) {
	text := filetest.Read(t, "../../docs/queues.md")
	for setting, fits := range map[string]func(n int) bool{
		"VisibilityTimeout":  func(n int) bool { return time.Duration(n)*second == 6*function },
		"maxReceiveCount":    func(n int) bool { return n == most },
		"BatchSize":          func(n int) bool { return n == 10 },
		"MaximumConcurrency": func(n int) bool { return n >= 2 }, // the least that Lambda accepts
	} {
		found := regexp.MustCompile(`(?m)^ +` + setting + `: (\d+)$`).FindSubmatch(text)
		if found == nil {
			t.Errorf("docs/queues.md lacks %s", setting)
			continue
		}
		if n, _ := strconv.Atoi(string(found[1])); !fits(n) {
			t.Errorf("%s is %d, which these tests do not fit", setting, n)
		}
	}
	if !strings.Contains(string(text), "      FunctionResponseTypes: [ReportBatchItemFailures]\n") {
		t.Error("docs/queues.md lacks ReportBatchItemFailures, without which Lambda ignores the answer")
	}
}

// After a panic in one request only its message goes back.
func TestPanicInBatch(t *testing.T) {
	var log bytes.Buffer
	h := gateway.Handler{Log: slog.New(slog.NewJSONHandler(&log, nil)), Serve: func(
		_ context.Context, r gateway.Request,
	) gateway.Response {
		if strings.Contains(string(r.Body), `"3"`) {
			panic("canary")
		}
		return gateway.Response{Body: []byte("{}")}
	}}
	event, _ := json.Marshal(events.SQSEvent{Records: standard(10)})
	out, err := h.Invoke(t.Context(), event)
	if want := `{"batchItemFailures":[{"itemIdentifier":"3"}]}`; err != nil || string(out) != want {
		t.Errorf("%s %v, want %s", out, err, want)
	}
	text := log.String()
	if !strings.Contains(text, `"msg":"panic"`) || !strings.Contains(text, `"type":"string"`) {
		t.Errorf("logged %s, want the panic with the type of its value", text)
	}
	if strings.Contains(text, "canary") {
		t.Errorf("the log has the value of the panic: %s", text)
	}
}
