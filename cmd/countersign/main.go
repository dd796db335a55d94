// Command countersign runs Countersign on one machine.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"
)

var cli struct {
	Serve serve `cmd:"" help:"Run the service on this machine, with a local store and an outbox in place of the phone network."`
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	signal.Ignore(syscall.SIGPIPE) // whoever reads the output may go away; the service stays
	context.AfterFunc(ctx, stop)   // a second Ctrl-C does not wait
	k := kong.Parse(&cli,
		kong.Name("countersign"),
		kong.Description("One-time codes by SMS: init sends a code, verify checks it."),
		kong.UsageOnError(),
		kong.BindTo(ctx, (*context.Context)(nil)),
	)
	k.FatalIfErrorf(k.Run())
}
