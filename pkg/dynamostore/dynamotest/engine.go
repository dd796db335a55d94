package dynamotest

import (
	"bufio"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"time"
)

// installed finds the engine that `make tools` installs under the module root.
func installed() (string, error) {
	root, err := moduleRoot()
	if err != nil {
		return "", err
	}
	arch := runtime.GOARCH
	if arch == "amd64" {
		arch = "x64"
	}
	path := filepath.Join(root, ".tools/node_modules/@dynoxide", runtime.GOOS+"-"+arch, "dynoxide")
	if _, err := os.Stat(path); err != nil {
		return "", fmt.Errorf("there is no %s", path)
	}
	return path, nil
}

// start runs the engine in memory, on a port of its own. Another process may take
// the port between the moment it was found free and the engine's; then the engine
// says so and another is tried.
func start(binary string) (endpoint string, err error) {
	for range 5 {
		var port int
		if port, err = freePort(); err != nil {
			return "", err
		}
		if err = run(binary, port); err == nil {
			return "http://127.0.0.1:" + strconv.Itoa(port), nil
		}
	}
	return "", err
}

func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}

// lifelines has a pipe that the engine's guard reads and nobody writes. The system
// closes it when this process ends, in whatever way, and the guard stops the
// engine. It is kept here so that it is not closed earlier.
var lifelines []*os.File

// guard runs the engine beside a read that lasts as long as the test process.
const guard = `"$0" serve --host 127.0.0.1 --port "$1" </dev/null >/dev/null & engine=$!; read -r _; kill $engine`

// run starts the engine and waits until it listens.
func run(binary string, port int) error {
	read, write, err := os.Pipe()
	if err != nil {
		return err
	}
	defer read.Close()
	cmd := exec.Command("sh", "-c", guard, binary, strconv.Itoa(port))
	cmd.Stdin = read
	said, err := cmd.StderrPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	ready := make(chan error, 1)
	go func() { ready <- listening(said) }()
	select {
	case err = <-ready:
	case <-time.After(10 * time.Second):
		err = errors.New("it did not say within 10 s that it listens")
	}
	if err != nil {
		return errors.Join(err, write.Close()) // the guard reads the end of the pipe and stops the engine
	}
	lifelines = append(lifelines, write)
	return nil
}

// listening reads what the engine says until it listens; the rest is read and
// dropped, or the engine would block on a full pipe.
func listening(said interface{ Read([]byte) (int, error) }) error {
	lines := bufio.NewScanner(said)
	for lines.Scan() {
		switch line := lines.Text(); {
		case strings.Contains(line, "listening"):
			go func() {
				for lines.Scan() {
				}
			}()
			return nil
		case strings.HasPrefix(line, "error"):
			return errors.New(line)
		}
	}
	return errors.New("it ended before it listened")
}
