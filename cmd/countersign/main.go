// Command countersign runs Countersign on one machine. It also manages the clients,
// users and keys of a local folder or of a deployment in AWS.
package main

import (
	"context"
	"errors"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/alecthomas/kong"
)

var cli struct {
	Serve    serve          `cmd:"" help:"${serve}"`
	Client   clientCommands `cmd:"" help:"Manage the clients: who may call, and how a client proves itself."`
	User     userCommands   `cmd:"" help:"Manage the users behind a client's wallet tokens."`
	Keys     keysCommands   `cmd:"" help:"Manage the service's own keys."`
	Call     callCommands   `cmd:"" help:"Call a service as a client: sign the request, check the answer."`
	Invoke   invoke         `cmd:"" help:"${invoke}"`
	Standins standins       `cmd:"" name:"standins" help:"${standins}"`
	Version  versionCommand `cmd:"" help:"Print the version of this binary."`
}

// helpTexts returns the help texts of all commands. Each file has its own, because a
// struct tag cannot be broken into lines. No two texts may have one name.
func helpTexts() kong.Vars {
	all := kong.Vars{}
	for _, texts := range []kong.Vars{
		serveHelp, placeHelp, clientHelp, clientFlagsHelp, userHelp, keysHelp, callHelp, invokeHelp, standinsHelp,
	} {
		for name, text := range texts {
			if all[name] != "" {
				panic("two help texts are called " + name)
			}
			all[name] = text
		}
	}
	return all
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
		kong.ValueFormatter(flagHelp),
		kong.Groups{"own": "Limits of the client, in place of the deployment's:"},
		helpTexts(),
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

// flagHelp adds the default value and the environment variable to the help text of a
// flag.
func flagHelp(v *kong.Value) string {
	var more []string
	if v.HasDefault && v.Default != "" && (v.Flag == nil || v.Flag.PlaceHolder != "") { // kong shows the others
		more = append(more, "default "+v.Default)
	}
	for _, env := range v.Tag.Envs {
		more = append(more, "$"+env)
	}
	if more == nil {
		return v.Help
	}
	return strings.TrimSuffix(v.Help, ".") + " (" + strings.Join(more, ", ") + ")."
}
