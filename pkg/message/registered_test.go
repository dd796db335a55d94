package message_test

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"countersign/pkg/message"
	"countersign/pkg/otp"
)

var variable = regexp.MustCompile(`\{#[a-z]+#\}`)

// FuzzRegistered: whatever a client's own text, its brand, its lines and a payee are, the message is the registered
// text with the values of the variables in place of them.
func FuzzRegistered(f *testing.F) {
	f.Add("{code} {brand}, {minutes} min.", "Acme", "example.com", "FA+9qCX9VSu", "Kirana")
	f.Add("验证码{code}，{minutes}分钟内有效【{brand}】。", "支付宝", "", "12345678901", "")
	f.Add("{code} {brand}", "{#numeric#}", "a.example", "", "{#numeric#}")
	f.Add("{code} # {brand}", "{", "", "", "{code}")
	f.Fuzz(func(t *testing.T, template, brand, site, hash, payee string) {
		lines := message.Autofill{Site: site, AndroidHash: hash}
		if site != "" && message.CheckSite(site) != nil || hash != "" && message.CheckAndroidHash(hash) != nil ||
			message.CheckBrand(brand) != nil || message.CheckOwn(template, brand, lines) != nil {
			return
		}
		paid, sample := otp.Payment{}, otp.Payment{}
		if message.CheckPayee(payee) == nil {
			paid, sample = otp.Payment{Amount: "1234.50", Currency: "INR", Payee: payee}, message.SomePayment
		}
		text := message.New(template, brand, nil)
		r, err := text.Paying(sample).With(lines).Registered()
		if err != nil {
			if !strings.Contains(template+brand, "{#") && !strings.Contains(brand, "#") {
				t.Errorf("%q with %q: %v", template, brand, err)
			}
			return
		}
		for _, minutes := range []time.Duration{0, 1, 30} {
			values := map[string]string{
				"code": "90716354", "minutes": map[time.Duration]string{0: "1", 1: "1", 30: "30"}[minutes],
				"amount": "INR 1 234.50", "payee": payee,
			}
			i := -1
			want := variable.ReplaceAllStringFunc(r.Text, func(string) string {
				i++
				return values[r.Variables[i].Name]
			})
			if got := text.Paying(paid).With(lines).Write("90716354", minutes*time.Minute); got != want {
				t.Fatalf("%q is sent, and %q registered", got, r.Text)
			}
		}
	})
}
