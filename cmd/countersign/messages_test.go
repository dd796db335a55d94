package main

import (
	"fmt"
	"strings"
	"syscall"
	"testing"

	"github.com/go-json-experiment/json"

	"countersign/pkg/otp"
)

// messagesTour is a data folder or an engine, with a server on it and the commands beside it.
type messagesTour struct {
	t     *testing.T
	admin tool
	serve func(receipts string) *process
}

// onEachTour runs a test on each kind of store.
func onEachTour(t *testing.T, test func(m messagesTour)) {
	onEachWith(t, func(t *testing.T, c tool, serve func(flags ...string) *process) {
		test(messagesTour{t, c, func(receipts string) *process { return serve("--receipts", receipts) }})
	})
}

// lives runs the command with --json.
func (m messagesTour) lives(args ...string) (l lives) {
	m.t.Helper()
	out := m.admin.ok(append([]string{"messages", "--json"}, args...)...)
	if err := json.Unmarshal([]byte(out), &l, json.RejectUnknownMembers(true)); err != nil {
		m.t.Fatalf("%v: %s", err, out)
	}
	return l
}

// send asks for a code as a client, and returns the authenticationId and the message.
func (m messagesTour) send(p *process, client, id, national string) (string, sms) {
	m.t.Helper()
	answer := p.postAs(client, initPath, initBody(id, "60-"+national))
	_, rest, _ := strings.Cut(answer, `"authenticationId":"`)
	authID, _, ok := strings.Cut(rest, `"`)
	if !ok || code(m.t, answer) != "SUCCESS" {
		m.t.Fatal(answer)
	}
	return authID, p.messages("+60" + national)[0]
}

// receipt waits for the receipt of the latest message to a number in the outbox.
func (m messagesTour) receipt(p *process, national string, want otp.MessageState) {
	m.t.Helper()
	var got sms
	eventually(m.t, "a receipt", func() bool {
		got = p.messages("+60" + national)[0]
		return got.Receipt.State != ""
	})
	if got.Receipt.State != want || got.Receipt.Reason == "" {
		m.t.Errorf("the outbox has %+v, want %s", got.Receipt, want)
	}
}

// TestMessagesCommand: an operator sees what became of messages that were sent over HTTP, in the outbox and by the
// command, and neither a code nor a number.
func TestMessagesCommand(t *testing.T) {
	onEachTour(t, func(m messagesTour) {
		for _, id := range []string{"acme", "other"} {
			m.admin.ok("client", "add", id, "--unsigned", "--country", "MY", "--cooldown", "0s")
		}
		p := m.serve("undelivered")
		first, message := m.send(p, "acme", "first", "123456789")
		m.send(p, "other", "second", "123456789")
		m.send(p, "demo", "third", "123456789")
		p.post("/?action=otp.send&accessKeyId=demo", `{"to":"+60123456788"}`)
		byUnimatrix := m.lives("--number", "+60123456788")
		if got := byUnimatrix.Challenges; len(got) != 1 || got[0].Client != "demo" || len(got[0].Messages) != 1 {
			m.t.Errorf("a code of otp.send: %+v", got)
		}
		m.receipt(p, "123456789", otp.MessageUndelivered)

		l := m.lives("--number", "60-123456789", "--client", "acme")
		if len(l.Challenges) != 1 || len(l.Others) != 0 || len(l.Notes) != 0 {
			m.t.Fatalf("%+v", l)
		}
		c := l.Challenges[0]
		r := c.Messages[0].Receipt
		if c.AuthID != first || c.Number != "+60*****6789" || c.State != "live" || c.Sending != otp.Delivered ||
			len(c.Counted) != 1 || c.Allowed != 5 || c.SentAt.IsZero() || len(c.Messages) != 1 ||
			c.Messages[0].ID != message.ID || r == nil || r.Reason != otp.ReasonPhoneUnreachable ||
			r.Network != "001-01" {
			m.t.Errorf("%+v, receipt %+v", c, r)
		}
		for _, args := range [][]string{{"--client", "acme"}, nil} {
			got := m.lives(append(args, "--authentication-id", first)...).Challenges
			if len(got) != 1 || got[0].AuthID != first || len(got[0].Counted) != 1 ||
				*got[0].Messages[0].Receipt != *r {
				m.t.Errorf("by its id, %q: %+v", args, got)
			}
		}
		p.postAs("acme", verifyPath, verifyBody("first", message.Code))
		m.admin.ok("keys", "rotate", "number")
		out := m.admin.ok("messages", "--number", "+60123456789")
		for _, want := range []string{
			"the right one was typed, 1 of 5 attempts", "client         other\n", "client         demo\n", message.ID,
			"undelivered 20", ": the phone is off or out of reach\n", "MY, network 001-01\n",
		} {
			if !strings.Contains(out, want) {
				m.t.Errorf("%q is missing in\n%s", want, out)
			}
		}
		silent(m.t, "the command", []byte(out), []string{message.Code, "123456789", "60123456789"})
	})
}

// TestResendAfterReceipt: a message that does not arrive may be sent again, unless the number is known to get none.
func TestResendAfterReceipt(t *testing.T) {
	onEachTour(t, func(m messagesTour) {
		m.admin.ok("client", "add", "acme", "--unsigned", "--country", "MY", "--cooldown", "0s")
		for n, c := range []struct {
			receipts string
			state    otp.MessageState
			want     string
			messages int
		}{
			{"undelivered", otp.MessageUndelivered, "SUCCESS", 2},
			{"invalid", otp.MessageUndeliverable, "PROCESS_FAIL", 1},
			{"opted-out", otp.MessageUndeliverable, "PROCESS_FAIL", 1},
		} {
			p := m.serve(c.receipts)
			national := fmt.Sprintf("12345678%d", n)
			authID, _ := m.send(p, "acme", c.receipts, national)
			m.receipt(p, national, c.state)
			answer := p.postAs("acme", "/v1/security/triggerChallenge", fmt.Sprintf(`{"challengeId":%q}`, authID))
			if got := code(t, answer); got != c.want {
				m.t.Errorf("%s: a re-send answered %s", c.receipts, answer)
			}
			found := m.lives("--number", "60-"+national, "--client", "acme")
			got, sent := found.Challenges[0].Messages, p.messages("+60"+national)
			if len(got) != c.messages || len(sent) != c.messages {
				m.t.Errorf("%s: %d messages, want %d", c.receipts, len(got), c.messages)
			}
			p.end(syscall.SIGTERM)
		}
	})
}

// TestMessagesNothing: what is not found has a clear answer, and bad arguments an error.
func TestMessagesNothing(t *testing.T) {
	onEachTour(t, func(m messagesTour) {
		m.admin.ok("client", "add", "acme", "--unsigned", "--country", "*")
		m.admin.ok("client", "test-number", "add", "acme", "+1"+reviewers, "--code", reviewersCode,
			"--until", "2099-12-31")
		p := m.serve("none")
		_, rest, _ := strings.Cut(p.postAs("acme", initPath, initBody("test", "1-"+reviewers)), `"authenticationId":"`)
		test, _, _ := strings.Cut(rest, `"`)
		waiting, _ := m.send(p, "acme", "waiting", "123456789")
		const digits = "20261127000000000000000000000000000"
		m.admin.prints([]string{"messages", "--number", "+60123456780"},
			"Nothing was sent to +60*****6780 for any client, or all of it was more than 30 days ago.")
		m.admin.prints([]string{"messages", "--number", "+60123456780", "--client", "nobody"},
			"for client nobody, ", "There is no client nobody: client list prints what exists.")
		m.admin.prints([]string{"messages", "--number", "+1" + reviewers},
			"It is a test number of client acme: no message goes to it")
		m.admin.prints([]string{"messages", "--authentication-id", test, "--client", "acme"},
			"none: it is a test number")
		m.admin.prints([]string{"messages", "--authentication-id", waiting, "--client", "acme"},
			"no receipt yet", "where receipts are on")
		for want, args := range map[string]string{
			"client acme has no challenge " + digits: "--client acme --authentication-id " + digits,
			"client other has no challenge ":         "--client other --authentication-id " + waiting,
			"client acme has no challenge 20200101":  "--client acme --authentication-id 20200101" + waiting[8:],
			"must be the 35 digits":                  "--client acme --authentication-id 1",
			"no client has a challenge " + digits:    "--authentication-id " + digits,
			"the number is not possible":             "--number 12",
			"one of them must not be empty":          "--number= --client acme",
			"missing flags":                          "--client acme",
			"can't be used together":                 "--number +60123456789 --authentication-id " + digits,
		} {
			m.admin.no(want, append([]string{"messages"}, strings.Fields(args)...)...)
		}
	})
}
