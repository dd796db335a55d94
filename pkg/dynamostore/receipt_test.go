package dynamostore_test

import (
	"context"
	"fmt"
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

// carrier is a sender that gives ids to its messages.
type carrier struct {
	*phone
	taken int
}

func (c *carrier) Send(ctx context.Context, m otp.Message) (otp.Delivery, string, error) {
	c.taken++
	d, _, err := c.phone.Send(ctx, m)
	return d, messageID(c.taken), err
}

func messageID(n int) string { return fmt.Sprintf("0123abcd-89ef-4000-8000-%012d", n) }

// A re-send reads one receipt where the process has receipts, and none elsewhere; an init and a check read none (P7).
func TestRequestsWithReceipts(t *testing.T) {
	wire := dynamotest.NewWire(dynamotest.Always(dynamotest.Through))
	s := dynamotest.Store(t, wire)
	v := newService(t, s)
	v.Sender = &carrier{phone: v.phone}
	costs := func(name string, want map[string]int, do func()) {
		t.Helper()
		v.now = v.now.Add(31 * time.Second)
		wire.Follow(dynamotest.Always(dynamotest.Through))
		do()
		if got := wire.Counts(); !reflect.DeepEqual(got, want) {
			t.Errorf("%s took %v, want %v", name, got, want)
		}
	}
	r := otp.Resend{Client: v.client, Policy: otp.DefaultPolicy()}
	r.Text = func(code string, _ time.Duration) string { return code }
	resend := func(want otp.Outcome) func() {
		return func() {
			if got, err := v.Resend(t.Context(), r); err != nil || got.Outcome != want {
				t.Errorf("re-send: %s %v, want %s", got.Outcome, err, want)
			}
		}
	}
	init := map[string]int{"PutItem": 1, "UpdateItem": 2}
	started, err := v.Init(t.Context(), otp.Start{
		Client: v.client, ID: "id", To: number, Mask: number.String(), Policy: r.Policy, Text: r.Text,
	})
	if err != nil {
		t.Fatal(err)
	}
	r.AuthID = started.AuthID
	costs("re-send without receipts", map[string]int{"UpdateItem": 3}, resend(otp.Sent))
	v.Receipts = s
	costs("re-send", map[string]int{"UpdateItem": 3, "GetItem": 1}, resend(otp.Sent))
	costs("init", init, func() { v.init(t, "another", otp.Sent) })
	costs("receipt", map[string]int{"PutItem": 1}, func() {
		_, err = s.Receive(t.Context(), otp.Receipt{MessageID: messageID(3), Reason: otp.ReasonOptedOut, At: now})
	})
	costs("refused re-send", map[string]int{"UpdateItem": 2, "GetItem": 1}, resend(otp.Undeliverable))
	right, _ := v.code(t)
	costs("right", map[string]int{"UpdateItem": 1}, func() { v.verify(t, "another", right, otp.Passed) })
	if err != nil {
		t.Error(err)
	}
}
