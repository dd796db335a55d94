package eventbus

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
	smithytime "github.com/aws/smithy-go/time"

	"countersign/pkg/awsclient"
	"countersign/pkg/changes"
)

// Limits of one request of PutEvents. maxBytes is for all entries together, as EventBridge counts them: 14 bytes for
// the time, and the source, the detail-type and the detail in UTF-8.
const (
	maxEntries = 10
	maxBytes   = 256 << 10
	timeBytes  = 14
)

// Bus is [changes.Events] on EventBridge. It is safe for concurrent use.
type Bus struct {
	client *eventbridge.Client
	name   *string // nil: the default
}

var _ changes.Events = (*Bus)(nil)

// Publish implements [changes.Events]. Entries that the bus refuses while it takes others are tried three times, like
// whole requests.
func (b *Bus) Publish(ctx context.Context, facts []changes.Fact) (done int, err error) {
	entries := make([]types.PutEventsRequestEntry, len(facts))
	for i, f := range facts {
		if entries[i], err = b.entry(f); err != nil {
			return 0, err
		}
	}
	for done < len(entries) {
		n := fits(entries[done:])
		taken, err := b.put(ctx, entries[done:done+n])
		if err != nil {
			return done + taken, err
		}
		done += n
	}
	return done, nil
}

func (b *Bus) entry(f changes.Fact) (types.PutEventsRequestEntry, error) {
	detail, err := json.Marshal(f)
	if err != nil {
		return types.PutEventsRequestEntry{}, fmt.Errorf("eventbridge: spell a %s: %T", f.Kind, err)
	}
	return types.PutEventsRequestEntry{
		Source: aws.String(changes.Source), DetailType: aws.String(string(f.Kind)), Detail: aws.String(string(detail)),
		Time: aws.Time(f.Time), EventBusName: b.name,
	}, nil
}

// fits returns how many of the entries go into one request. It is at least one, even where that is too large.
func fits(entries []types.PutEventsRequestEntry) int {
	bytes := 0
	for n, e := range entries {
		bytes += timeBytes + len(*e.Source) + len(*e.DetailType) + len(*e.Detail)
		if n == maxEntries || n > 0 && bytes > maxBytes {
			return n
		}
	}
	return len(entries)
}

// put makes one request, and further ones for the entries that were refused in it. It returns the number of entries
// before the first one that was not taken.
func (b *Bus) put(ctx context.Context, entries []types.PutEventsRequestEntry) (taken int, err error) {
	left := make([]int, len(entries)) // places of the entries that were not taken yet
	for i := range left {
		left[i] = i
	}
	for try := 1; ; try++ {
		some := make([]types.PutEventsRequestEntry, len(left))
		for i, place := range left {
			some[i] = entries[place]
		}
		out, err := b.client.PutEvents(ctx, &eventbridge.PutEventsInput{Entries: some})
		if err != nil {
			return left[0], awsclient.Fault("eventbridge: PutEvents", err)
		}
		if len(out.Entries) != len(some) {
			return left[0], fmt.Errorf(
				"eventbridge: %d entries were answered, %d were sent",
				len(out.Entries),
				len(some),
			)
		}
		var refused []int
		code := ""
		for i, answer := range out.Entries {
			if answer.ErrorCode != nil || answer.EventId == nil {
				refused, code = append(refused, left[i]), aws.ToString(answer.ErrorCode)
			}
		}
		if len(refused) == 0 {
			return len(entries), nil
		}
		left = refused
		if try == awsclient.Attempts {
			return left[0], fmt.Errorf("eventbridge: %s: %d of %d entries were refused %d times",
				awsclient.Code(code), len(left), len(entries), try)
		}
		if err := smithytime.SleepWithContext(ctx, awsclient.Pause(firstPause, try)); err != nil {
			return left[0], fmt.Errorf("eventbridge: no time was left to try refused entries again: %w", err)
		}
	}
}
