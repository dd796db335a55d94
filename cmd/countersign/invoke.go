package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"countersign/pkg/config"
	"countersign/pkg/dynamostore/engine"
	"countersign/pkg/standin"
)

var invokeHelp = texts{
	"invoke":     "Run a Lambda function on this machine, without AWS and Docker: send it an event, print its answer.",
	"event":      "File with the function's event; - is the standard input. Samples are in events/.",
	"env_file":   "The function's environment, as for sam local --env-vars. An endpoint in it replaces a stand-in.",
	"warm":       "Invoke the function N more times in the same process.",
	"binary":     "The function's binary for this machine. Without it, the function is built.",
	"tables_dir": "Folder of keys and tables.",
	"tables":     "A DynamoDB engine on this machine; missing tables are made. Without it: that of make tools.",
}

// invoke is the command of the same name: sam local invoke without Docker.
type invoke struct {
	Function string `arg:"" enum:"init, verify, otp, cognito, changes, receipts" help:"Name of the function: ${enum}."`
	Event    string `short:"e" required:"" placeholder:"FILE" help:"event"`
	EnvFile  string `type:"existingfile" placeholder:"FILE" help:"env_file"`
	Warm     uint32 `placeholder:"N" help:"warm"`
	Binary   string `type:"existingfile" placeholder:"FILE" help:"binary"`
	surroundings
}

// surroundings are the flags for the data of the stand-ins.
type surroundings struct {
	Data   string `default:".countersign" env:"COUNTERSIGN_DATA" type:"path" help:"tables_dir"`
	Engine string `name:"dynamodb-endpoint" env:"COUNTERSIGN_DYNAMODB_ENDPOINT" placeholder:"URL" help:"tables"`
	host   string
}

// errFunction reports that the function answered with an error. The answer is already
// printed.
var errFunction = errors.New("the function failed")

// Run starts the function, sends it the event, prints its answers and ends it.
func (c *invoke) Run(ctx context.Context) (err error) {
	event, err := readInput(c.Event)
	if err != nil {
		return fmt.Errorf("event: %w", err)
	}
	if !json.Valid(event) {
		return fmt.Errorf("event: %s is not JSON, and Lambda passes nothing else to a function", c.Event)
	}
	given, err := c.environment()
	if err != nil {
		return err
	}
	binary, remove, err := c.built()
	if err != nil {
		return err
	}
	defer remove()
	services, err := c.start(ctx, given)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, services.Close()) }()
	if len(services.Names) > 0 {
		warn("stand-ins on this machine for %s", strings.Join(services.Names, ", "))
	}
	runtime, err := standin.Listen(time.Now)
	if err != nil {
		return err
	}
	defer runtime.Close()
	return c.invoke(ctx, runtime, binary, variables(given, services.Environment), event)
}

// environment returns the function's environment without the endpoints of the
// stand-ins: the COUNTERSIGN_ variables of this process, and those of the file. Keys to
// an AWS account come from the file only.
func (c *invoke) environment() (map[string]string, error) {
	all := functionSettings()
	if c.EnvFile == "" {
		return all, nil
	}
	text, err := os.ReadFile(c.EnvFile)
	if err != nil {
		return nil, err
	}
	var file map[string]map[string]json.RawMessage
	if err := json.Unmarshal(text, &file); err != nil {
		return nil, fmt.Errorf(`%s: %w: it must be {"Parameters":{"NAME":"value"}}, `+
			`or have the function's name in place of Parameters, as for sam local`, c.EnvFile, err)
	}
	own := strings.ToUpper(c.Function[:1]) + c.Function[1:] + "Function"
	for _, section := range []string{"Parameters", own} {
		for name, value := range file[section] {
			if all[name], err = plain(value); err != nil {
				return nil, fmt.Errorf("%s: %s of %s %w", c.EnvFile, name, section, err)
			}
		}
	}
	if file["Parameters"] == nil && file[own] == nil {
		warn("%s has neither Parameters nor %s, so it sets nothing for this function", c.EnvFile, own)
	}
	return all, nil
}

// plain returns the value of a variable in a file.
func plain(value json.RawMessage) (text string, err error) {
	switch value[0] {
	case '"':
		err = json.Unmarshal(value, &text)
		return text, err
	case 'n', '{', '[':
		return "", errors.New(`must be "text", a number, true or false`)
	}
	return string(value), nil
}

// functionSettings returns settings that work on a laptop, replaced by the COUNTERSIGN_
// variables of this process.
func functionSettings() map[string]string {
	all := standin.Settings()
	for _, e := range os.Environ() {
		if name, value, _ := strings.Cut(e, "="); strings.HasPrefix(name, config.Prefix) {
			all[name] = value
		}
	}
	return all
}

// variables joins sets of variables. A later set replaces values of an earlier one.
func variables(sets ...map[string]string) (all []string) {
	for _, set := range sets {
		for _, name := range slices.Sorted(maps.Keys(set)) {
			all = append(all, name+"="+set[name])
		}
	}
	return all
}

// start starts a stand-in for each service of which given has no endpoint.
func (s surroundings) start(ctx context.Context, given map[string]string) (*standin.Services, error) {
	if err := os.MkdirAll(s.Data, 0o700); err != nil {
		return nil, fmt.Errorf("data folder: %w", err)
	}
	o := standin.Options{
		Given: given, Host: s.host, Data: s.Data, DynamoDB: s.Engine, Now: time.Now, Rand: rand.Reader,
		Sent: func(to, message string) { warn("SMS to %s: %s", to, message) },
		Put:  func(kind, detail string) { warn("event %s: %s", kind, detail) },
	}
	if o.DynamoDB == "" && given["AWS_ENDPOINT_URL_DYNAMODB"] == "" {
		root, err := engine.ModuleRoot()
		if err == nil {
			o.Engine, err = engine.Path(root)
		}
		if err != nil {
			return nil, fmt.Errorf("%w; or give --dynamodb-endpoint", err)
		}
	}
	return standin.StartServices(ctx, o)
}

// built returns the function's binary. The caller calls remove after its use.
func (c *invoke) built() (binary string, remove func(), err error) {
	if c.Binary != "" {
		return c.Binary, func() {}, nil
	}
	root, err := engine.ModuleRoot()
	if err != nil {
		return "", nil, fmt.Errorf("%w, or give --binary", err)
	}
	dir, err := os.MkdirTemp("", "countersign-invoke-")
	if err != nil {
		return "", nil, err
	}
	binary = filepath.Join(dir, "bootstrap")
	if err := standin.Build(root, binary, "./functions/"+c.Function); err != nil {
		return "", nil, errors.Join(err, os.RemoveAll(dir))
	}
	return binary, func() { os.RemoveAll(dir) }, nil
}

// invoke prints the answers on standard output. On standard error it prints the time
// of each answer, beside the function's log.
func (c *invoke) invoke(
	ctx context.Context, runtime *standin.Runtime, binary string, env []string, event []byte,
) error {
	begin := time.Now()
	function, err := runtime.Start(c.Function, binary, env, os.Stderr)
	if err != nil {
		return err
	}
	defer function.Stop() // its error adds nothing: a call without an answer has failed already
	if err := function.Ready(ctx); err != nil {
		return err
	}
	warn("%s: ready after %s", c.Function, milliseconds(time.Since(begin)))
	failed := false
	for range int(c.Warm) + 1 {
		before := time.Now()
		answer, err := function.Invoke(ctx, event)
		if err != nil {
			return err
		}
		warn("%s: answered after %s", c.Function, milliseconds(time.Since(before)))
		fmt.Println(indented(answer.Body))
		failed = failed || answer.Failed
	}
	if failed {
		return errFunction
	}
	return nil
}

func milliseconds(d time.Duration) string {
	return fmt.Sprintf("%.1f ms", float64(d)/float64(time.Millisecond))
}

// indented returns JSON with line breaks, and other text as it is.
func indented(text []byte) string {
	var b bytes.Buffer
	if json.Indent(&b, text, "", "  ") != nil {
		return string(text)
	}
	return b.String()
}
