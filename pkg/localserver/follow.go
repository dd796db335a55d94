package localserver

import (
	"context"
	"log/slog"
	"time"

	"countersign/pkg/changes"
	"countersign/pkg/openstore"
	"countersign/pkg/sqlitestore"
)

const (
	// glance is the time between two reads of the feed. After a right code, the
	// unanswered messages of its number are cleared this much later.
	glance = 50 * time.Millisecond
	// respite is the pause after a failure.
	respite = time.Second
	// piece is how many changes are read at once. It is small, since one turn of the
	// store's writer finishes a piece, and calls wait for it.
	piece = 100
)

// follow publishes what happens to the challenges of a store, until ctx ends.
func follow(ctx context.Context, store openstore.Store, events changes.Events, log *slog.Logger) {
	switch s := store.(type) {
	case *sqlitestore.Store:
		followFile(ctx, s, events, log)
	case openstore.Tables:
		followTables(ctx, s, events, log)
	}
}

// followFile follows the challenges in a file. Changes that are left at the
// end are published after the next start.
func followFile(ctx context.Context, f *sqlitestore.Store, events changes.Events, log *slog.Logger) {
	defer background(ctx, func(ctx context.Context) { sweep(ctx, f) })()
	again(ctx, log, "changes", rest, func() (more bool, err error) {
		p, err := f.Feed().Next(ctx, piece, time.Now())
		if err != nil {
			return false, err
		}
		if err := work(ctx, changes.Consumer{Numbers: &p, Events: events, Credits: &p}, p.List); err != nil {
			return false, err
		}
		return len(p.List) == piece, f.Feed().Finish(ctx, p)
	})
}

// followTables follows the stream of an engine's table. The stream of a deployment is
// followed by its function changes.
func followTables(ctx context.Context, t openstore.Tables, events changes.Events, log *slog.Logger) {
	if t.NoStream != nil {
		log.Warn("this engine has no stream: there are no events, and right codes do not clear unanswered messages",
			"cause", t.NoStream.Error())
	}
	if t.Stream == nil {
		return
	}
	consumer := changes.Consumer{Numbers: t, Events: events, Credits: t}
	again(ctx, log, "changes", rest, func() (more bool, err error) {
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

// share bounds following to about one part in so many of the time: under load the calls come
// first, and facts are published later.
const share = 10

// rest returns the pause of following after a piece that took so long, if there are more.
func rest(took time.Duration) time.Duration { return min(glance, (share-1)*took) }

// again calls do, which works on what, after each glance, and after a rest while there is more.
func again(
	ctx context.Context, log *slog.Logger, what string, rest func(took time.Duration) time.Duration,
	do func() (more bool, err error),
) {
	for {
		begin := time.Now()
		more, err := do()
		wait := glance
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			log.Error(what, "cause", err.Error())
			wait = respite
		case more:
			wait = rest(time.Since(begin))
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return
		}
	}
}

// work consumes the facts that follow from changes.
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
