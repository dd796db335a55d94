// Package localserver runs the whole service on one machine, for development: the
// same handlers as in Lambda, a local store, and an outbox in place of the phone
// network. The outbox shows every code to anyone who can reach the server.
package localserver

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"path/filepath"
	"runtime/debug"
	"strings"
	"time"

	"countersign/pkg/config"
	"countersign/pkg/config/inforce"
	"countersign/pkg/console"
	"countersign/pkg/gateway"
	"countersign/pkg/keyring"
	"countersign/pkg/keyring/keyfile"
	"countersign/pkg/loopback"
	"countersign/pkg/message/languages"
	"countersign/pkg/openstore"
	"countersign/pkg/otp"
	"countersign/pkg/outbox"
	"countersign/pkg/phone/plan"
	"countersign/pkg/service"
	"countersign/pkg/unimatrix"
	"countersign/pkg/version"
)

// Options are the flags of serve, and the environment and streams of its process.
type Options struct {
	Listen      string // HOST:PORT; port 0 takes a free one
	AllowRemote bool   // allow a host that other machines can reach
	// AllowHosts are the hosts that requests may be sent to, besides those of the loopback
	// interface and that of Listen: names or addresses, without ports.
	AllowHosts []string
	Place      openstore.Place
	Verbose    bool   // log each request, and not faults only
	Receipts   string // what is reported about each message, see [fates]; "" is the first of them
	// Getenv returns the settings of package config, as in Lambda.
	Getenv func(string) string
	// Flags are the values that flags gave, by the names of their settings: for the page of settings.
	Flags  map[string]string
	Stdout io.Writer // gets "ready URL", the greeting and each message
	Stderr io.Writer // gets the log
}

// Run serves until ctx ends. Then it finishes the calls that are under way. An error
// names the flag or the setting that is wrong.
func Run(ctx context.Context, o Options) (err error) {
	cfg, err := o.settings()
	if err != nil {
		return err
	}
	stderr := newTerminal(o.Stderr)
	defer stderr.close()
	log := slog.New(slog.NewTextHandler(stderr, nil))
	keys, err := o.keys(log)
	if err != nil {
		return err
	}
	store, err := o.Place.Open(ctx, cfg.Table, cfg.ClientsTable)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	stdout := newTerminal(o.Stdout)
	defer stdout.close()
	path := filepath.Join(o.Place.Folder, "outbox.jsonl")
	var pages *console.Console // which is made below, before the first message
	messages, err := outbox.Open(path, time.Now, messageIDs(rand.Reader), func(e outbox.Entry) {
		stdout.sayMessage(e)
		pages.Changed(console.Messages)
	})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, messages.Close()) }()

	debug.SetGCPercent(400) // little is live: 20 MB more buy a tenth more calls
	sender, err := senders(messages).Open(o.Getenv, "outbox")
	if err != nil {
		return err
	}
	if err := warnOfShownKeys(ctx, store.Documents(), log); err != nil {
		return err
	}
	server := newServer(store, messages, sender, service.Ports{
		Keys: keys, Defaults: cfg.Defaults(), Now: time.Now, Rand: rand.Reader, Log: o.requestLog(stderr),
		NumberPerDay: cfg.NumberPerDay,
	})
	server.prefixes = cfg.Prefixes
	pages = console.New(ctx, console.Sources{
		Store: store, Place: o.Place, Config: cfg, Process: o.process(), Now: time.Now, Log: log, Demo: DemoRecord(),
		Ring: func() (*keyring.Ring, error) { return keys, nil },
		Local: &console.Local{
			Outbox: messages, Facts: server.events.list, Rand: rand.Reader, TTL: unimatrix.DefaultTTL,
		},
	})
	server.console, server.events.changed = pages, func() { pages.Changed(console.Facts) }
	server.emptied = func() { pages.Changed(console.Messages) }
	log.Info("started", "version", version.Current, "plans", plan.Release())
	return o.serve(ctx, stdout, loopback.Only(server, o.hosts()...), func() (stop func()) {
		return server.attend(ctx, store, o.reporter(messages, store, func(e outbox.Entry) {
			stdout.sayReceipt(e)
			pages.Changed(console.Messages)
		}), log)
	})
}

// keys makes the data folder, where there is none, and reads the keyring in it.
func (o Options) keys(log *slog.Logger) (*keyring.Ring, error) {
	if err := o.Place.MakeFolder(); err != nil {
		return nil, err
	}
	if o.Place.KeysLost() {
		log.Warn("the folder has a database and no keyring: restore it from a copy, or delete the folder to start anew",
			"missing", o.Place.KeysFile())
	}
	return keyring.New(keyfile.New(o.Place.KeysFile()), time.Now, recent, log)
}

// reporter returns what reports about the messages in the outbox.
func (o Options) reporter(messages *outbox.Outbox, receipts otp.Receipts, show func(outbox.Entry)) reporter {
	fate, _ := fateOf(o.Receipts) // which was checked
	return reporter{fate: fate, outbox: messages, receipts: receipts, now: time.Now, show: show}
}

// requestLog returns the log of requests: all of them, or faults only.
func (o Options) requestLog(w io.Writer) *slog.Logger {
	level := slog.LevelWarn
	if o.Verbose {
		level = slog.LevelInfo
	}
	return slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{Level: level}))
}

// attend follows the store, and reports about messages, until ctx ends or stop is called.
func (s *server) attend(ctx context.Context, store openstore.Store, r reporter, log *slog.Logger) (stop func()) {
	unfollow := background(ctx, func(ctx context.Context) { follow(ctx, store, s.events, log) })
	if r.event == "" {
		return unfollow
	}
	quiet := background(ctx, func(ctx context.Context) { r.run(ctx, log) })
	return func() {
		quiet()
		unfollow()
	}
}

// background starts a task. stop ends its context and waits for its end.
func background(ctx context.Context, task func(context.Context)) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		task(ctx)
	}()
	return func() {
		cancel()
		<-done
	}
}

// settings checks the options and reads the settings.
func (o Options) settings() (cfg config.Config, err error) {
	if err := o.check(); err != nil {
		return cfg, err
	}
	if _, err = config.Load(o.Getenv); err != nil { // a value must be right even if it is not in force
		return cfg, err
	}
	if cfg, err = config.Load(o.process().Value); err != nil {
		return cfg, err
	}
	if err := plan.CheckCountries(cfg.Countries); err != nil {
		return cfg, fmt.Errorf("%sCOUNTRIES: %w", config.Prefix, err)
	}
	return cfg, cfg.CheckMessages(languages.Check)
}

// process has the settings of the server with where they come from.
func (o Options) process() inforce.Process {
	return inforce.Process{Getenv: o.Getenv, Flags: o.Flags, Own: own}
}

// check refuses to show codes where strangers can read them.
func (o Options) check() error {
	if name := loopback.InLambda(o.Getenv); name != "" {
		return fmt.Errorf("serve is for laptops and shows every code: it does not run inside Lambda (%s is set); "+
			"deploy functions/init and functions/verify there", name)
	}
	if err := o.Place.Check(); err != nil {
		return err
	}
	if _, err := fateOf(o.Receipts); err != nil {
		return err
	}
	for _, host := range o.AllowHosts {
		if u, err := url.Parse("//" + host); err != nil || host == "" || u.Host != host || u.Port() != "" {
			return fmt.Errorf("--allow-host %s: must be a name or an address without a port, such as laptop.example, "+
				"192.0.2.7 or [2001:db8::7]", host)
		}
	}
	host, _, err := net.SplitHostPort(o.Listen)
	if err != nil {
		return fmt.Errorf("--listen %s: must be HOST:PORT: %w", o.Listen, err)
	}
	if !loopback.Is(host) && !o.AllowRemote {
		return fmt.Errorf("--listen %s is reachable from other machines, and anyone there could read the codes: "+
			"use 127.0.0.1, or add --allow-remote", o.Listen)
	}
	return nil
}

// hosts returns the hosts that requests may be sent to besides those of the loopback
// interface.
func (o Options) hosts() []string {
	host, _, _ := net.SplitHostPort(o.Listen)
	hosts := []string{cmp.Or(host, "0.0.0.0")}
	for _, h := range o.AllowHosts {
		hosts = append(hosts, strings.Trim(h, "[]"))
	}
	return hosts
}

// drain bounds the time of the calls that are under way when the server ends.
const drain = gateway.Timeout + 2*time.Second

// serve listens and serves until ctx ends. Meanwhile it runs the tasks that attend starts: not before the first line of
// the output, as they print what is left from an earlier server, and programs read the URL from that line.
func (o Options) serve(
	ctx context.Context, terminal *terminal, handler http.Handler, attend func() (stop func()),
) error {
	listener, err := net.Listen("tcp", o.Listen)
	if err != nil {
		return fmt.Errorf("--listen: %w; take another with --listen 127.0.0.1:0 or COUNTERSIGN_LISTEN=127.0.0.1:0", err)
	}
	url := "http://" + listener.Addr().String()
	terminal.say("ready " + url)
	terminal.say(greeting(url))
	defer attend()()
	return loopback.Serve(ctx, listener, handler, drain)
}
