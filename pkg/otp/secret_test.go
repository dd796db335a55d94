package otp_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"countersign/pkg/otp"
)

// No way of printing discloses a code, a number or a payment (P14).
func TestSecretsDoNotShow(t *testing.T) {
	code, to := otp.Code("493817"), otp.Phone("+606543216353")
	m := otp.Message{To: to, Text: "493817 is your code.", Code: code}
	pays := otp.Payment{Amount: "1048.57", Currency: "EUR", Payee: "Acme Shop", Purpose: "a deposit"}
	check := otp.Check{Client: "demo", ID: "id", Code: code, Payment: pays}
	start := otp.Start{Client: "demo", To: to, Payment: pays}
	var out bytes.Buffer
	log := slog.New(slog.NewJSONHandler(&out, nil))
	for _, v := range []any{code, to, m, &m, check, &check, start, pays, &pays} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
			fmt.Fprintf(&out, verb+"\n", v)
		}
		log.Info("value", "v", v)
	}
	text, err := json.Marshal([]any{code, to, check, pays})
	if err != nil {
		t.Fatal(err)
	}
	out.Write(text)
	canaries := []string{"493817", "6543216", "1048", "Acme", "deposit"}
	for _, canary := range canaries {
		canaries = append(canaries, fmt.Sprintf("%x", canary))
	}
	for _, canary := range canaries {
		if strings.Contains(out.String(), canary) {
			t.Errorf("the output contains %q:\n%s", canary, out.String())
		}
	}
	if got := otp.Phone("+6012345").String(); got != "********" {
		t.Errorf("a short number prints as %s, want stars only", got)
	}
	if to.E164() != "+606543216353" {
		t.Errorf("E164 returned %q, want the number itself", to.E164())
	}
}
