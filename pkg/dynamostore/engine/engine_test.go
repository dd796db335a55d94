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

	"countersign/pkg/filetest"
)

// script writes a program that runs in the place of the engine. Two facts about the engine
// itself have their tests elsewhere: package standin tests that it keeps its file, and
// package dynamotest that it ends with its process.
func script(t *testing.T, text string) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "engine")
	filetest.Write(t, path, []byte("#!/bin/sh\n"+text), 0o700)
	return path
}

// written returns the text that a script wrote to a file beside itself.
func written(t *testing.T, script, file string) string {
	t.Helper()
	text := filetest.Read(t, filepath.Join(filepath.Dir(script), file))
	return strings.TrimSpace(string(text))
}

// willing listens until SIGTERM, and writes a file before it ends.
const willing = `here=$(dirname "$0"); echo "$@" >"$here/arguments"; echo $$ >"$here/id"
trap 'echo bye >"$here/leave"; exit' TERM
echo "it is listening" >&2; while :; do sleep 0.05; done 2>/dev/null`

// deaf listens and ignores SIGTERM.
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
			_, noAddress := freePort(c.host)
			if noAddress != nil && err != nil && strings.Contains(err.Error(), "["+c.host+"]") {
				return // this machine has no such address, and the error names it
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
			id, err := strconv.Atoi(written(t, path, "id"))
			if err != nil {
				t.Fatal(err)
			}
			if err := syscall.Kill(id, 0); !errors.Is(err, syscall.ESRCH) {
				t.Errorf("a signal to the engine: %v, want that it has ended", err)
			}
			if c.leave == "" {
				return
			}
			at, err := url.Parse(e.URL)
			if err != nil || at.Hostname() != c.host {
				t.Errorf("the URL is %s, %v, want the host %s", e.URL, err, c.host)
			}
			got := strings.Replace(written(t, path, "arguments"), " --port "+at.Port(), "", 1)
			if want := "serve " + c.arguments; got != want {
				t.Errorf("the engine runs with %q, want %q", got, want)
			}
			if got := written(t, path, "leave"); got != c.leave {
				t.Errorf("the engine wrote %q at its end, want %q", got, c.leave)
			}
		})
	}
}

// The error has the last line of an engine that does not listen.
func TestStartFails(t *testing.T) {
	none := filepath.Join(t.TempDir(), "none")
	wrong := script(t, `echo "starting" >&2; echo "error: no such option" >&2; exit 2`)
	for name, c := range map[string]struct{ engine, host, db, want string }{
		"with a last line": {wrong, "127.0.0.1", "", "DynamoDB engine: error: no such option"},
		"without a line":   {script(t, `exit 0`), "127.0.0.1", "", "it ended before it listened"},
		"not installed":    {none, "127.0.0.1", "", none},
		"without a host":   {script(t, willing), "192.0.2.1", "", "192.0.2.1"},
		"without a file":   {script(t, willing), "127.0.0.1", none + "/tables.db", none},
	} {
		if _, err := Start(c.engine, c.host, c.db); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}

func TestPath(t *testing.T) {
	if _, err := Path(t.TempDir()); err == nil || !strings.Contains(err.Error(), "make tools") {
		t.Errorf("error %v, want one with make tools, which installs the engine", err)
	}
}

// The folder of another module is not the root of this one.
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
		filetest.Write(t, filepath.Join(root, step.file), []byte(step.text), 0o600)
		got, err := ModuleRoot()
		switch {
		case step.found && filepath.Base(got) != filepath.Base(root):
			t.Errorf("with %s: the root is %s, %v, want %s", step.file, got, err, root)
		case !step.found && (err == nil || !strings.Contains(err.Error(), "Countersign's folder")):
			t.Errorf("with %s: error %v, want one that names Countersign's folder", step.file, err)
		}
	}
}
