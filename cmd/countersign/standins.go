package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"

	"countersign/pkg/standin"
)

// standins is the command that runs the stand-ins of invoke by themselves, for
// functions that are run in other ways, such as by sam local.
type standins struct {
	EnvFile string `required:"" type:"path" placeholder:"FILE" help:"File to write the functions' environment to, for countersign invoke --env-file and sam local --env-vars."`
	surroundings
}

// Run serves until ctx ends.
func (c *standins) Run(ctx context.Context) (err error) {
	given := functionSettings()
	services, err := c.start(ctx, given)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, services.Close()) }()
	for name, value := range services.Environment {
		given[name] = value
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
