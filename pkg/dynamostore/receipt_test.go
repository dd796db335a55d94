package dynamostore_test

import (
	"reflect"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"countersign/pkg/dynamostore"
	"countersign/pkg/dynamostore/dynamotest"
	"countersign/pkg/otp"
	"countersign/pkg/otp/storetest"
)

func readReceipt(i image) error {
	_, err := dynamostore.ReadReceipt(i)
	return err
}

// An attribute that every receipt has, and that is missing or of another type, is an error. So is a reason that this
// release does not know. An attribute that it does not know is none.
func TestUnreadableReceipt(t *testing.T) {
	item := dynamostore.WriteReceipt(storetest.FilledReceipt(1))
	for _, f := range otp.ReceiptFields {
		if !f.Optional {
			unreadable(t, "receipt", item, f.Name, readReceipt)
		}
	}
	names(t, "receipt", "reason", readReceipt(with(item, "reason", &types.AttributeValueMemberS{Value: "canary"})))
	if err := readReceipt(with(item, "other", &types.AttributeValueMemberS{Value: "x"})); err != nil {
		t.Error(err)
	}
}

// A receipt costs one write, whatever becomes of it, and looking one up is one read.
func TestRequestsOfReceipts(t *testing.T) {
	wire := dynamotest.NewWire(dynamotest.Always(dynamotest.Through))
	s := dynamotest.Store(t, wire)
	costs := func(name string, want map[string]int, do func() error) {
		t.Helper()
		wire.Follow(dynamotest.Always(dynamotest.Through))
		if err := do(); err != nil {
			t.Fatal(err)
		}
		if got := wire.Counts(); !reflect.DeepEqual(got, want) {
			t.Errorf("%s took %v, want %v", name, got, want)
		}
	}
	r := storetest.FilledReceipt(1)
	for _, r.Reason = range []otp.Reason{otp.ReasonSpam, otp.ReasonSpam, otp.ReasonExpired, otp.ReasonArrived} {
		costs(string(r.Reason), map[string]int{"PutItem": 1}, func() error {
			_, err := s.Receive(t.Context(), r)
			return err
		})
	}
	costs("look up", map[string]int{"GetItem": 1}, func() error {
		_, err := s.Receipt(t.Context(), r.MessageID)
		return err
	})
}

// counted is a service whose requests are counted. Time goes on before each call.
type counted struct {
	*service
	store *dynamostore.Store
	wire  *dynamotest.Wire
	t     *testing.T
}

func newCounted(t *testing.T) counted {
	wire := dynamotest.NewWire(dynamotest.Always(dynamotest.Through))
	s := dynamotest.Store(t, wire)
	return counted{newService(t, s), s, wire, t}
}

func (c counted) costs(name string, want map[string]int, do func()) {
	c.t.Helper()
	c.now = c.now.Add(31 * time.Second)
	c.wire.Follow(dynamotest.Always(dynamotest.Through))
	do()
	if got := c.wire.Counts(); !reflect.DeepEqual(got, want) {
		c.t.Errorf("%s took %v, want %v", name, got, want)
	}
}

// is returns a call that must come out as want.
func (c counted) is(want otp.Outcome, call func() (otp.Started, error)) func() {
	return func() {
		c.t.Helper()
		if got, err := call(); err != nil || got.Outcome != want {
			c.t.Errorf("%s %v, want %s", got.Outcome, err, want)
		}
	}
}

// optOut receives a receipt of the n-th message.
func (c counted) optOut(n int) func() {
	return func() {
		r := otp.Receipt{MessageID: messageID(n), Reason: otp.ReasonOptedOut, At: now, TTL: now.Seconds()}
		if _, err := c.store.Receive(c.t.Context(), r); err != nil {
			c.t.Error(err)
		}
	}
}

// A re-send reads one receipt where the process has receipts, and none elsewhere; an init and a check read none (P7).
func TestRequestsWithReceipts(t *testing.T) {
	v := newCounted(t)
	started, err := v.Init(t.Context(), v.asked("id"))
	if err != nil {
		t.Fatal(err)
	}
	id := ""
	again := func() (otp.Started, error) {
		r := v.asked("")
		return v.Resend(t.Context(), otp.Resend{
			Client: r.Client, AuthID: started.AuthID, ID: id, Policy: r.Policy, Text: r.Text,
		})
	}
	v.costs("re-send without receipts", map[string]int{"UpdateItem": 3}, v.is(otp.Sent, again))
	v.Receipts = v.store
	v.costs("re-send", map[string]int{"UpdateItem": 3, "GetItem": 1}, v.is(otp.Sent, again))
	v.costs("init", map[string]int{"PutItem": 1, "UpdateItem": 2}, func() { v.init(t, "another", otp.Sent) })
	right, _ := v.code(t)
	v.costs("right", map[string]int{"UpdateItem": 1}, func() { v.verify(t, "another", right, otp.Passed) })
	v.costs("receipt", map[string]int{"PutItem": 1}, v.optOut(3))
	v.costs("refused re-send", map[string]int{"UpdateItem": 2, "GetItem": 1}, v.is(otp.Undeliverable, again))
	id = "named"
	named := map[string]int{"PutItem": 1, "UpdateItem": 3, "GetItem": 1}
	v.costs("refused re-send with an id", named, v.is(otp.Undeliverable, again))
}

// So does a further send of otp.send, before it is counted. The first one reads none.
func TestRequestsOfSendWithReceipts(t *testing.T) {
	v := newCounted(t)
	v.Receipts = v.store
	send := func() (otp.Started, error) { return v.Send(t.Context(), v.asked("login")) }
	v.costs("send", map[string]int{"PutItem": 1, "UpdateItem": 2}, v.is(otp.Sent, send))
	v.costs("again", map[string]int{"PutItem": 1, "UpdateItem": 3, "GetItem": 1}, v.is(otp.Sent, send))
	v.costs("receipt", map[string]int{"PutItem": 1}, v.optOut(2))
	v.costs("refused", map[string]int{"PutItem": 1, "GetItem": 1}, v.is(otp.Undeliverable, send))
}
