package admission_test

import (
	"cmp"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"countersign/pkg/admission"
	"countersign/pkg/admission/admissiontest"
	"countersign/pkg/clients"
	"countersign/pkg/filetest"
	"countersign/pkg/message/languages"
	"countersign/pkg/otp"
	"countersign/pkg/phone/plan"
)

// Each outcome that this package names is among the refusals, which the tests of all contracts run.
func TestEachOutcomeIsAmongTheRefusals(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	listed := map[otp.Outcome]bool{}
	for _, r := range admissiontest.Refusals() {
		listed[r.Outcome] = true
	}
	found := 0
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		text := filetest.Read(t, file)
		for _, name := range regexp.MustCompile(`\botp\.[A-Z]\w+`).FindAllString(string(text), -1) {
			outcome, ok := outcomeNamed(strings.TrimPrefix(name, "otp."))
			if !ok {
				continue
			}
			found++
			if !listed[outcome] {
				t.Errorf("pkg/admission/%s has the outcome %s, and no test of a contract runs it: "+
					"add a row to Refusals in pkg/admission/admissiontest/refusals.go", file, name)
			}
		}
	}
	if found < 2 {
		t.Errorf("%d outcomes in the sources of pkg/admission, want 2 or more", found)
	}
}

// outcomeNamed returns the outcome of a constant's name: that of BadNumber is "bad_number".
func outcomeNamed(name string) (otp.Outcome, bool) {
	words := regexp.MustCompile(`[A-Z][a-z]*`).FindAllString(name, -1)
	outcome := otp.Outcome(strings.ToLower(strings.Join(words, "_")))
	return outcome, slices.Contains(otp.Outcomes(), outcome)
}

// Each refusal is one of the rules: it refuses what was allowed before, with its outcome.
func TestRefusals(t *testing.T) {
	messages := admission.Messages{
		Lookup: plan.Lookup, Text: languages.For, Issuer: otp.Issuer{Now: time.Now},
	}
	refusal := func(c *clients.Client, number string) otp.Outcome {
		n, refusal := messages.Recipient(t.Context(), c, number)
		if refusal != "" && strings.HasPrefix(admission.Rule(c, n, refusal), "is refused") {
			t.Errorf("no words say which rule gives %q: add them to Rule in pkg/admission/messages.go", refusal)
		}
		start, err := messages.Start(t.Context(), c, n, otp.Payment{})
		resend, errResend := messages.Resend(t.Context(), c)
		if err != nil || errResend != nil {
			t.Fatal(err, errResend)
		}
		refusal = cmp.Or(refusal, start.Refusal)
		if again := resend.Recipient(otp.Phone(number)).Refusal; again != refusal {
			t.Errorf("a re-send to %s gets %q, a first message %q", number, again, refusal)
		}
		return refusal
	}
	for _, r := range admissiontest.Refusals() {
		c := &clients.Client{ID: "known", Brand: "Acme"}
		admissiontest.Anywhere(c)
		if got := refusal(c, r.Number); got != "" {
			t.Errorf("%s: a client that may send anywhere gets %q: lift the rule in Anywhere of "+
				"pkg/admission/admissiontest/refusals.go", r.Name, got)
		}
		r.Refuse(c)
		if got := refusal(c, r.Number); got != r.Outcome {
			t.Errorf("%s: the outcome is %q, want %q", r.Name, got, r.Outcome)
		}
	}
}
