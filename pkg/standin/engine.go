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
	"strconv"
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

// Engine is something that speaks DynamoDB's protocol, in a process of its own.
type Engine struct {
	URL string
	cmd *exec.Cmd
}

// StartEngine runs the engine on a free port of the loopback interface. Its tables
// are in the file db; "" keeps them in memory.
func StartEngine(binary, db string) (*Engine, error) {
	var err error
	for range 5 { // somebody may take the port between the moment it was free and the engine's
		var port int
		if port, err = freePort(); err != nil {
			return nil, err
		}
		var e *Engine
		if e, err = runEngine(binary, db, strconv.Itoa(port)); err == nil {
			return e, nil
		}
	}
	return nil, fmt.Errorf("DynamoDB engine: %w", err)
}

func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}

func runEngine(binary, db, port string) (*Engine, error) {
	args := []string{"serve", "--host", "127.0.0.1", "--port", port}
	if db != "" {
		args = append(args, "--db-path", db)
	}
	e := &Engine{URL: "http://127.0.0.1:" + port, cmd: exec.Command(binary, args...)}
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
		return nil, errors.Join(err, e.Stop())
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

// Stop ends the engine.
func (e *Engine) Stop() error {
	ended := make(chan struct{})
	go func() {
		e.cmd.Wait() // it has no more to say
		close(ended)
	}()
	return stop(e.cmd.Process, ended)
}
