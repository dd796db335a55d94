package stream_test

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"countersign/pkg/changes"
	"countersign/pkg/guard"
)

// numbered returns a record of a right code as that of sequence number n, whose message is counted in budgets.
func numbered(n int) string {
	tag := guard.Numbers{Block: []byte("block..."), Shard: 1}.Tag(false, false)
	r := record(n, none, right, 0)
	r = strings.ReplaceAll(r, `"code":`, `"g":{"B":"`+base64.StdEncoding.EncodeToString([]byte(tag))+`"},"code":`)
	return strings.Replace(r, fmt.Sprintf(`"s%d"`, n), fmt.Sprintf(`"%d"`, n), 1)
}

// nothing is a record without facts, of sequence number n.
func nothing(n int) string {
	return strings.Replace(number0, `"SequenceNumber":"l"`, fmt.Sprintf(`"SequenceNumber":"%d"`, n), 1)
}

// marks keeps "from-record" of the credits that it gets, and "from-record>again" of those that it is not to give.
type marks struct {
	all  []string
	fail error
}

func (m *marks) Credit(_ context.Context, all []guard.Credit) error {
	for _, c := range all {
		if guard.KindOf(c.Key) == guard.Block {
			m.all = append(m.all, strings.TrimSuffix(c.From+"-"+c.Record+">"+c.Again, ">"))
		}
	}
	return m.fail
}

// A mark begins with the first record of the batch, whether a fact follows from it or not, and a batch whose credits
// fail comes again from that record on.
func TestMarksOfBatches(t *testing.T) {
	unread := `{"eventSourceARN":"arn","dynamodb":{"SequenceNumber":"5","NewImage":"canary"}}`
	for name, c := range map[string]struct {
		records []string
		marks   string
		again   []string // where the batch begins if the credits fail
	}{
		"facts":                    {[]string{numbered(7), numbered(8)}, "7-7 7-8", []string{"7"}},
		"one without facts first":  {[]string{nothing(5), numbered(7), nothing(8)}, "5-7", []string{"5"}},
		"one that cannot be read":  {[]string{unread, numbered(7)}, "5-7", []string{"5"}},
		"another without a number": {[]string{nothing(5), `["canary"]`, numbered(7)}, "5-7", nil},
	} {
		t.Run(name, func(t *testing.T) {
			m := &marks{}
			h := handler(&memory{}, &bus{}, nil)
			h.Consumer.Credits = m
			if failed := handle(t, h, c.records...); failed != nil || strings.Join(m.all, " ") != c.marks {
				t.Errorf("marks %v, want %s; failed %v", m.all, c.marks, failed)
			}
			m.fail = errors.New("away")
			if c.again == nil { // the first fact has no number: the whole batch comes again
				if _, err := h.Handle(t.Context(), batch(c.records...)); err == nil {
					t.Error("no error")
				}
				return
			}
			if failed := handle(t, h, c.records...); !slices.Equal(failed, c.again) {
				t.Errorf("after a failure it goes on with %v, want %v", failed, c.again)
			}
		})
	}
}

// A batch that is done in part credits that part, and the rest begins another batch.
func TestMarksOfParts(t *testing.T) {
	m, b := &marks{}, &bus{}
	b.fail = func([]changes.Fact) (int, error) { return 2, errors.New("away") }
	h := handler(&memory{}, b, nil)
	h.Consumer.Credits = m
	records := []string{nothing(1), numbered(2), numbered(3), numbered(4), numbered(5)}
	failed := handle(t, h, records...)
	b.fail = nil
	if again := handle(t, h, records[3:]...); !slices.Equal(failed, []string{"4"}) || again != nil {
		t.Errorf("failed %v, then %v", failed, again)
	}
	if got, want := strings.Join(m.all, " "), "1-2 1-3 1-4>4 1-5>4 4-4 4-5"; got != want {
		t.Errorf("marks %s, want %s", got, want)
	}
}
