package engine

import (
	"errors"
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
	for name, c := range map[string]struct {
		engine, db, arguments, leave string
		grace                        time.Duration
	}{
		"in memory": {willing, "", "", "bye", time.Minute},
		"in a file": {willing, "/some/file", " --db-path /some/file", "bye", time.Minute},
		"by force":  {deaf, "", "", "", time.Millisecond},
	} {
		t.Run(name, func(t *testing.T) {
			path := script(t, c.engine)
			e, err := Start(path, "127.0.0.1", c.db)
			if err != nil {
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
			port, ok := strings.CutPrefix(e.URL, "http://127.0.0.1:")
			if want := "serve --host 127.0.0.1 --port " + port + c.arguments; !ok || told(t, path, "arguments") != want {
				t.Errorf("at %s, run with %q, want %q", e.URL, told(t, path, "arguments"), want)
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
	for name, c := range map[string]struct{ engine, host, want string }{
		"says why":     {script(t, `echo "starting" >&2; echo "error: no such option" >&2; exit 2`), "127.0.0.1", "DynamoDB engine: error: no such option"},
		"says nothing": {script(t, `exit 0`), "127.0.0.1", "it ended before it listened"},
		"is not there": {none, "127.0.0.1", none},
		"has no host":  {script(t, willing), "192.0.2.1", "192.0.2.1"},
	} {
		if _, err := Start(c.engine, c.host, ""); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}

func TestPath(t *testing.T) {
	if _, err := Path(t.TempDir()); err == nil || !strings.Contains(err.Error(), "make tools") {
		t.Errorf("%v, must say how to install it", err)
	}
}
