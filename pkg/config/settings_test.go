package config_test

import (
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"countersign/pkg/config"
)

var bounds = regexp.MustCompile(`^(\S+) to (\S+)$`)

// Each row of the table is complete, and its default and range are those that Load
// applies.
func TestTable(t *testing.T) {
	names := map[string]bool{}
	for _, s := range config.Settings() {
		if names[s.Name] {
			t.Errorf("%s has two rows", s.Name)
		}
		names[s.Name] = true
		if s.About == "" {
			t.Errorf("%s has no text for docs/settings.md: fill About", s.Name)
		}
		if s.Template == "" && s.Flag == "" {
			t.Errorf(`%s cannot be set: fill Flag, or Template with a parameter of template.yaml, `+
				`or with "-" if it is only a variable of the environment`, s.Name)
		}
		if _, err := load(s.Name, s.Default); err != nil {
			t.Errorf("the default of %s is refused: %v", s.Name, err)
		}
		if ends := bounds.FindStringSubmatch(s.Range); ends != nil {
			testBounds(t, s, ends[1], strings.Replace(ends[2], "PER_DAY", "20", 1))
		}
	}
}

// testBounds checks that both ends of a range are accepted, and that the next value
// outside is not.
func testBounds(t *testing.T, s config.Setting, lowest, highest string) {
	t.Helper()
	accepted := func(value string) bool {
		_, err := load(s.Name, value, "PER_DAY", "20", "PER_HOUR", "1")
		return err == nil
	}
	for value, step := range map[string]int{lowest: -1, highest: 1} {
		if !accepted(value) {
			t.Errorf("%s=%s is refused, and its range is %s: correct Range", s.Name, value, s.Range)
		}
		if outside := next(t, value, step); accepted(outside) {
			t.Errorf("%s=%s is accepted, and its range is %s: correct Range", s.Name, outside, s.Range)
		}
	}
}

// next returns the whole number or the duration after value, or before it.
func next(t *testing.T, value string, step int) string {
	t.Helper()
	if n, err := strconv.Atoi(value); err == nil {
		return strconv.Itoa(n + step)
	}
	d, err := time.ParseDuration(value)
	if err != nil {
		t.Fatalf("%q is neither a whole number nor a duration", value)
	}
	return (d + time.Duration(step)*time.Second).String()
}

// A value that is missing is the default, white space around it does not count, and a
// name without a row is a mistake in the program.
func TestGet(t *testing.T) {
	for value, want := range map[string]string{"": "Countersign", " Acme\n": "Acme"} {
		if got := config.Get(func(string) string { return value }, "BRAND"); got != want {
			t.Errorf("%q: %q, want %q", value, got, want)
		}
	}
	defer func() {
		if text, _ := recover().(string); !strings.Contains(text, "NO_SUCH: add a row to the table") {
			t.Errorf("panic %q, want the way to add a setting", text)
		}
	}()
	config.Get(func(string) string { return "" }, "NO_SUCH")
}
