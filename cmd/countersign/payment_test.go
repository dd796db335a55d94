package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"countersign/pkg/admission/admissiontest"

	"countersign/pkg/filetest"
)

// bill is the payment of these tests.
const bill = admissiontest.Bill

// pays adds a payment to a body, "" for none.
func pays(body, payment string) string { return admissiontest.WithPayment(body, payment) }

// shown returns the code of the latest message to a number, which must show the payment.
func (p *process) shown(number string) string {
	p.t.Helper()
	got := p.messages(number)[0]
	want := got.Code + " is your Countersign code, valid for 5 minutes.\n" + admissiontest.BillLine
	if got.Body != want {
		p.t.Errorf("the message is %q, want %q", got.Body, want)
	}
	return got.Code
}

// TestPayment: over HTTP, in both contracts and on both stores, a right code with another payment or another intent is
// refused. The right one passes. Only the phone has the payment (P55).
func TestPayment(t *testing.T) {
	onEachServer(t, func(t *testing.T, p *process) {
		n := 0
		for name, other := range admissiontest.OtherBills() {
			n++
			number, id := fmt.Sprintf("60-65432164%02d", n), fmt.Sprint("pay", n)
			want := func(code0, path, body string) {
				t.Helper()
				if got := p.post(path, body); code(t, got) != code0 {
					t.Errorf("%s: %s, want %s", name, got, code0)
				}
			}
			want("SUCCESS", initPath, pays(initBody(id, number), bill))
			want("SUCCESS", initPath, pays(initBody(id, number), bill))
			want("REPEAT_REQ_INCONSISTENT", initPath, pays(initBody(id, number), other))
			right := verifyBody(id, p.shown("+"+strings.Replace(number, "-", "", 1)))
			want("VERIFY_UNMATCHED", verifyPath, pays(right, other))
			want("SUCCESS", verifyPath, pays(right, bill))

			to := fmt.Sprintf("+60654321650%d", n)
			send := fmt.Sprintf(`{"to":%q,"intent":"pay"}`, to)
			if got := p.unimatrix("otp.send", pays(send, bill)); !strings.Contains(got, `"count":1`) {
				t.Errorf("%s: %s", name, got)
			}
			typed := func(intent string) string {
				return fmt.Sprintf(`{"to":%q,"intent":%q,"code":%q}`, to, intent, p.shown(to))
			}
			right = pays(typed("pay"), bill)
			for i, guess := range []string{pays(typed("pay"), other), pays(typed("login"), bill), right} {
				got := p.unimatrix("otp.verify", guess)
				if !strings.Contains(got, fmt.Sprintf(`"valid":%t`, i == 2)) {
					t.Errorf("%s: guess %d: %s", name, i, got)
				}
			}
		}
		silentAboutPayments(t, p)
	})
}

// silentAboutPayments looks for the payment in the events and the files, the outbox excepted.
func silentAboutPayments(t *testing.T, p *process) {
	t.Helper()
	eventually(t, "the events", func() bool { return len(p.events()) >= 4*len(admissiontest.OtherBills()) })
	all := map[string][]byte{}
	for _, event := range p.events() {
		all["the events"] = append(all["the events"], event...)
	}
	files, _ := filepath.Glob(filepath.Join(p.data, "*"))
	for _, file := range files {
		if info, err := os.Stat(file); err == nil && !info.IsDir() && filepath.Base(file) != "outbox.jsonl" {
			all[file] = filetest.Read(t, file)
		}
	}
	for name, text := range all {
		for _, canary := range []string{"1048.57", "1 048", "Zimtladen", "Z\x00i\x00m\x00t", "anzahlung"} {
			if bytes.Contains(text, []byte(canary)) {
				t.Errorf("%s has %q", name, canary)
			}
		}
	}
}

// TestPaymentsPage pastes the commands of docs/payments.md into a shell. The page has the message and the last answer.
func TestPaymentsPage(t *testing.T) {
	page := string(filetest.Read(t, "../../docs/payments.md"))
	var script []string
	for line := range strings.Lines(page) {
		if strings.HasPrefix(line, "curl ") {
			script = append(script, line)
		}
	}
	p := serveOn(t, newFolder(t))
	run := strings.ReplaceAll(strings.Join(script, "echo\n"), "http://127.0.0.1:8080", p.url)
	out, err := exec.Command("bash", "-c", run).CombinedOutput()
	got := strings.Split(string(out), "\n")
	if err != nil || len(got) != 2 || !strings.Contains(got[0], `"SUCCESS"`) ||
		!strings.Contains(page, "\n"+got[1]+"\n") {
		t.Fatalf("%v\n%s", err, out)
	}
	m := p.messages("+606543216359")[0]
	if text := strings.ReplaceAll(m.Body, m.Code, "425502"); !strings.Contains(page, "\n"+text+"\n") {
		t.Errorf("docs/payments.md lacks the message %q", text)
	}
}
