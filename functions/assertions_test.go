package functions

import (
	"testing"

	"go.yaml.in/yaml/v4"
)

// holds evaluates an assertion of the template for values of its parameters.
func holds(t *testing.T, n *yaml.Node, values map[string]string) bool {
	t.Helper()
	text := func(n *yaml.Node) string {
		if n.Tag == "!Ref" {
			return values[n.Value]
		}
		return n.Value
	}
	switch n.Tag {
	case "!Equals":
		return text(n.Content[0]) == text(n.Content[1])
	case "!Not":
		return !holds(t, n.Content[0], values)
	case "!Or", "!And":
		for _, one := range n.Content {
			if holds(t, one, values) == (n.Tag == "!Or") {
				return n.Tag == "!Or"
			}
		}
		return n.Tag == "!And"
	}
	t.Fatalf("an assertion has %s", n.Tag)
	return false
}

// The template refuses a fallover that cannot work.
func TestFalloverIsAsserted(t *testing.T) {
	var file struct {
		Rules map[string]struct {
			Assertions []struct {
				Assert      yaml.Node `yaml:"Assert"`
				Description string    `yaml:"AssertDescription"`
			} `yaml:"Assertions"`
		} `yaml:"Rules"`
	}
	readTemplate(t, &file)
	const pool, protect = "arn:aws:sms-voice:eu-central-1:123456789012:pool/pool-1", "protect-1"
	for _, c := range []struct {
		fallover, identity, protect string
		want                        bool
	}{
		{"", "", "", true}, {"", pool, "", true}, {"", pool, protect, true},
		{"sns", pool, "", true}, {"sms-voice", pool, "", true}, {"sms-voice", pool, protect, true},
		{"sns", "", "", false}, {"sms-voice", "", "", false}, {"sns", pool, protect, false},
	} {
		values := map[string]string{
			"Fallover": c.fallover, "OriginationIdentity": c.identity, "ProtectConfiguration": c.protect,
		}
		got, why := true, ""
		for _, a := range file.Rules["Fallover"].Assertions {
			if !holds(t, &a.Assert, values) {
				got, why = false, a.Description
			}
		}
		if got != c.want || got != (why == "") {
			t.Errorf("the template takes %v: %v (%s), want %v", values, got, why, c.want)
		}
	}
	for _, value := range []string{"", "sns", "sms-voice", "outbox", "SNS", "both", "sns,sms-voice"} {
		known := value == "" || value == "sns" || value == "sms-voice"
		if takes := parameters(t)["Fallover"].takes(value); takes != known {
			t.Errorf("the template takes Fallover=%q: %v, want %v", value, takes, known)
		}
	}
}
