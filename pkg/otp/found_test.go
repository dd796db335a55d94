package otp_test

import (
	"testing"
	"time"

	"countersign/pkg/otp"
)

// There is room only in the ledger of the send, for a number that is new, and where no limit refuses.
func TestRoom(t *testing.T) {
	const now, known = otp.Millis(1_000_000_000), otp.Millis(900_000_000)
	limits := otp.Limits{Windows: []otp.Window{{Sends: 1, In: time.Minute}}}
	sends := func(id string, at otp.Millis) []otp.Send { return []otp.Send{{ID: id, At: at}} }
	source := []byte("-source-")
	for name, c := range map[string]struct {
		ledger *otp.Ledger
		source []byte
		want   bool
	}{
		"nobody looked":         {nil, nil, false},
		"no ledger yet":         {&otp.Ledger{Key: "N#1"}, nil, true},
		"an older message":      {&otp.Ledger{Key: "N#1", Sends: sends("old", now.Add(-time.Hour))}, nil, true},
		"a recent message":      {&otp.Ledger{Key: "N#1", Sends: sends("new", now-1)}, nil, false},
		"counted already":       {&otp.Ledger{Key: "N#1", Sends: sends("id", now.Add(-time.Hour))}, nil, false},
		"another ledger":        {&otp.Ledger{Key: "N#2"}, nil, false},
		"a known number":        {&otp.Ledger{Key: "N#1", Answered: known + 1}, nil, false},
		"answered long ago":     {&otp.Ledger{Key: "N#1", Answered: known}, nil, true},
		"a source of strangers": {&otp.Ledger{Key: "N#1"}, source, false},
		"a known source":        {&otp.Ledger{Key: "N#1", Known: [][]byte{source}}, source, true},
	} {
		p := otp.Spend{Key: "N#1", ID: "id", Now: now, Limits: limits, KnownSince: known, Source: c.source}
		if got := (otp.Found{Ledger: c.ledger}).Room(p); got != c.want {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}
