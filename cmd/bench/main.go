// Command bench measures the local server from outside, over HTTP on loopback:
// it builds and starts one, loads it over keep-alive connections, and prints a
// table. It is bounded in time and count and stops by itself.
package main

import (
	"bufio"
	"context"
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
	"sync/atomic"
	"syscall"
	"time"
)

func main() {
	length := flag.Duration("for", 10*time.Second, "length of each load run")
	out := flag.String("o", "", "file to write the report to, besides standard output")
	flag.Parse()
	if err := run(*length, *out); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(length time.Duration, out string) error {
	dir, err := os.MkdirTemp("", "countersign-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	micro, err := goBenchmarks()
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
	report := report(micro, loads, length)
	fmt.Print(report)
	if out == "" {
		return nil
	}
	return os.WriteFile(out, []byte(report), 0o644)
}

// server is a process under load.
type server struct {
	cmd  *exec.Cmd
	addr string
}

func startServer(dir string) (*server, error) {
	binary := filepath.Join(dir, "countersign")
	if text, err := exec.Command("go", "build", "-o", binary, "./cmd/countersign").CombinedOutput(); err != nil {
		return nil, fmt.Errorf("build: %w\n%s", err, text)
	}
	cmd := exec.Command(binary, "serve", "--listen", "127.0.0.1:0", "--data", filepath.Join(dir, "data"))
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
	return &server{cmd, addr}, nil
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

// maxChallenges bounds what the runs make, and so the memory of this process.
const maxChallenges = 600_000

// loads runs init, then wrong and right codes on what init made.
func loads(s *server, length time.Duration) ([]figures, error) {
	var made atomic.Int64
	initNext := func(int) []byte {
		n := made.Add(1)
		if n > maxChallenges {
			return nil
		}
		return post("/ams/api/v1/customers/initAuthentication", fmt.Sprintf(`{"authenticationRequestId":"%s","authenticationMethod":"OTP","authenticationType":"SMS","identityType":"MOBILENO","identityValue":"60-%d"}`, requestID(n), 1_000_000_000+n))
	}
	const done, verifyPath = "SUCCESS", "/v1/users/verifyAuthentication"
	var all []figures
	add := func(f figures, err error) error {
		f.RSS = s.rss()
		all = append(all, f)
		if err == nil && f.Wrong > 0 {
			err = fmt.Errorf("%s: %d of %d answers were not the expected one", f.Name, f.Wrong, f.Calls)
		}
		return err
	}
	if _, err := load(s.addr, "warm-up", length/10, initNext, done); err != nil {
		return nil, err
	}
	if err := add(load(s.addr, "init, with delivery to the outbox", length, initNext, done)); err != nil {
		return all, err
	}
	// More to verify, so that the run of right codes does not run dry.
	if _, err := load(s.addr, "prepare", 2*length, initNext, done); err != nil {
		return all, err
	}
	codes, err := codes(s.addr)
	if err != nil {
		return all, err
	}
	verify := func(n int64, code string) []byte {
		return post(verifyPath, fmt.Sprintf(`{"authenticationType":"OTP","authenticationRequestId":"%s","authenticationValue":"%s"}`, requestID(n), code))
	}
	var wrong, right atomic.Int64
	err = add(load(s.addr, "verify, wrong code", length, func(int) []byte {
		n := wrong.Add(1)
		if n > 4*int64(len(codes)) {
			return nil
		}
		n = (n-1)%int64(len(codes)) + 1
		return verify(n, other(codes[n-1]))
	}, "VERIFY_UNMATCHED"))
	if err != nil {
		return all, err
	}
	err = add(load(s.addr, "verify, right code", length, func(int) []byte {
		n := right.Add(1)
		if n > int64(len(codes)) {
			return nil
		}
		return verify(n, codes[n-1])
	}, `"isPassed":true`))
	return all, err
}

func requestID(n int64) string { return fmt.Sprintf("bench-%032d", n) }

// other returns a wrong code.
func other(code string) string {
	if code[0] == '0' {
		return "1" + code[1:]
	}
	return "0" + code[1:]
}

// codes reads the outbox: the code of the n-th challenge at n-1.
func codes(addr string) ([]string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, "GET", "http://"+addr+"/_dev/messages", nil)
	if err != nil {
		return nil, err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	var messages []struct{ To, Code string }
	if err := json.NewDecoder(resp.Body).Decode(&messages); err != nil {
		return nil, err
	}
	out := make([]string, len(messages))
	for _, m := range messages {
		var n int
		if _, err := fmt.Sscanf(m.To, "+60%d", &n); err != nil {
			return nil, err
		}
		out[n-1_000_000_001] = m.Code
	}
	return out, nil
}
