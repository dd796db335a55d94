package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"countersign/pkg/dynamostore/dynamotest"
	"countersign/pkg/standin"
)

// invoked is what countersign invoke said, and by which code it ended.
type invoked struct {
	out, err string
	code     int
}

// invoker runs countersign invoke in a folder, with tables of its own.
type invoker struct {
	dir, data string
	args      []string
	env       []string
}

func newInvoker(t *testing.T) *invoker {
	t.Helper()
	i := &invoker{dir: ".", data: t.TempDir()}
	i.args = []string{"--data", i.data, "--dynamodb-endpoint", dynamotest.Endpoint(t)}
	table := filepath.Base(filepath.Dir(i.data)) + filepath.Base(i.data)
	i.env = append(environment(), "COUNTERSIGN_TABLE=invoke-"+table, "COUNTERSIGN_CLIENTS_TABLE=invoke-clients-"+table,
		"AWS_ACCESS_KEY_ID=AKIDOFSOMEBODY", "AWS_SECRET_ACCESS_KEY=secret", "AWS_REGION=eu-central-1") // which must not get through
	return i
}

func (i *invoker) run(t *testing.T, stdin string, args ...string) (r invoked) {
	t.Helper()
	cmd := exec.Command(binary, append(append([]string{"invoke"}, args...), i.args...)...)
	cmd.Dir, cmd.Env, cmd.Stdin = i.dir, i.env, strings.NewReader(stdin)
	var out, err bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &err
	cmd.Run() // how it ended is in the state
	return invoked{out.String(), err.String(), cmd.ProcessState.ExitCode()}
}

const initEvent = "../../events/init-http-api.json"

var sixDigits = regexp.MustCompile(`SMS to \+606543216353: ([0-9]{6}) is your ([A-Za-z]+) code`)

// A code that one function has sent, another one checks; nothing but the folder
// and the tables is between.
func TestInvoke(t *testing.T) {
	i := newInvoker(t)
	sent := i.run(t, "", "init", "-e", initEvent, "--warm", "2")
	if n := strings.Count(sent.out, `\"resultCode\":\"SUCCESS\"`); sent.code != 0 || n != 3 || !strings.Contains(sent.out, "{\n  \"statusCode\": 200,\n") {
		t.Fatalf("%d answers, %+v", n, sent)
	}
	for _, want := range []string{"stand-ins on this machine for Secrets Manager", "init: ready after ", "init: answered after ", `"outcome":"sent"`} {
		if !strings.Contains(sent.err, want) {
			t.Errorf("%q is not in\n%s", want, sent.err)
		}
	}
	if strings.Count(sent.err, "SMS to ") != 1 { // the second and the third are repeats
		t.Errorf("not one message:\n%s", sent.err)
	}
	code := sixDigits.FindStringSubmatch(sent.err)
	if code == nil {
		t.Fatalf("no code in\n%s", sent.err)
	}
	verify := fmt.Sprintf(`{"clientId":"demo","authenticationType":"OTP","authenticationRequestId":"MDEDUCT001bd856ad81cec1e91a620c270bcba5a4223","authenticationValue":%q}`, code[1])
	if got := i.run(t, verify, "verify", "-e", "-"); got.code != 0 || !strings.Contains(got.out, `"isPassed": true`) {
		t.Errorf("%+v", got)
	}
}

// An error of the function is printed as Lambda tells it, and ends the command so
// that a script notices.
func TestInvokeFails(t *testing.T) {
	i := newInvoker(t)
	good := filepath.Join(t.TempDir(), "bootstrap")
	if err := standin.Build("../..", "./functions/verify", good); err != nil {
		t.Fatal(err)
	}
	file := func(text string) string {
		name := filepath.Join(t.TempDir(), "file")
		if err := os.WriteFile(name, []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
		return name
	}
	for name, c := range map[string]struct {
		args     []string
		out, err string
	}{
		"an event of no shape":   {[]string{"verify", "--binary", good, "-e", file(`{"a":1}`)}, `"errorMessage": "unknown event: `, "the function failed"},
		"a wrong setting":        {[]string{"verify", "--binary", good, "-e", initEvent, "--env-file", file(`{"VerifyFunction":{"COUNTERSIGN_ATTEMPTS":9}}`)}, "", "COUNTERSIGN_ATTEMPTS"},
		"a wrong environment":    {[]string{"verify", "--binary", good, "-e", initEvent, "--env-file", file(`{"A":"b"}`)}, "", `it must be {"Parameters":`},
		"no function":            {[]string{"send", "-e", initEvent}, "", `no function "send"`},
		"no event":               {[]string{"verify", "--binary", good, "-e", "none.json"}, "", "none.json"},
		"a binary of elsewhere":  {[]string{"verify", "--binary", file("\x7fELF"), "-e", initEvent}, "", "another processor"},
		"an endpoint of nothing": {[]string{"verify", "--binary", good, "-e", initEvent, "--env-file", file(`{"Parameters":{"AWS_ENDPOINT_URL_SECRETS_MANAGER":"http://127.0.0.1:1"}}`)}, "", "COUNTERSIGN_KEYS"},
	} {
		t.Run(name, func(t *testing.T) {
			got := i.run(t, "", c.args...)
			if got.code != 1 || !strings.Contains(got.out, c.out) || !strings.Contains(got.err, c.err) || strings.Contains(got.err, "panic") {
				t.Errorf("%+v", got)
			}
		})
	}
	i.dir = t.TempDir() // where there is no module
	if got := i.run(t, `{"clientId":"nobody"}`, "verify", "--binary", good, "-e", "-"); got.code != 0 || !strings.Contains(got.out, "CLIENT") {
		t.Errorf("%+v", got)
	}
	if got := i.run(t, `{}`, "verify", "-e", "-"); got.code != 1 || !strings.Contains(got.err, "--binary") {
		t.Errorf("%+v", got)
	}
}

// The environment that standins writes is what invoke, and sam local, take.
func TestStandins(t *testing.T) {
	i := newInvoker(t)
	file := filepath.Join(t.TempDir(), "env.json")
	cmd := exec.Command(binary, append([]string{"standins", "--env-file", file}, i.args...)...)
	cmd.Env = append(i.env, "COUNTERSIGN_BRAND=Zoo")
	var said bytes.Buffer
	cmd.Stderr = &said
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
		t.Fatalf("%q, %v\n%s", line, err, said.String())
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var env map[string]map[string]string
	if err := json.Unmarshal(text, &env); err != nil || len(env["Parameters"]) < 8 || strings.Contains(string(text), "AKIDOFSOMEBODY") {
		t.Fatalf("%v\n%s", err, text)
	}
	bare := &invoker{dir: ".", data: i.data, env: environment(), args: []string{"--data", i.data, "--env-file", file}}
	if got := bare.run(t, "", "init", "-e", initEvent); got.code != 0 || !strings.Contains(got.out, "SUCCESS") || strings.Contains(got.err, "stand-ins on this machine") {
		t.Errorf("%+v", got)
	}
	if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	io.Copy(io.Discard, lines)
	if err := cmd.Wait(); err != nil {
		t.Error(err)
	}
	if found := sixDigits.FindStringSubmatch(said.String()); found == nil || found[2] != "Zoo" {
		t.Errorf("no message of Zoo's in\n%s", said.String())
	}
}

// What others could reach is not opened by accident.
func TestStandinsStayHere(t *testing.T) {
	for _, host := range []string{"0.0.0.0", "192.0.2.1", "localhost.example", ""} {
		out, err := exec.Command(binary, "standins", "--env-file", filepath.Join(t.TempDir(), "env"), "--data", t.TempDir(), "--host", host).CombinedOutput()
		if err == nil || !strings.Contains(string(out), "--allow-remote") {
			t.Errorf("--host %q: %v, %s", host, err, out)
		}
	}
}
