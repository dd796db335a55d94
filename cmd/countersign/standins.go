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

// standins is the command that runs the stand-ins of invoke by themselves, for
// functions that are run in other ways, such as by sam local.
type standins struct {
	Host        string `default:"127.0.0.1" placeholder:"ADDRESS" help:"Address to listen on (${default}). Containers on Linux reach 172.17.0.1, that of Docker's bridge."`
	AllowRemote bool   `help:"Allow an address that others than this machine reach. Anyone there can read the keys and the codes."`
	EnvFile     string `required:"" type:"path" placeholder:"FILE" help:"File to write the functions' environment to, for countersign invoke --env-file and sam local --env-vars."`
	surroundings
}

// Run serves until ctx ends.
func (c *standins) Run(ctx context.Context) (err error) {
	ip := net.ParseIP(c.Host)
	if ip == nil || !ip.IsLoopback() && !c.AllowRemote {
		return fmt.Errorf("--host %s is no address of the loopback interface, and anyone who reaches it could read the keys: use 127.0.0.1, or say --allow-remote", c.Host)
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
		warn("functions take http for SNS from the loopback interface only: without that of the stand-in, a message is a request to AWS")
	}
	text, err := json.MarshalIndent(map[string]any{"Parameters": given}, "", "  ")
	if err != nil {
		return err
	}
	if err := os.WriteFile(c.EnvFile, append(text, '\n'), 0o600); err != nil {
		return fmt.Errorf("--env-file: %w", err)
	}
	fmt.Printf("ready: %s; client %q needs no signature; environment in %s\n", strings.Join(services.Names, ", "), standin.DemoClient, c.EnvFile)
	<-ctx.Done()
	return nil
}
