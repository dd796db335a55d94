package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"countersign/pkg/filetest"
)

// TestStandins: standins writes an environment that invoke, like sam local, takes.
func TestStandins(t *testing.T) {
	i := newInvoker(t)
	file := filepath.Join(t.TempDir(), "env.json")
	i.env = append(i.env, "COUNTERSIGN_BRAND=Zoo")
	end := i.standins(t, file)
	text := filetest.Read(t, file)
	var env map[string]map[string]string
	if err := json.Unmarshal(text, &env); err != nil || len(env["Parameters"]) < 8 ||
		strings.Contains(string(text), "AKIDOFSOMEBODY") {
		t.Fatalf("%v\n%s", err, text)
	}
	if info, err := os.Stat(file); err != nil || info.Mode() != 0o600 {
		t.Errorf("%v %v, want mode 0600", err, info)
	}
	bare := &invoker{dir: ".", data: i.data, env: environment(), args: []string{"--data", i.data, "--env-file", file}}
	got := bare.run(t, "", "init", "-e", initEvent, "--binary", functionBinary(t, "init"))
	if got.code != 0 || !strings.Contains(got.out, "SUCCESS") ||
		strings.Contains(got.err, "stand-ins on this machine") {
		t.Errorf("init with the environment: %+v", got)
	}
	output := end()
	if found := sixDigits.FindStringSubmatch(output); found == nil || found[2] != "Zoo" {
		t.Errorf("no message of Zoo in\n%s", output)
	}
}

// standins starts countersign standins and waits until it has written the file. end ends it
// by SIGINT, and returns its standard error.
func (i *invoker) standins(t *testing.T, file string, args ...string) (end func() string) {
	t.Helper()
	cmd := i.command(append([]string{"standins", "--env-file", file}, args...)...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cmd.Process.Kill() })
	lines := bufio.NewReader(stdout)
	if line, err := lines.ReadString('\n'); err != nil || !strings.HasPrefix(line, "ready: ") {
		t.Fatalf("%q, %v\n%s", line, err, stderr.String())
	}
	return func() string {
		t.Helper()
		if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
			t.Fatal(err)
		}
		io.Copy(io.Discard, lines)
		if err := cmd.Wait(); err != nil {
			t.Error(err)
		}
		return stderr.String()
	}
}

// TestStandinsRemote: functions would refuse an SNS endpoint of another machine, so the file
// has none.
func TestStandinsRemote(t *testing.T) {
	i := newInvoker(t)
	file := filepath.Join(t.TempDir(), "env.json")
	stderr := i.standins(t, file, "--host", "0.0.0.0", "--allow-remote")()
	text, err := os.ReadFile(file)
	if err != nil || strings.Contains(string(text), "_SNS") || strings.Contains(string(text), "_SMS_") ||
		!strings.Contains(string(text), "_EVENTBRIDGE") ||
		!strings.Contains(stderr, "a message is a request to AWS") {
		t.Errorf("%v %s\n%s", err, text, stderr)
	}
}

// TestStandinsStayHere: standins listens on an address that others reach only with
// --allow-remote.
func TestStandinsStayHere(t *testing.T) {
	for _, host := range []string{"0.0.0.0", "192.0.2.1", "localhost.example", ""} {
		cmd := exec.Command(binary, "standins", "--env-file", filepath.Join(t.TempDir(), "env"),
			"--data", t.TempDir(), "--host", host)
		out, err := cmd.CombinedOutput()
		if err == nil || !strings.Contains(string(out), "--allow-remote") {
			t.Errorf("--host %q: %v, %s", host, err, out)
		}
	}
}
