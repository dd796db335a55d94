package localserver

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"countersign/pkg/changes"
	"countersign/pkg/openstore"
	"countersign/pkg/sqlitestore"
)

const (
	// glance is how often the feed is looked at: so much later a right code clears
	// the unanswered messages of its number.
	glance = 50 * time.Millisecond
	// respite is the pause after a failure.
	respite = time.Second
	// piece is how many challenges are told of at once: few enough that counting
	// them delays no call for long.
	piece = 100
)

// follow publishes what happens to the challenges of a store, until ctx ends.
func follow(ctx context.Context, store openstore.Store, events changes.Events, log *slog.Logger) {
	switch s := store.(type) {
	case openstore.File:
		followFile(ctx, s.Store, events, log)
	case openstore.Tables:
		followTables(ctx, s, events, log)
	}
}

// followFile follows the challenges in a file. What was
// not told then is told at the next start. Sweeping begins when all is told that
// an earlier process left: a fact must not be forgotten between its counting and
// its end.
func followFile(ctx context.Context, f *sqlitestore.Store, events changes.Events, log *slog.Logger) {
	consumer := changes.Consumer{Numbers: f, Counters: f, Events: events}
	var start sync.Once
	again(ctx, log, func() (more bool, err error) {
		if more, err = tell(ctx, f.Feed(), consumer); err == nil && !more {
			start.Do(func() { go sweep(ctx, f) })
		}
		return more, err
	})
}

// followTables follows the stream of an engine's table. The stream of a deployment is
// followed by its function changes.
func followTables(ctx context.Context, t openstore.Tables, events changes.Events, log *slog.Logger) {
	if t.NoStream != nil {
		log.Warn("this engine has no stream: there are no events, and right codes do not clear unanswered messages", "cause", t.NoStream.Error())
	}
	if t.Stream == nil {
		return
	}
	consumer := changes.Consumer{Numbers: t, Counters: t, Events: events}
	again(ctx, log, func() (more bool, err error) {
		r, err := t.Stream.Next(ctx)
		if err != nil {
			return false, err
		}
		if err := work(ctx, consumer, r.List); err != nil {
			return false, err
		}
		return len(r.List) > 0, t.Stream.Finish(ctx, r)
	})
}

// share is what part of the time goes into following, as one in so many: under load
// the calls come first, and what happened is told later.
const share = 10

// again calls do soon while there is more, and otherwise now and then.
func again(ctx context.Context, log *slog.Logger, do func() (more bool, err error)) {
	for {
		begin := time.Now()
		more, err := do()
		wait := glance
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			log.Error("changes", "cause", err.Error())
			wait = respite
		case more:
			wait = min(glance, (share-1)*time.Since(begin))
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return
		}
	}
}

// work does what follows from changes.
func work(ctx context.Context, consumer changes.Consumer, list []changes.Change) error {
	var facts []changes.Fact
	for _, c := range list {
		facts = append(facts, changes.Facts(c)...)
	}
	if len(facts) == 0 {
		return nil
	}
	_, err := consumer.Work(ctx, facts)
	return err
}

// tell works on one piece of the feed.
func tell(ctx context.Context, feed *sqlitestore.Feed, consumer changes.Consumer) (more bool, err error) {
	c, more, err := feed.Next(ctx, piece, time.Now())
	if err != nil || c.Empty() {
		return more, err
	}
	err = work(ctx, consumer, c.List)
	if err == nil {
		err = feed.Finish(ctx, c)
	}
	if err != nil {
		feed.GiveBack(c)
	}
	return more, err
}
