package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"

	"countersign/pkg/standin"
)

var standinsHelp = texts{
	"standins":        "Run the stand-ins of the services of AWS that the functions call, for sam local.",
	"host":            "Address to listen on. Containers on Linux reach 172.17.0.1, the address of Docker's bridge.",
	"standins_remote": "Allow an address that other machines reach. Anyone there can read the keys and the codes.",
	"env_file_out":    "File to write, with the environment for invoke --env-file and sam local --env-vars.",
}

// standins runs the stand-ins of invoke by themselves, for functions that are run in
// other ways, such as by sam local.
type standins struct {
	Host        string `default:"127.0.0.1" placeholder:"ADDRESS" help:"host"`
	AllowRemote bool   `help:"standins_remote"`
	EnvFile     string `required:"" type:"path" placeholder:"FILE" help:"env_file_out"`
	surroundings
}

// Run serves until ctx ends.
func (c *standins) Run(ctx context.Context) (err error) {
	ip := net.ParseIP(c.Host)
	if ip == nil || !ip.IsLoopback() && !c.AllowRemote {
		return fmt.Errorf("--host %s is not an address of the loopback interface, and anyone who reaches it "+
			"could read the keys: use 127.0.0.1, or add --allow-remote", c.Host)
	}
	c.host = c.Host
	given := functionSettings()
	services, err := c.start(ctx, given)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, services.Close()) }()
	for name, value := range services.Environment {
		given[name] = value
	}
	if !ip.IsLoopback() {
		delete(given, "AWS_ENDPOINT_URL_SNS")
		delete(given, "AWS_ENDPOINT_URL_PINPOINT_SMS_VOICE_V2")
		warn("functions accept an http endpoint of SNS or End User Messaging on the loopback interface only, so the " +
			"file has none: without it, a message is a request to AWS")
	}
	text, err := json.MarshalIndent(map[string]any{"Parameters": given}, "", "  ")
	if err != nil {
		return err
	}
	if err := os.WriteFile(c.EnvFile, append(text, '\n'), 0o600); err != nil {
		return fmt.Errorf("--env-file: %w", err)
	}
	fmt.Printf("ready: %s; client %q needs no signature; environment in %s\n",
		strings.Join(services.Names, ", "), standin.DemoClient, c.EnvFile)
	<-ctx.Done()
	return nil
}
