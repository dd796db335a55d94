package standin

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

// EnginePath returns where `make tools` installs the DynamoDB engine, under the
// module's root, and fails where it is not.
func EnginePath(root string) (string, error) {
	arch := runtime.GOARCH
	if arch == "amd64" {
		arch = "x64"
	}
	path := filepath.Join(root, ".tools/node_modules/@dynoxide", runtime.GOOS+"-"+arch, "dynoxide")
	if _, err := os.Stat(path); err != nil {
		return "", fmt.Errorf("the DynamoDB engine is not installed (no %s): run make tools", path)
	}
	return path, nil
}

// engine is something that speaks DynamoDB's protocol, in a process of its own.
type engine struct {
	url string
	cmd *exec.Cmd
}

// startEngine runs the engine on a free port of an address of this machine, with its
// tables in the file db.
func startEngine(binary, host, db string) (*engine, error) {
	var err error
	for range 5 { // somebody may take the port between the moment it was free and the engine's
		var port string
		if port, err = freePort(host); err != nil {
			return nil, err
		}
		var e *engine
		if e, err = runEngine(binary, host, port, db); err == nil {
			return e, nil
		}
	}
	return nil, fmt.Errorf("DynamoDB engine: %w", err)
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

func runEngine(binary, host, port, db string) (*engine, error) {
	e := &engine{
		url: "http://" + net.JoinHostPort(host, port),
		cmd: exec.Command(binary, "serve", "--host", host, "--port", port, "--db-path", db),
	}
	said, err := e.cmd.StderrPipe()
	if err != nil {
		return nil, err
	}
	if err := e.cmd.Start(); err != nil {
		return nil, err
	}
	ready := make(chan error, 1)
	go func() { ready <- listening(said) }()
	patience, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	select {
	case err = <-ready:
	case <-patience.Done():
		err = errors.New("it did not say within 10 s that it listens")
	}
	if err != nil {
		return nil, errors.Join(err, e.stop())
	}
	return e, nil
}

// listening reads what the engine says until it listens; the rest is dropped, or
// the engine would block on a full pipe.
func listening(said io.Reader) error {
	lines := bufio.NewScanner(said)
	last := "it ended before it listened"
	for lines.Scan() {
		if last = lines.Text(); strings.Contains(last, "listening") {
			go io.Copy(io.Discard, said)
			return nil
		}
	}
	return errors.New(last)
}

func (e *engine) stop() error {
	ended := make(chan struct{})
	go func() {
		e.cmd.Wait() // it has no more to say
		close(ended)
	}()
	return stop(e.cmd.Process, ended)
}
