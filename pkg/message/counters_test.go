package message_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"countersign/pkg/filetest"
	"countersign/pkg/message"
)

var counted = flag.String("counted", "", "folder of texts.jsonl and of the counts of others, see .ci/counters/run")

// Measure agrees with the counters of others. .ci/counters/run makes texts and counts.
func TestCounters(t *testing.T) {
	if *counted == "" {
		return // .ci/run has this test apart
	}
	lines := func(name string) []string {
		text := filetest.Read(t, filepath.Join(*counted, name))
		return strings.Split(strings.TrimSpace(string(text)), "\n")
	}
	texts := lines("texts.jsonl")
	if len(texts) != 100_000 {
		t.Errorf("%d texts, want 100000", len(texts))
	}
	for _, other := range []string{"smsutil", "split-sms"} {
		counts, wide, several := lines(other+".tsv"), 0, 0
		if len(counts) != len(texts) {
			t.Fatalf("%s counted %d texts, want %d", other, len(counts), len(texts))
		}
		for i, line := range texts {
			var text string
			if err := json.Unmarshal([]byte(line), &text); err != nil {
				t.Fatal(err)
			}
			size, encoding := message.Measure(text), "GSM-7"
			if size.Wide {
				encoding, wide = "UCS-2", wide+1
			}
			if size.Parts > 1 {
				several++
			}
			if got := fmt.Sprintf("%s\t%d\t%d", encoding, size.Units, size.Parts); got != counts[i] {
				t.Errorf("%s: %q, want %q as %s has it", line, got, counts[i], other)
			}
		}
		t.Logf("%s agrees on %d texts, %d of UCS-2, %d of several parts", other, len(texts), wide, several)
	}
}
