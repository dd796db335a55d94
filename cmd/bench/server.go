package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
)

// buildServer builds the local server of a checkout.
func buildServer(root, binary string) error {
	cmd := exec.Command("go", "build", "-o", binary, "./cmd/countersign")
	cmd.Dir = root
	if text, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("build %s: %w\n%s", root, err, text)
	}
	return nil
}

// checkout puts a commit of this repository into a folder.
func checkout(commit, dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	archive, unpack := exec.Command("git", "archive", commit), exec.Command("tar", "-x", "-C", dir)
	archive.Stderr, unpack.Stderr = os.Stderr, os.Stderr
	pipe, err := archive.StdoutPipe()
	if err != nil {
		return err
	}
	unpack.Stdin = pipe
	if err := archive.Start(); err != nil {
		return err
	}
	return errors.Join(unpack.Run(), archive.Wait())
}

// server is a process under load, with a data folder of its own.
type server struct {
	cmd        *exec.Cmd
	addr, data string
}

func startServer(binary, dir string) (*server, error) {
	data, err := os.MkdirTemp(dir, "data-")
	if err != nil {
		return nil, err
	}
	if err := room(binary, data); err != nil {
		return nil, err
	}
	return startServerOn(binary, data)
}

// startServerOn starts a server on a data folder, with further arguments.
func startServerOn(binary, data string, arguments ...string) (*server, error) {
	cmd := exec.Command(binary, append([]string{"serve", "--listen", "127.0.0.1:0", "--data", data}, arguments...)...)
	cmd.Stderr = os.Stderr
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	lines := bufio.NewReader(stdout)
	line, err := lines.ReadString('\n')
	addr, ready := strings.CutPrefix(strings.TrimSpace(line), "ready http://")
	if err != nil || !ready {
		err = errors.Join(fmt.Errorf("the server printed %q instead of its address", line), err)
		return nil, errors.Join(err, cmd.Process.Kill())
	}
	go io.Copy(io.Discard, lines) // as a terminal would, but faster
	return &server{cmd, addr, data}, nil
}

// stop ends the server and removes its data.
func (s *server) stop() error { return errors.Join(s.end(), os.RemoveAll(s.data)) }

// end ends the server.
func (s *server) end() error {
	if err := s.cmd.Process.Signal(syscall.SIGINT); err != nil {
		return err
	}
	return s.cmd.Wait()
}

// rss returns the server's resident memory in KiB.
func (s *server) rss() int {
	text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.cmd.Process.Pid))
	var kib int
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			fmt.Sscan(rest, &kib)
		}
	}
	return kib
}

// codes reads the codes of a contract's challenges from the outbox's file, so that the
// server need not list them: the code of the n-th challenge is at n-1.
func (s *server) codes(c contract) ([]string, error) {
	file, err := os.Open(filepath.Join(s.data, "outbox.jsonl"))
	if err != nil {
		return nil, err
	}
	defer file.Close()
	var codes []string
	for lines := bufio.NewScanner(file); lines.Scan(); {
		if len(lines.Bytes()) == 0 {
			continue
		}
		var m struct{ To, Code string }
		if err := json.Unmarshal(lines.Bytes(), &m); err != nil {
			return nil, err
		}
		var number int64
		if _, err := fmt.Sscanf(m.To, "+60%d", &number); err != nil {
			return nil, err
		}
		n := int(c.challenge(number) - 1)
		if number < c.base || number >= c.base+blocks*10_000 || n < 0 || n >= maxChallenges {
			continue // of another contract
		}
		for len(codes) <= n {
			codes = append(codes, "")
		}
		codes[n] = m.Code
	}
	return codes, nil
}
