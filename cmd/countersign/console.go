package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"sync"
	"time"

	"github.com/alecthomas/kong"

	"countersign/pkg/clients"
	"countersign/pkg/config"
	"countersign/pkg/config/inforce"
	"countersign/pkg/console"
	"countersign/pkg/keyring"
	"countersign/pkg/keyring/keyfile"
	"countersign/pkg/localserver"
	"countersign/pkg/loopback"
)

var consoleHelp = texts{
	"console": "Show on web pages what the tables of a deployment have, or a folder. Nothing is written.",
	"console_listen": "Address to listen on, of this machine's loopback interface; port 0 takes a free one. " +
		"No other machine can reach it.",
}

// consoleCommand is the command console. Who may use it is up to the permissions of the process.
type consoleCommand struct {
	Listen string `default:"127.0.0.1:8081" placeholder:"HOST:PORT" help:"console_listen"`
	storeFlags
	KeysSecret string `env:"COUNTERSIGN_KEYS" placeholder:"NAME" help:"keys_secret"`
}

// Help describes what the pages need.
func (*consoleCommand) Help() string {
	return `Open the address that it prints in a browser on this machine. The pages show challenges, clients, the ` +
		`guard and settings. They show no codes and no messages, and mask numbers. countersign serve has the same ` +
		`pages, with a phone.

Nothing is made that is missing: neither tables, nor a folder, nor a keyring. Pages that need a key read the ` +
		`keyring at their first use, and the others work without the permission to read it. docs/console.md has an ` +
		`IAM policy.`
}

// Validate refuses flags that name two places, as the other commands do, and addresses that other machines reach.
func (c *consoleCommand) Validate() error {
	if host, _, err := net.SplitHostPort(c.Listen); err != nil {
		return fmt.Errorf("--listen %s: must be HOST:PORT: %w", c.Listen, err)
	} else if !loopback.Is(host) {
		return fmt.Errorf("--listen %s: must be an address of the loopback interface, such as 127.0.0.1:8081: the "+
			"pages are for the person at this machine", c.Listen)
	}
	return c.place().Validate()
}

// place returns the place that the pages are about.
func (c *consoleCommand) place() place {
	return place{storeFlags: c.storeFlags, KeysSecret: c.KeysSecret}
}

// drain is how long a page may take that is being made when the command ends.
const drain = 5 * time.Second

// Run serves the pages until ctx ends.
func (c *consoleCommand) Run(ctx context.Context, k *kong.Context) (err error) {
	if name := loopback.InLambda(os.Getenv); name != "" {
		return fmt.Errorf("console is for the person at a machine: it does not run inside Lambda (%s is set)", name)
	}
	process := c.settings(k)
	cfg, err := config.Load(process.Value)
	if err != nil {
		return err
	}
	store, err := c.at().View(cfg.Table, cfg.ClientsTable)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	listener, err := net.Listen("tcp", c.Listen)
	if err != nil {
		return fmt.Errorf("--listen: %w; take another with --listen 127.0.0.1:0", err)
	}
	log := slog.New(slog.NewTextHandler(os.Stderr, nil))
	var demo clients.Record
	if !c.at().Deployed() {
		demo = localserver.DemoRecord()
	}
	pages := console.New(ctx, console.Sources{
		Store: store, Place: c.at(), Ring: c.ringOnce(log), Config: cfg, Process: process,
		Now: time.Now, Log: log, Demo: demo,
	})
	fmt.Printf("ready http://%s/\n\nRead-only pages about %s: open the address in a browser on this machine. "+
		"Ctrl-C ends them.\n", listener.Addr(), c.at().Name(cfg.ClientsTable))
	return loopback.Serve(ctx, listener, loopback.Only(pages), drain)
}

// settings has those of the command with where they come from.
func (c *consoleCommand) settings(k *kong.Context) inforce.Process {
	p := c.process()
	p.Flags = givenFlags(k)
	unused := []string{"LISTEN", "ALLOW_REMOTE", "ALLOW_HOST", "VERBOSE", "OUTBOX_RECEIPTS"} // flags of serve
	if c.at().Deployed() {
		unused = append(unused, functionsAlone...)
	}
	for _, name := range unused {
		p.Own = append(p.Own, inforce.Own{Name: name, Origin: inforce.Unused})
	}
	return p
}

// functionsAlone are the settings that change nothing on the pages. What this command's environment has of them is not
// what the functions have.
var functionsAlone = []string{
	"NUMBER_PER_DAY", "PATH_PREFIX", "STACK", "COGNITO_CLIENT", "SENDER", "SENDER_ID", "ORIGINATION_NUMBER",
	"MAX_PRICE", "ENTITY_ID", "TEMPLATE_ID", "ORIGINATION_IDENTITY", "CONFIGURATION_SET", "PROTECT_CONFIGURATION",
	"FALLOVER", "RECEIPTS", "MESSAGE_FEEDBACK", "SENDERS",
}

// ringOnce returns a function that reads the keyring at its first use, and again while that fails: a person may get the
// permission meanwhile.
func (c *consoleCommand) ringOnce(log *slog.Logger) func() (*keyring.Ring, error) {
	var mu sync.Mutex
	var ring *keyring.Ring
	return func() (_ *keyring.Ring, err error) {
		mu.Lock()
		defer mu.Unlock()
		if ring == nil {
			ring, err = c.openRing(log)
		}
		return ring, err
	}
}

// openRing reads the keyring. The error of one that is missing is for the reader of a page.
func (c *consoleCommand) openRing(log *slog.Logger) (*keyring.Ring, error) {
	if c.at().Deployed() && c.KeysSecret == "" {
		return nil, console.Plain("This needs the keyring of the deployment: end the command, and start it with " +
			"--keys-secret or " + config.Prefix + "KEYS.")
	}
	source, err := c.keys()
	if err != nil {
		return nil, err
	}
	ring, err := keyring.New(source, time.Now, time.Minute, log)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%w: %w", console.Plain("This needs the keyring, and "+c.at().KeysFile()+
			" does not exist: --data names its folder."), err)
	}
	return ring, err
}

// keys returns the source of the keyring. It makes none.
func (c *consoleCommand) keys() (keyring.Source, error) {
	if !c.at().Deployed() {
		return keyfile.Existing(c.at().KeysFile()), nil
	}
	return c.place().keys()
}
