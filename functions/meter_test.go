package functions

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"countersign/functions/internal/run"
	"countersign/pkg/admission"
	"countersign/pkg/ams"
	"countersign/pkg/awsfake"
	"countersign/pkg/changes"
	"countersign/pkg/changes/stream"
	"countersign/pkg/clients"
	"countersign/pkg/dynamostore"
	"countersign/pkg/dynamostore/dynamotest"
	"countersign/pkg/eventbus"
	"countersign/pkg/gateway"
	"countersign/pkg/guard"
	"countersign/pkg/message/languages"
	"countersign/pkg/otp"
	"countersign/pkg/password"
	"countersign/pkg/phone/plan"
	"countersign/pkg/receipts"
	"countersign/pkg/telemetry"
	"countersign/pkg/telemetry/telemetrytest"
)

// used is the quantities that AWS bills for one thing that happens.
type used struct {
	calls   map[string]float64 // of functions, by their work: send, check, change
	request float64            // through the API
	writes  float64            // write units, with those of follow
	follow  float64            // write units of the function that follows the stream
	reads   float64            // read units
	events  float64
	logged  float64 // bytes
}

func (u used) plus(v used, times float64) used {
	sum := used{
		calls:   map[string]float64{},
		request: u.request + times*v.request,
		writes:  u.writes + times*v.writes,
		follow:  u.follow + times*v.follow,
		reads:   u.reads + times*v.reads,
		events:  u.events + times*v.events,
		logged:  u.logged + times*v.logged,
	}
	for name, n := range u.calls {
		sum.calls[name] += n
	}
	for name, n := range v.calls {
		sum.calls[name] += times * n
	}
	return sum
}

// meter runs the functions on DynamoDB's and EventBridge's protocols, and counts what they
// use.
type meter struct {
	t            *testing.T
	init, verify gateway.Handler
	changes      stream.Handler
	receipts     receipts.Handler
	capacity     *capacity
	bus          *awsfake.EventBridge
	log          bytes.Buffer
	table        string
	codes        map[otp.Phone]otp.Code
	ticks        int64
	delivered    int              // records of the stream
	filters      []map[string]any // of the stream
	metrics      map[string]bool  // that the log lines make
	passwords    *password.Accounts
	answer       []byte // of the latest call
}

func newMeter(t *testing.T) *meter {
	m := &meter{
		t:       t,
		bus:     awsfake.StartEventBridge(t),
		codes:   map[otp.Phone]otp.Code{},
		table:   dynamotest.StreamTable(t),
		filters: templateFilters(t),
		metrics: map[string]bool{},
	}
	wire := dynamotest.NewWire(dynamotest.Always(dynamotest.Through))
	m.capacity = &capacity{next: wire.Next}
	wire.Next = m.capacity
	table, log := dynamostore.New(dynamotest.Client(t, wire), m.table), run.Log(&m.log)
	m.setAPI(table, log)
	m.setFollower(table, log)
	learned(t, table, m.table, m.now(), "MY")
	m.delivered = len(dynamotest.Records(t, m.table))
	lines := &telemetry.Lines{Stack: "countersign"}
	m.receipts = receipts.Handler{
		Receipts: table, Now: m.now, Log: log,
		Changed:    func(ctx context.Context, r otp.Receipt) { lines.Receipt(ctx, log, r, m.now()) },
		Unreadable: func(_ context.Context, cause error) { t.Error(cause) },
		Unstored:   func(_ context.Context, _, _ int, cause error) { t.Error(cause) },
	}
	return m
}

// setAPI makes the functions of the API. They have one client, which signs nothing.
func (m *meter) setAPI(table *dynamostore.Store, log *slog.Logger) {
	secret := bytes.Repeat([]byte("k"), otp.MinSecret)
	keys, err := otp.NewKeys(otp.Secrets{1: secret}, 1, otp.Secrets{1: secret})
	if err != nil {
		m.t.Fatal(err)
	}
	demo := &clients.Client{
		ID: "demo", Unsigned: true, Countries: []string{"*"}, Policy: otp.DefaultPolicy(), Brand: "Countersign",
		Guard: clients.Guard{Mode: guard.Enforce}.Policy(0),
	}
	door := &admission.Door{
		Clients: clients.Static{"demo": demo}, Now: m.now, Log: log, Lines: &telemetry.Lines{Stack: "countersign"},
	}
	gate := &ams.Gate{Door: door, Answers: testSigner(m.t)}
	store := telemetry.Store{Challenges: table, Ledgers: table, Now: m.now}
	sender := telemetry.Sender{Sender: m, Now: m.now}
	issuer := otp.Issuer{
		Challenges: store, Ledgers: store, Sender: sender, Keys: keys, Now: m.now, Rand: &noise{}, Ahead: table,
	}
	verifier := otp.Verifier{Challenges: store, Keys: keys, Now: m.now, Rand: &noise{}}
	messages := admission.Messages{Lookup: plan.Lookup, Text: languages.For, Issuer: issuer}
	m.setPasswords()
	init := ams.Init{Gate: gate, Messages: messages, Passwords: m.passwords}
	verify := ams.Verify{Gate: gate, Verifier: verifier, Passwords: m.passwords}
	m.init, m.verify = gateway.Handler{Log: log, Serve: init.Serve}, gateway.Handler{Log: log, Serve: verify.Serve}
}

// setFollower makes the function that follows the stream.
func (m *meter) setFollower(table *dynamostore.Store, log *slog.Logger) {
	m.t.Setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
	m.t.Setenv("AWS_SECRET_ACCESS_KEY", "not-a-secret")
	events, err := eventbus.New(eventbus.Config{Endpoint: m.bus.URL})
	if err != nil {
		m.t.Fatal(err)
	}
	consumer := changes.Consumer{Numbers: table, Events: events, Credits: table}
	m.changes = stream.Handler{Consumer: consumer, Now: m.now, Log: log}
}

// now is a clock that advances by the same at each call, so that lines have the same length
// in each run.
func (m *meter) now() time.Time {
	m.ticks++
	return time.UnixMilli(1_795_314_808_000).Add(time.Duration(m.ticks) * tick)
}

// tick is the time between two calls of the clock.
const tick = 1234 * time.Microsecond

func (m *meter) Send(_ context.Context, sms otp.Message) (otp.Delivery, string, error) {
	m.codes[sms.To] = sms.Code
	return otp.Accepted, "", nil
}

var moment = regexp.MustCompile(`"timestamp":"[^"]*"`)

// lineExtra is the number of bytes that CloudWatch adds to each line that it bills.
const lineExtra = 26

// post makes a request through the API, and follows the stream.
func (m *meter) post(h gateway.Handler, name, path, body, want string) used {
	m.t.Helper()
	m.capacity.writes, m.capacity.reads = 0, 0
	m.log.Reset()
	events := len(m.bus.Taken())
	event := fmt.Appendf(nil, `{"version":"2.0","rawPath":%q,"headers":{"client-id":"demo"},`+
		`"requestContext":{"http":{"method":"POST"}},"body":%q}`, path, body)
	out, err := h.Invoke(m.t.Context(), event)
	if err != nil || !strings.Contains(string(out), want) {
		m.t.Fatalf("%v %s, want %s", err, out, want)
	}
	m.answer = out
	u := used{calls: map[string]float64{name: 1}, request: 1}
	u.follow = -m.capacity.writes
	return m.follow(u, events, nil)
}

// receipt receives an event of a message, and follows the stream.
func (m *meter) receipt(event string) used {
	m.t.Helper()
	m.capacity.writes, m.capacity.reads = 0, 0
	m.log.Reset()
	events := len(m.bus.Taken())
	call, err := json.Marshal(map[string]any{"Records": []any{
		map[string]any{"messageId": "1", "eventSource": "aws:sqs", "body": event},
	}})
	if err != nil {
		m.t.Fatal(err)
	}
	if got, err := m.receipts.Handle(m.t.Context(), call); err != nil || len(got.BatchItemFailures) > 0 {
		m.t.Fatal(got, err)
	}
	return m.follow(used{calls: map[string]float64{}, follow: -m.capacity.writes}, events, nil)
}

// expire deletes a challenge as TTL does, and follows the stream.
func (m *meter) expire(key string) used {
	m.t.Helper()
	_, err := dynamotest.Client(m.t, nil).DeleteItem(m.t.Context(), &dynamodb.DeleteItemInput{
		TableName: &m.table,
		Key:       map[string]types.AttributeValue{"pk": &types.AttributeValueMemberS{Value: key}},
	})
	if err != nil {
		m.t.Fatal(err)
	}
	m.capacity.writes, m.capacity.reads = 0, 0
	m.log.Reset()
	return m.follow(used{calls: map[string]float64{}}, len(m.bus.Taken()), func(r map[string]any) {
		r["userIdentity"] = map[string]any{"type": "Service", "principalId": "dynamodb.amazonaws.com"}
	})
}

// follow delivers each new record of the stream alone, if the template's filters let it
// pass, and adds up all that was used.
func (m *meter) follow(u used, events int, change func(map[string]any)) used {
	m.t.Helper()
	records := dynamotest.Records(m.t, m.table)
	fresh := records[m.delivered:]
	m.delivered = len(records)
	for _, text := range fresh {
		var r map[string]any
		if err := json.Unmarshal(text, &r); err != nil {
			m.t.Fatal(err)
		}
		if change != nil {
			change(r)
			text, _ = json.Marshal(r)
		}
		if !m.passes(r) {
			continue
		}
		u.calls["change"]++
		got, err := m.changes.Handle(m.t.Context(), stream.Batch{Records: []json.RawMessage{text}})
		if err != nil || len(got.BatchItemFailures) > 0 {
			m.t.Fatal(got, err)
		}
	}
	m.delivered = len(dynamotest.Records(m.t, m.table)) // the function's own writes do not pass the filters
	u.writes, u.reads, u.events = m.capacity.writes, m.capacity.reads, float64(len(m.bus.Taken())-events)
	u.follow += u.writes
	for line := range strings.Lines(m.log.String()) {
		line = moment.ReplaceAllString(line, `"timestamp":"2026-11-22T02:33:28.123456789Z"`)
		u.logged += lineExtra + float64(len(line))
		m.note(line)
	}
	return u
}

// note keeps the names of the metrics that CloudWatch makes of a log line.
func (m *meter) note(line string) {
	m.t.Helper()
	for name := range telemetrytest.Read(m.t, line).Metrics {
		m.metrics[name] = true
	}
}

// passes reports whether one of the template's filters lets a record pass.
func (m *meter) passes(record map[string]any) bool {
	return slices.ContainsFunc(m.filters, func(pattern map[string]any) bool { return matches(pattern, record) })
}

// templateFilters returns the patterns of the stream's filters in template.yaml.
func templateFilters(t *testing.T) (patterns []map[string]any) {
	t.Helper()
	var template struct {
		Resources map[string]struct {
			Properties struct {
				Events map[string]struct {
					Properties struct {
						FilterCriteria struct {
							Filters []struct {
								Pattern string `yaml:"Pattern"`
							} `yaml:"Filters"`
						} `yaml:"FilterCriteria"`
					} `yaml:"Properties"`
				} `yaml:"Events"`
			} `yaml:"Properties"`
		} `yaml:"Resources"`
	}
	readTemplate(t, &template)
	mapping := template.Resources["ChangesFunction"].Properties.Events["Stream"].Properties
	for _, f := range mapping.FilterCriteria.Filters {
		var pattern map[string]any
		if err := json.Unmarshal([]byte(f.Pattern), &pattern); err != nil {
			t.Fatal(err)
		}
		patterns = append(patterns, pattern)
	}
	return patterns
}

// matches implements the part of EventBridge's patterns that the template uses.
func matches(pattern, value any) bool {
	switch pattern := pattern.(type) {
	case map[string]any:
		value, ok := value.(map[string]any)
		for name, inner := range pattern {
			ok = ok && matches(inner, value[name])
		}
		return ok
	case []any:
		for _, one := range pattern {
			rule, _ := one.(map[string]any)
			prefix, is := rule["prefix"].(string)
			others, not := rule["anything-but"].([]any)
			text, _ := value.(string)
			switch {
			case rule == nil && one == value, is && strings.HasPrefix(text, prefix),
				not && !slices.Contains(others, value):
				return true
			}
		}
	}
	return false
}

// capacity makes each request ask for the capacity that it consumes, and adds it up. The sums are read between calls.
type capacity struct {
	next          http.RoundTripper
	mu            sync.Mutex // of the sums: a call makes requests at the same time
	writes, reads float64
}

func (c *capacity) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	r = r.Clone(r.Context())
	asking := append([]byte(`{"ReturnConsumedCapacity":"TOTAL",`), bytes.TrimPrefix(body, []byte("{"))...)
	r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(asking)), int64(len(asking))
	resp, err := c.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	text, err := io.ReadAll(resp.Body)
	resp.Body.Close()
	resp.Body = io.NopCloser(bytes.NewReader(text))
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case err == nil && resp.StatusCode == http.StatusOK:
		err = c.add(r.Header.Get("X-Amz-Target"), text)
	case bytes.Contains(text, []byte("ConditionalCheckFailed")):
		c.writes++ // a refused write consumes as much as one that is applied; its answer does not have it
	}
	return resp, err
}

func (c *capacity) add(operation string, text []byte) error {
	type taken struct{ CapacityUnits float64 }
	var one struct{ ConsumedCapacity taken }
	var many struct{ ConsumedCapacity []taken }
	var units float64
	if json.Unmarshal(text, &many) == nil {
		for _, t := range many.ConsumedCapacity {
			units += t.CapacityUnits
		}
	} else if err := json.Unmarshal(text, &one); err != nil {
		return err
	}
	units += one.ConsumedCapacity.CapacityUnits
	switch {
	case units == 0:
		return fmt.Errorf("the answer to %s has no consumed capacity: %s", operation, text)
	case strings.HasSuffix(operation, "GetItem"): // or BatchGetItem
		c.reads += units
	default:
		c.writes += units
	}
	return nil
}
