package dynamostore_test

import (
	"reflect"
	"testing"

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
