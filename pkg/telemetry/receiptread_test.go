package telemetry_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"countersign/pkg/otp"
	"countersign/pkg/telemetry"
)

// lookUp is a reader of receipts that takes its time and fails.
type lookUp struct{ d *desk }

func (l lookUp) Receipt(context.Context, string) (*otp.Receipt, error) {
	l.d.now = l.d.now.Add(20 * time.Millisecond)
	return nil, errors.New("GetItem on table t: away")
}

// A receipt that cannot be read keeps no message back, and the line of the request has the fault beside the outcome.
func TestReceiptThatCannotBeRead(t *testing.T) {
	d := newDesk(t)
	clock := func() time.Time { return d.now }
	d.init.Messages.Issuer.Receipts = telemetry.Receipts{ReceiptReader: lookUp{d}, Now: clock}
	d.send("one", number)
	sent := d.taken()[0]
	auth, _ := sent["authenticationId"].(string)
	if sent["noReceipt"] != nil || auth == "" {
		t.Fatalf("an init reads no receipt: %v", sent)
	}
	d.now = d.now.Add(time.Minute)
	d.post("demo", "/ams/api/v1/security/triggerChallenge", `{"challengeId":"`+auth+`"}`)
	d.one("sent again", map[string]any{
		"level": "INFO", "outcome": "sent", "noReceipt": "GetItem on table t: away", "sends": 1,
		"fault": "", "faults": 0,
		"store": 20,
	})
}
