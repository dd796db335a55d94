// Command countersign runs Countersign on one machine, and keeps the clients,
// users and keys of one anywhere.
package main

import (
	"context"
	"errors"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"
)

var cli struct {
	Serve    serve          `cmd:"" help:"Run the service on this machine, with a local store and an outbox in place of the phone network."`
	Client   clientCommands `cmd:"" help:"Who may call, and how they prove it."`
	User     userCommands   `cmd:"" help:"The users behind a client's wallet tokens."`
	Keys     keysCommands   `cmd:"" help:"The service's own keys."`
	Call     callCommands   `cmd:"" help:"Call a service as a client: sign the request, check the answer."`
	Invoke   invoke         `cmd:"" help:"Run a Lambda function on this machine, without AWS and without Docker: hand it an event, print its answer."`
	Standins standins       `cmd:"" name:"standins" help:"Run the stand-ins of DynamoDB, Secrets Manager, SNS and EventBridge that invoke uses, for sam local."`
	Version  versionCommand `cmd:"" help:"Print the version of this binary."`
}

func main() {
	ends := []os.Signal{os.Interrupt, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) { // by nohup, which is to outlive its terminal
		ends = append(ends, syscall.SIGHUP)
	}
	ctx, stop := signal.NotifyContext(context.Background(), ends...)
	defer stop()
	signal.Ignore(syscall.SIGPIPE) // whoever reads the output may go away; the service stays
	context.AfterFunc(ctx, stop)   // a second Ctrl-C does not wait
	k := kong.Parse(&cli,
		kong.Name("countersign"),
		kong.Description("One-time codes by SMS: init sends a code, verify checks it."),
		kong.BindTo(ctx, (*context.Context)(nil)),
		// kong's own codes are those that call gives, and it takes those of other programs.
		kong.Exit(func(code int) {
			if code != 0 {
				code = 1
			}
			os.Exit(code)
		}),
	)
	err := k.Run()
	var told resultStatus
	if errors.As(err, &told) {
		os.Exit(told.exitCode())
	}
	k.FatalIfErrorf(err)
}
