package main

import (
	"bytes"
	"crypto/rand"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"

	"countersign/pkg/clients"
	"countersign/pkg/dynamostore/dynamotest"
	"countersign/pkg/filetest"
)

// tool runs commands.
type tool struct {
	t    testing.TB
	data string // the data folder
	env  []string
	in   string // standard input
}

// onFolder returns a tool for a data folder, and for the store that env names.
func onFolder(t testing.TB, data string, env ...string) tool {
	return tool{t: t, data: data, env: append(environment(), append(env, "COUNTERSIGN_DATA="+data)...)}
}

// onEach runs a test of commands on each kind of store.
func onEach(t *testing.T, test func(t *testing.T, c tool)) {
	t.Run("sqlite", func(t *testing.T) { test(t, onFolder(t, newFolder(t))) })
	t.Run("dynamodb", func(t *testing.T) {
		test(t, onFolder(t, newFolder(t),
			"COUNTERSIGN_STORE=dynamodb", "COUNTERSIGN_DYNAMODB_ENDPOINT="+dynamotest.Endpoint(t),
			"COUNTERSIGN_CLIENTS_TABLE=admin-"+rand.Text()))
	})
}

// onEachWith runs a test of commands beside a server on each kind of store. serve starts the server, with flags of its
// own.
func onEachWith(t *testing.T, test func(t *testing.T, c tool, serve func(flags ...string) *process)) {
	t.Run("sqlite", func(t *testing.T) {
		data := newFolder(t)
		test(t, onFolder(t, data), func(flags ...string) *process { return serveOn(t, data, flags...) })
	})
	t.Run("dynamodb", func(t *testing.T) {
		data, endpoint, tables := newFolder(t), dynamotest.Endpoint(t), "commands-"+rand.Text()
		t.Setenv("COUNTERSIGN_TABLE", tables)
		t.Setenv("COUNTERSIGN_CLIENTS_TABLE", tables+"-clients")
		c := onFolder(t, data, "COUNTERSIGN_STORE=dynamodb", "COUNTERSIGN_DYNAMODB_ENDPOINT="+endpoint,
			"COUNTERSIGN_TABLE="+tables, "COUNTERSIGN_CLIENTS_TABLE="+tables+"-clients")
		engine := []string{"--store", "dynamodb", "--dynamodb-endpoint", endpoint}
		test(t, c, func(flags ...string) *process { return serveOn(t, data, slices.Concat(engine, flags)...) })
	})
}

// TestDeploymentOrFolder: a command does not work on a folder if the environment names the
// keyring of a deployment.
func TestDeploymentOrFolder(t *testing.T) {
	c := onFolder(t, filepath.Join(t.TempDir(), "data"),
		"COUNTERSIGN_KEYS=arn:aws:secretsmanager:eu-central-1:123456789012:secret:keyring")
	for _, command := range []string{
		"keys rotate code", "keys retire code 1", "keys list", "client list", "user list --client x",
	} {
		c.no("--store dynamodb", strings.Fields(command)...)
	}
	if _, err := os.Stat(c.data); err == nil {
		t.Error("a folder was made")
	}
}

// run returns both outputs and the exit code.
func (c tool) run(args ...string) (stdout, stderr string, exit int) {
	c.t.Helper()
	cmd := exec.Command(binary, args...)
	var out, faults bytes.Buffer
	cmd.Env, cmd.Stdin, cmd.Stdout, cmd.Stderr = c.env, strings.NewReader(c.in), &out, &faults
	if err := cmd.Run(); cmd.ProcessState == nil {
		c.t.Fatal(err)
	}
	describedCall(c.t, args, out.String())
	return out.String(), faults.String(), cmd.ProcessState.ExitCode()
}

// ok runs a command that must succeed, and returns its standard output.
func (c tool) ok(args ...string) string {
	c.t.Helper()
	out, faults, exit := c.run(args...)
	if exit != 0 {
		c.t.Fatalf("%q ended with %d\n%s%s", args, exit, out, faults)
	}
	return out
}

// json is ok with --json, and decodes the output into a value.
func (c tool) json(into any, args ...string) {
	c.t.Helper()
	end := slices.Index(append(args, "--"), "--") // of the flags
	out := c.ok(slices.Insert(slices.Clone(args), end, "--json")...)
	if strings.Count(out, "\n") != 1 {
		c.t.Errorf("%q printed %q, want one line", args, out)
	}
	if err := json.Unmarshal([]byte(out), into, json.RejectUnknownMembers(true)); err != nil {
		c.t.Fatalf("%q: %v\n%s", args, err, out)
	}
}

// no runs a command that must fail with want on standard error.
func (c tool) no(want string, args ...string) {
	c.t.Helper()
	out, faults, exit := c.run(args...)
	if exit != 1 || out != "" || !strings.Contains(faults, want) {
		c.t.Errorf("%q ended with %d\n%s%s\nwant 1 and %q on standard error", args, exit, out, faults, want)
	}
}

// prints runs a command whose standard output must have texts.
func (c tool) prints(args []string, want ...string) {
	c.t.Helper()
	out := c.ok(args...)
	for _, w := range want {
		if !strings.Contains(out, w) {
			c.t.Errorf("%q did not print %q:\n%s", args, w, out)
		}
	}
}

// client returns a client's record.
func (c tool) client(id string) (r clients.Record) {
	c.t.Helper()
	c.json(&r, "client", "show", "--", id)
	return r
}

// write makes a file and returns its name.
func write(t testing.TB, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	filetest.Write(t, path, []byte(text), 0o600)
	return path
}

// private fails if others than the owner can read anything in a folder.
func private(t testing.TB, folder string) {
	t.Helper()
	err := filepath.WalkDir(folder, func(path string, e fs.DirEntry, err error) error {
		if err != nil || path == folder {
			return err
		}
		if info, err := e.Info(); err != nil || info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s has mode %v, %v", path, info.Mode(), err)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// versions are those of a client's keys, separated by spaces.
func versions(r clients.Record) string {
	var all []string
	for _, k := range r.Keys {
		all = append(all, k.Version)
	}
	return strings.Join(all, " ")
}
