package engine

import (
	"errors"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// script writes a program that is run in the place of the engine. That the engine
// itself keeps its file is tested in package standin, and that it ends with its
// process in package dynamotest.
func script(t *testing.T, text string) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "engine")
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+text), 0o700); err != nil {
		t.Fatal(err)
	}
	return path
}

// told returns what a script wrote beside itself.
func told(t *testing.T, script, file string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(filepath.Dir(script), file))
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(text))
}

// willing listens until it is asked to end, and then takes its leave.
const willing = `here=$(dirname "$0"); echo "$@" >"$here/arguments"; echo $$ >"$here/id"
trap 'echo bye >"$here/leave"; exit' TERM
echo "it is listening" >&2; while :; do sleep 0.05; done 2>/dev/null`

// deaf listens, and ends by no fair means.
const deaf = `trap '' TERM; echo $$ >"$(dirname "$0")/id"
echo "it is listening" >&2; while :; do sleep 0.05; done`

func TestStop(t *testing.T) {
	db := filepath.Join(t.TempDir(), "tables.db")
	for name, c := range map[string]struct {
		engine, host, db, arguments, leave string
		grace                              time.Duration
		before                             syscall.Signal
	}{
		"in memory":          {willing, "127.0.0.1", "", "--host 127.0.0.1", "bye", time.Minute, 0},
		"in a file":          {willing, "127.0.0.1", db, "--host 127.0.0.1 --db-path " + db, "bye", time.Minute, 0},
		"on IPv6":            {willing, "::1", "", "--host [::1]", "bye", time.Minute, 0},
		"by force":           {deaf, "127.0.0.1", "", "", "", time.Millisecond, 0},
		"after Ctrl-C":       {willing, "127.0.0.1", "", "--host 127.0.0.1", "bye", time.Minute, syscall.SIGINT},
		"after its terminal": {willing, "127.0.0.1", "", "--host 127.0.0.1", "bye", time.Minute, syscall.SIGHUP},
	} {
		t.Run(name, func(t *testing.T) {
			path := script(t, c.engine)
			e, err := Start(path, c.host, c.db)
			if _, none := freePort(c.host); none != nil && err != nil && strings.Contains(err.Error(), "["+c.host+"]") {
				return // this machine has no such address, and is told so
			}
			if err != nil {
				t.Fatal(err)
			}
			if err := e.guard.Process.Signal(c.before); err != nil {
				t.Fatal(err)
			}
			if err := e.stop(c.grace); err != nil {
				t.Error(err)
			}
			id, err := strconv.Atoi(told(t, path, "id"))
			if err != nil {
				t.Fatal(err)
			}
			if err := syscall.Kill(id, 0); !errors.Is(err, syscall.ESRCH) {
				t.Errorf("it lives on, or signalling it says %v", err)
			}
			if c.leave == "" {
				return
			}
			at, err := url.Parse(e.URL)
			if err != nil || at.Hostname() != c.host {
				t.Errorf("at %s, %v, want %s", e.URL, err, c.host)
			}
			got := strings.Replace(told(t, path, "arguments"), " --port "+at.Port(), "", 1)
			if want := "serve " + c.arguments; got != want {
				t.Errorf("run with %q, want %q", got, want)
			}
			if got := told(t, path, "leave"); got != c.leave {
				t.Errorf("it was not asked to end: %q", got)
			}
		})
	}
}

// What does not listen says why.
func TestStartFails(t *testing.T) {
	none := filepath.Join(t.TempDir(), "none")
	for name, c := range map[string]struct{ engine, host, db, want string }{
		"says why": {script(t, `echo "starting" >&2; echo "error: no such option" >&2; `+
			`exit 2`), "127.0.0.1", "", "DynamoDB engine: error: no such option"},
		"says nothing": {script(t, `exit 0`), "127.0.0.1", "", "it ended before it listened"},
		"is not there": {none, "127.0.0.1", "", none},
		"has no host":  {script(t, willing), "192.0.2.1", "", "192.0.2.1"},
		"has no file":  {script(t, willing), "127.0.0.1", none + "/tables.db", none},
	} {
		if _, err := Start(c.engine, c.host, c.db); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}

func TestPath(t *testing.T) {
	if _, err := Path(t.TempDir()); err == nil || !strings.Contains(err.Error(), "make tools") {
		t.Errorf("%v, must say how to install it", err)
	}
}

// Another module's folder is not taken for this one's.
func TestModuleRoot(t *testing.T) {
	root := t.TempDir()
	other := filepath.Join(root, "other", "pkg")
	if err := os.MkdirAll(other, 0o700); err != nil {
		t.Fatal(err)
	}
	t.Chdir(other)
	for _, step := range []struct {
		file, text string
		found      bool
	}{
		{"other/go.mod", "module countersign.example/other\n", false},
		{"go.mod", "module countersign\n\ngo 1.26\n", true},
	} {
		if err := os.WriteFile(filepath.Join(root, step.file), []byte(step.text), 0o600); err != nil {
			t.Fatal(err)
		}
		got, err := ModuleRoot()
		if !step.found && (err == nil || !strings.Contains(err.Error(), "Countersign's folder")) ||
			step.found && filepath.Base(got) != filepath.Base(root) {
			t.Errorf("after %s: %s, %v", step.file, got, err)
		}
	}
}
