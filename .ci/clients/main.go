// Command clients runs the vendors' own SDKs, as published and unmodified, against the
// real local server. It installs each SDK into .tools, starts one server for all of them,
// runs the steps of alipay.go and unimatrix.go through a small driver in the SDK's own
// language, and prints the result of each step.
//
// An SDK that cannot be installed is skipped with a loud line. With CI=true that fails
// the run.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// patience is how long one SDK may take, from its installation to its last step.
const patience = 6 * time.Minute

func main() {
	write := flag.Bool("write", false, "write docs/clients.md after a run that tested everything")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, *write)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, write bool) (err error) {
	tools, err := filepath.Abs(".tools/clients")
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	server := &server{}
	defer func() { err = errors.Join(err, server.stop()) }()
	started := sync.OnceValue(func() error {
		err := server.start(ctx)
		if err != nil {
			cancel() // nothing can be tested
		}
		return err
	})
	outcomes := runAll(ctx, list(tools), started, server)
	if err := started(); err != nil {
		return err
	}
	return report(outcomes, write)
}

// outcome holds the results of one SDK in one mode.
type outcome struct {
	sdk       sdk
	version   string
	mode      string
	steps     []step
	notTested error // the reason, if there are no steps
}

// step is one call, or a check after it.
type step struct {
	name string
	err  error // nil if the step passed
}

// runAll runs two SDKs at a time. It begins with the last of the list, which takes
// longest to build. The server is built at the same time.
func runAll(ctx context.Context, sdks []sdk, started func() error, server *server) []outcome {
	var (
		outcomes = make([][]outcome, len(sdks))
		next     = make(chan int)
		workers  sync.WaitGroup
	)
	for range 2 {
		workers.Go(func() {
			for i := range next {
				outcomes[i] = runOne(ctx, sdks[i], started, server)
			}
		})
	}
	for i := range sdks {
		next <- len(sdks) - 1 - i
	}
	close(next)
	workers.Wait()
	var all []outcome
	for _, o := range outcomes {
		all = append(all, o...)
	}
	return all
}

func runOne(ctx context.Context, s sdk, started func() error, server *server) []outcome {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if err := s.install(ctx); err != nil {
		return []outcome{{sdk: s, notTested: err}}
	}
	if started() != nil {
		return nil
	}
	self := s.call(ctx, nil, "version")
	if self.Version == "" {
		return []outcome{{sdk: s, steps: []step{{"prints its version", unlike("a version", self)}}}}
	}
	var outcomes []outcome
	for _, m := range s.modes {
		outcomes = append(outcomes, outcome{
			sdk: s, version: strings.TrimPrefix(self.Version, "v"), mode: m.name, steps: m.steps(ctx, server, s),
		})
	}
	return outcomes
}
