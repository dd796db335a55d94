package main

import (
	"fmt"
	"syscall"
	"testing"

	"countersign/pkg/otp"

	"countersign/pkg/filetest"
)

// TestReceiptsSurviveKill: a server that is killed before it reports about its messages, and while it does, reports
// about all of them after the next start (P27).
func TestReceiptsSurviveKill(t *testing.T) {
	data := newFolder(t)
	p := serveOn(t, data)
	const messages = 60
	for n := range messages {
		p.post(initPath, initBody(fmt.Sprint("kill", n), fmt.Sprintf("60-1%05d0000", n)))
	}
	p.end(syscall.SIGKILL)
	p = serveOn(t, data)
	eventually(t, "the first receipts", func() bool { return received(p.messages("")) > 0 })
	p.end(syscall.SIGKILL)
	p = serveOn(t, data)
	eventually(t, "all receipts", func() bool { return received(p.messages("")) == messages })
	lines := string(filetest.Read(t, data+"/receipts.jsonl"))
	for _, m := range p.messages("") {
		if m.Receipt.State != otp.MessageDelivered {
			t.Errorf("message %s: %+v in\n%s", m.ID, m.Receipt, lines)
		}
	}
}

// received is how many messages have a receipt.
func received(list []sms) (n int) {
	for _, m := range list {
		if m.Receipt.State != "" {
			n++
		}
	}
	return n
}
