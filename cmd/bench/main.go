// Command bench measures the local server from outside, over HTTP on loopback:
// it builds and starts one, loads it over keep-alive connections, and prints a
// table. It is bounded in time and count and stops by itself.
package main

import (
	"bufio"
	"context"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"countersign/pkg/signature"
)

func main() {
	length := flag.Duration("for", 10*time.Second, "length of each load run")
	out := flag.String("o", "", "file to write the report to, besides standard output")
	cold := flag.Bool("cold", false, "measure cold starts only, and replace their section of the file")
	before := flag.String("before", "", "folder of another checkout, whose cold starts are measured in the same rounds")
	flag.Parse()
	do := func() error { return run(*length, *out, *before) }
	if *cold {
		do = func() error { return runCold(*out, *before) }
	}
	if err := do(); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(length time.Duration, out, before string) error {
	dir, err := os.MkdirTemp("", "countersign-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	micro, err := goBenchmarks()
	if err != nil {
		return err
	}
	cold, err := coldStarts(dir, before)
	if err != nil {
		return err
	}
	s, err := startServer(dir)
	if err != nil {
		return err
	}
	loads, err := loads(s, length)
	if err := errors.Join(err, s.stop()); err != nil {
		return err
	}
	report := report(micro, loads, length) + coldReport(cold)
	fmt.Print(report)
	if out == "" {
		return nil
	}
	return os.WriteFile(out, []byte(report), 0o644)
}

// runCold writes the part of the report that is about cold starts.
func runCold(out, before string) error {
	dir, err := os.MkdirTemp("", "countersign-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	cold, err := coldStarts(dir, before)
	if err != nil {
		return err
	}
	report := coldReport(cold)
	fmt.Print(report)
	if out == "" {
		return nil
	}
	text, err := os.ReadFile(out)
	if err != nil {
		return err
	}
	rest, _, _ := strings.Cut(string(text), coldTitle)
	return os.WriteFile(out, []byte(rest+report), 0o644)
}

// server is a process under load.
type server struct {
	cmd                *exec.Cmd
	addr, binary, data string
}

func startServer(dir string) (*server, error) {
	binary := filepath.Join(dir, "countersign")
	if text, err := exec.Command("go", "build", "-o", binary, "./cmd/countersign").CombinedOutput(); err != nil {
		return nil, fmt.Errorf("build: %w\n%s", err, text)
	}
	data := filepath.Join(dir, "data")
	cmd := exec.Command(binary, "serve", "--listen", "127.0.0.1:0", "--data", data)
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
		return nil, errors.Join(fmt.Errorf("the server said %q", line), err, cmd.Process.Kill())
	}
	go io.Copy(io.Discard, lines) // as a terminal would, but faster
	return &server{cmd, addr, binary, data}, nil
}

func (s *server) stop() error {
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

// loads measures each contract in turn.
func loads(s *server, length time.Duration) (all []figures, err error) {
	key, err := s.addClient()
	if err != nil {
		return nil, err
	}
	for _, c := range contracts(client, key) {
		f, err := measure(s, c, length, strings.Contains(c.name, "signed client") && !strings.Contains(c.name, "unsigned"))
		all = append(all, f...)
		if err != nil {
			return all, fmt.Errorf("%s: %w", c.name, err)
		}
	}
	return all, nil
}

// client is who signs.
const client = "bench"

// addClient makes a client that signs, as an administrator would.
func (s *server) addClient() (*rsa.PrivateKey, error) {
	out := filepath.Join(s.data, "bench.key.pem")
	cmd := exec.Command(s.binary, "client", "add", client, "--country", "*", "--generate-key", "--key-out", out, "--data", s.data)
	if text, err := cmd.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("client add: %w\n%s", err, text)
	}
	text, err := os.ReadFile(out)
	if err != nil {
		return nil, err
	}
	return signature.ParsePrivateKey(text)
}

// codes reads the outbox and empties it: the code of a contract's n-th challenge
// at n-1.
func codes(addr string, c contract) ([]string, error) {
	var messages []struct{ To, Code string }
	for _, method := range []string{"GET", "DELETE"} {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		req, err := http.NewRequestWithContext(ctx, method, "http://"+addr+"/_dev/messages", nil)
		if err != nil {
			return nil, err
		}
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			return nil, err
		}
		defer resp.Body.Close()
		if method == "GET" {
			if err := json.NewDecoder(resp.Body).Decode(&messages); err != nil {
				return nil, err
			}
		}
	}
	out := make([]string, len(messages))
	for _, m := range messages {
		var number int64
		if _, err := fmt.Sscanf(m.To, "+60%d", &number); err != nil {
			return nil, err
		}
		out[number-c.number(1)] = m.Code
	}
	return out, nil
}
