// Command countersign runs Countersign on one machine. It also manages the clients,
// users and keys of a local folder or of a deployment in AWS.
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
	Serve    serve          `cmd:"" help:"serve"`
	Console  consoleCommand `cmd:"" help:"console"`
	Client   clientCommands `cmd:"" help:"Manage the clients: who may call, and how a client proves itself."`
	User     userCommands   `cmd:"" help:"Manage the users behind a client's wallet tokens."`
	Number   numberCommands `cmd:"" help:"Look at the messages to a number, and end a lock-out."`
	Messages messages       `cmd:"" help:"messages"`
	Guard    guardCommands  `cmd:"" help:"guard"`
	Senders  sendersCommand `cmd:"" help:"senders"`
	Keys     keysCommands   `cmd:"" help:"Manage the service's own keys."`
	Call     callCommands   `cmd:"" help:"Call a service as a client: sign the request, check the answer."`
	Invoke   invoke         `cmd:"" help:"invoke"`
	Standins standins       `cmd:"" name:"standins" help:"standins"`
	Version  versionCommand `cmd:"" help:"Print the version of this binary."`
}

func main() {
	ends := []os.Signal{os.Interrupt, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) { // nohup ignores it, so that the process outlives its terminal
		ends = append(ends, syscall.SIGHUP)
	}
	ctx, stop := signal.NotifyContext(context.Background(), ends...)
	defer stop()
	signal.Ignore(syscall.SIGPIPE) // the reader of the output may go away; the service stays
	context.AfterFunc(ctx, stop)   // a second Ctrl-C ends the process at once
	k := kong.Parse(&cli,
		kong.Name("countersign"),
		kong.Description("One-time codes by SMS: init sends a code, verify checks it."),
		kong.BindTo(ctx, (*context.Context)(nil)),
		kong.Groups{"own": "Limits of the client, in place of the deployment's:"},
		kong.PostBuild(fillHelp),
		kong.ValueFormatter(flagHelp),
		// Only call has exit codes of its own, see [resultStatus]. Kong would add its own, and
		// those of programs that a command has run.
		kong.Exit(func(code int) {
			if code != 0 {
				code = 1
			}
			os.Exit(code)
		}),
	)
	err := k.Run()
	var status resultStatus
	if errors.As(err, &status) {
		os.Exit(status.exitCode())
	}
	k.FatalIfErrorf(err)
}
