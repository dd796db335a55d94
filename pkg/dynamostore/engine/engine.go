package engine

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"time"
)

// Path returns the path of the engine that `make tools` installs under the module's root,
// see [ModuleRoot]. If it is not installed, the error wraps [os.ErrNotExist].
func Path(root string) (string, error) {
	arch := runtime.GOARCH
	if arch == "amd64" {
		arch = "x64"
	}
	path := filepath.Join(root, ".tools/node_modules/@dynoxide", runtime.GOOS+"-"+arch, "dynoxide")
	if _, err := os.Stat(path); err != nil {
		return "", fmt.Errorf("the DynamoDB engine is not installed (%w): run make tools", err)
	}
	return path, nil
}

// Engine is an engine in a process of its own.
type Engine struct {
	URL string // at which it listens

	guard    *exec.Cmd
	lifeline *os.File
}

// Start runs an engine's binary on a free port of host, an address of this machine. The
// tables are in the file db, which Start makes with mode 0600 if there is none, or in
// memory if db is "". It returns when the engine listens, and gives up after 10 s.
//
// The engine ends at [Engine.Stop], or when this process ends, in whatever way. The
// caller must keep the Engine until then: the engine also ends when it is collected.
func Start(binary, host, db string) (*Engine, error) {
	err := private(db)
	if err != nil {
		return nil, fmt.Errorf("DynamoDB engine: %w", err)
	}
	for range 5 { // another process may take the free port before the engine does
		var port string
		if port, err = freePort(host); err != nil {
			break
		}
		arguments := []string{"serve", "--host", bracketed(host), "--port", port}
		if db != "" {
			arguments = append(arguments, "--db-path", db)
		}
		var e *Engine
		if e, err = run(binary, arguments); err == nil {
			e.URL = "http://" + net.JoinHostPort(host, port)
			return e, nil
		}
	}
	return nil, fmt.Errorf("DynamoDB engine: %w", err)
}

// private makes the file db with mode 0600 if there is none. The engine would use the
// umask. The files that SQLite puts beside it get the same mode.
func private(db string) error {
	if db == "" {
		return nil
	}
	f, err := os.OpenFile(db, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	return f.Close()
}

// bracketed returns a host in the form that the engine needs before ":" and a port.
func bracketed(host string) string {
	if strings.Contains(host, ":") {
		return "[" + host + "]"
	}
	return host
}

func freePort(host string) (string, error) {
	l, err := net.Listen("tcp", net.JoinHostPort(host, "0"))
	if err != nil {
		return "", err
	}
	defer l.Close()
	_, port, err := net.SplitHostPort(l.Addr().String())
	return port, err
}

// run starts the engine under its guard and waits until it listens.
func run(binary string, arguments []string) (*Engine, error) {
	read, write, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer read.Close()
	e := &Engine{guard: exec.Command("sh", append([]string{"-c", guard, binary}, arguments...)...), lifeline: write}
	e.guard.Stdin = read
	stderr, err := e.guard.StderrPipe()
	if err == nil {
		err = e.guard.Start()
	}
	if err != nil {
		return nil, errors.Join(err, write.Close())
	}
	if err := listening(stderr); err != nil {
		return nil, errors.Join(err, e.Stop())
	}
	return e, nil
}

// grace is the time that the engine has to end: it waits for requests under way.
const grace = 5 * time.Second

// Stop ends the engine, if it has not ended yet. Its file stays.
func (e *Engine) Stop() error { return e.stop(grace) }

func (e *Engine) stop(grace time.Duration) error {
	err := e.lifeline.Close()
	late := time.AfterFunc(grace, func() { e.guard.Process.Signal(syscall.SIGTERM) })
	defer late.Stop()
	e.guard.Wait() // its exit status means nothing: it was stopped
	if errors.Is(err, os.ErrClosed) {
		return nil
	}
	return err
}
