package main

import (
	"bytes"
	"context"
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

// invoke is the command of the same name: sam local invoke without Docker.
type invoke struct {
	Function string `arg:"" enum:"init, verify, otp, cognito, changes" help:"Name of the function: ${enum}."`
	Event    string `short:"e" required:"" placeholder:"FILE" help:"Event that the function gets; - is the standard input. There are samples in events/."`
	EnvFile  string `type:"existingfile" placeholder:"FILE" help:"Environment of the function, JSON as sam local's --env-vars. What has an endpoint there is not stood in for."`
	Warm     uint32 `placeholder:"N" help:"Invoke the function N more times in the same process."`
	Binary   string `type:"existingfile" placeholder:"FILE" help:"The function's binary, such as .aws-sam/build/InitFunction/bootstrap, if it is for this machine. Without it, the function is built."`
	surroundings
}

// surroundings are the flags that say where stand-ins keep their data.
type surroundings struct {
	Data             string `default:".countersign" env:"COUNTERSIGN_DATA" type:"path" help:"Folder of keys and tables (${default})."`
	DynamoDBEndpoint string `name:"dynamodb-endpoint" env:"COUNTERSIGN_DYNAMODB_ENDPOINT" placeholder:"URL" help:"A DynamoDB engine on this machine; its tables are made if missing. Without it, the engine of make tools is started."`
	host             string
}

// errFunction is told where the function has answered by an error, which is printed
// already.
var errFunction = errors.New("the function failed")

// Run starts the function, hands it the event, prints its answers and ends it.
func (c *invoke) Run(ctx context.Context) (err error) {
	event, err := readInput(c.Event)
	if err != nil {
		return fmt.Errorf("event: %w", err)
	}
	if !json.Valid(event) {
		return fmt.Errorf("event: %s is not JSON, and Lambda hands nothing else to a function", c.Event)
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

// environment is what the function is told besides where the stand-ins are: this
// process's own COUNTERSIGN_ variables, and the file's. Keys to an AWS account come
// from the file or not at all.
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
		return nil, fmt.Errorf(`%s: %w: it must be {"Parameters":{"NAME":"value"}}, or have the function's name in place of Parameters, as for sam local`, c.EnvFile, err)
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
		warn("%s has neither Parameters nor %s, and so nothing for this function", c.EnvFile, own)
	}
	return all, nil
}

// plain is the value that a variable gets from a file.
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

// functionSettings are this process's COUNTERSIGN_ variables over those that work on
// a laptop.
func functionSettings() map[string]string {
	all := standin.Settings()
	for _, e := range os.Environ() {
		if name, value, _ := strings.Cut(e, "="); strings.HasPrefix(name, config.Prefix) {
			all[name] = value
		}
	}
	return all
}

// variables joins sets of variables, later ones over earlier ones.
func variables(sets ...map[string]string) (all []string) {
	for _, set := range sets {
		for _, name := range slices.Sorted(maps.Keys(set)) {
			all = append(all, name+"="+set[name])
		}
	}
	return all
}

// start starts what the function is not given.
func (s surroundings) start(ctx context.Context, given map[string]string) (*standin.Services, error) {
	if err := os.MkdirAll(s.Data, 0o700); err != nil {
		return nil, fmt.Errorf("data folder: %w", err)
	}
	o := standin.Options{
		Given: given, Host: s.host, Data: s.Data, DynamoDB: s.DynamoDBEndpoint, Now: time.Now,
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

// built returns the function's binary, and how to clear up after it.
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
	if err := standin.Build(root, "./functions/"+c.Function, binary); err != nil {
		return "", nil, errors.Join(err, os.RemoveAll(dir))
	}
	return binary, func() { os.RemoveAll(dir) }, nil
}

// invoke prints the answers to standard output, and how long they took to standard
// error, where the function's log is too.
func (c *invoke) invoke(ctx context.Context, runtime *standin.Runtime, binary string, env []string, event []byte) error {
	begin := time.Now()
	function, err := runtime.Start(c.Function, binary, env, os.Stderr)
	if err != nil {
		return err
	}
	defer function.Stop() // whose own end is told by what it did not answer
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

// indented is JSON for people; what is no JSON is returned as it is.
func indented(text []byte) string {
	var b bytes.Buffer
	if json.Indent(&b, text, "", "  ") != nil {
		return string(text)
	}
	return b.String()
}
