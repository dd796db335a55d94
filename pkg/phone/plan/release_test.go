package plan

import (
	"strings"
	"testing"
	"time"

	"countersign/pkg/filetest"
)

// The page of numbers has the release, and a row for each calling code with spellings.
func TestPage(t *testing.T) {
	page := filetest.Read(t, "../../../docs/numbers.md")
	want := []string{"**" + Release() + "**"}
	for _, s := range spellings {
		want = append(want, "\n| +"+s.code+" |")
	}
	for _, c := range codes {
		if len(c.countries()) > 1 {
			want = append(want, "+"+c.number)
		}
	}
	for _, text := range want {
		if !strings.Contains(strings.ReplaceAll(string(page), "\n+", " +"), text) {
			t.Errorf("docs/numbers.md lacks %q", text)
		}
	}
}

// The metadata is stale half a year after its release, and a date that cannot be read is.
func TestStale(t *testing.T) {
	released, err := time.Parse(time.DateOnly, Date)
	if err != nil {
		t.Fatalf("codes_gen.go has the date %q: %v", Date, err)
	}
	for age, want := range map[time.Duration]bool{
		0: false, MaxAge: false, MaxAge + 1: true, -time.Hour: false,
	} {
		if got := Stale(released.Add(age)); got != want {
			t.Errorf("stale after %v is %t, want %t", age, got, want)
		}
	}
}
