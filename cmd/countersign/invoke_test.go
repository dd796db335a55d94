package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
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
	dir, data, tmp string
	args           []string
	env            []string
}

func newInvoker(t *testing.T) *invoker {
	t.Helper()
	i := &invoker{dir: ".", data: t.TempDir(), tmp: t.TempDir()}
	i.args = []string{"--data", i.data, "--dynamodb-endpoint", dynamotest.Endpoint(t)}
	table := filepath.Base(filepath.Dir(i.data)) + filepath.Base(i.data)
	i.env = append(environment(), "COUNTERSIGN_TABLE=invoke-"+table, "COUNTERSIGN_CLIENTS_TABLE=invoke-clients-"+table,
		"TMPDIR="+i.tmp,
		// which must not get through
		"AWS_ACCESS_KEY_ID=AKIDOFSOMEBODY", "AWS_SECRET_ACCESS_KEY=secret", "AWS_REGION=eu-central-1")
	return i
}

// command is one of countersign's, with the arguments of all.
func (i *invoker) command(args ...string) *exec.Cmd {
	cmd := exec.Command(binary, append(args, i.args...)...)
	cmd.Dir, cmd.Env = i.dir, i.env
	return cmd
}

func (i *invoker) run(t *testing.T, stdin string, args ...string) (r invoked) {
	t.Helper()
	cmd := i.command(append([]string{"invoke"}, args...)...)
	cmd.Stdin = strings.NewReader(stdin)
	var out, err bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &err
	cmd.Run() // how it ended is in the state
	return invoked{out.String(), err.String(), cmd.ProcessState.ExitCode()}
}

// clean checks that no function was left behind.
func (i *invoker) clean(t *testing.T) {
	t.Helper()
	if left, err := filepath.Glob(filepath.Join(i.tmp, "countersign-invoke-*")); err != nil || left != nil {
		t.Errorf("%q is left behind, %v", left, err)
	}
}

func newFile(t *testing.T, text string) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, []byte(text), 0o755); err != nil {
		t.Fatal(err)
	}
	return path
}

// functionBinary is a function, built once for all tests. In TestInvoke the command
// builds one.
func functionBinary(t *testing.T, name string) string {
	t.Helper()
	builds.Lock()
	defer builds.Unlock()
	file := filepath.Join(filepath.Dir(binary), name)
	if _, err := os.Stat(file); err == nil {
		return file
	}
	if err := standin.Build("../..", file, "./functions/"+name); err != nil {
		t.Fatal(err)
	}
	return file
}

var builds sync.Mutex

const initEvent = "../../events/init-http-api.json"

var sixDigits = regexp.MustCompile(`SMS to \+606543216353: ([0-9]{6}) is your ([A-Za-z]+) code`)

// A code that one function has sent, another one checks; nothing but the folder
// and the tables is between.
func TestInvoke(t *testing.T) {
	i := newInvoker(t)
	// An endpoint that is empty is none, and the function's own section counts.
	env := newFile(t, `{"InitFunction":{"COUNTERSIGN_BRAND":"Zoo"},`+
		`"Parameters":{"COUNTERSIGN_BRAND":"Park","AWS_ENDPOINT_URL_SNS":""}}`)
	sent := i.run(t, "", "init", "-e", initEvent, "--warm", "2", "--env-file", env)
	n := strings.Count(sent.out, `\"resultCode\":\"SUCCESS\"`)
	if sent.code != 0 || n != 3 || !strings.Contains(sent.out, "{\n  \"statusCode\": 200,\n") {
		t.Fatalf("%d answers, %+v", n, sent)
	}
	for _, want := range []string{
		"stand-ins on this machine for Secrets Manager", "init: ready after ", "init: answered after ",
		`"outcome":"sent"`,
	} {
		if !strings.Contains(sent.err, want) {
			t.Errorf("%q is not in\n%s", want, sent.err)
		}
	}
	if strings.Count(sent.err, "SMS to ") != 1 { // the second and the third are repeats
		t.Errorf("not one message:\n%s", sent.err)
	}
	code := sixDigits.FindStringSubmatch(sent.err)
	if code == nil || code[2] != "Zoo" {
		t.Fatalf("no code of Zoo's in\n%s", sent.err)
	}
	i.clean(t)
	verify := fmt.Sprintf(`{"clientId":"demo","authenticationType":"OTP","authenticationRequestId":%q,`+
		`"authenticationValue":%q}`, docID, code[1])
	got := i.run(t, verify, "verify", "-e", "-", "--binary", functionBinary(t, "verify"))
	if got.code != 0 || !strings.Contains(got.out, `"isPassed": true`) {
		t.Errorf("%+v", got)
	}
}

// An error of the function is printed as Lambda tells it, and ends the command so
// that a script notices.
func TestInvokeFails(t *testing.T) {
	i := newInvoker(t)
	good := functionBinary(t, "verify")
	moody := filepath.Join(t.TempDir(), "bootstrap")
	if err := standin.Build("../..", moody, "./cmd/countersign/testdata/moody"); err != nil {
		t.Fatal(err)
	}
	file := func(text string) string { return newFile(t, text) }
	nothing := file("")
	for name, c := range map[string]struct {
		args     []string
		out, err string
	}{
		"an event of no shape": {[]string{"verify", "--binary", good, "-e", file(`{"a":1}`)},
			`"errorMessage": "unknown event: `, "the function failed"},
		"a wrong setting": {[]string{"verify", "--binary", good, "-e", initEvent, "--env-file",
			file(`{"VerifyFunction":{"COUNTERSIGN_ATTEMPTS":9}}`)}, "", "COUNTERSIGN_ATTEMPTS"},
		"a wrong environment": {[]string{"verify", "--binary", good, "-e", initEvent, "--env-file",
			file(`{"A":"b"}`)}, "", `it must be {"Parameters":`},
		"a variable of nothing": {[]string{"verify", "--binary", good, "-e", initEvent, "--env-file",
			file(`{"Parameters":{"AWS_ENDPOINT_URL_SNS":null}}`)}, "",
			`AWS_ENDPOINT_URL_SNS of Parameters must be "text"`},
		"no function":           {[]string{"send", "-e", initEvent}, "", `"changes" but got "send"`},
		"a function of no name": {[]string{"", "-e", initEvent, "--env-file", file("{}")}, "", `"changes" but got ""`},
		"less than once":        {[]string{"verify", "--binary", good, "-e", initEvent, "--warm=-1"}, "", "--warm"},
		"an event of nothing":   {[]string{"verify", "--binary", good, "-e", nothing}, "", nothing + " is not JSON"},
		"an event without end":  {[]string{"verify", "--binary", good, "-e", file(`{"a":`)}, "", "is not JSON"},
		"an earlier failure": {[]string{"verify", "--binary", moody, "-e", initEvent, "--warm", "1"}, `"fine"`,
			"the function failed"},
		"a violent end": {[]string{"verify", "--binary", file("#!/bin/sh\nkill -9 $$"), "-e", initEvent}, "",
			"signal: killed"},
		"no event": {[]string{"verify", "--binary", good, "-e", "none.json"}, "", "none.json"},
		"a binary of elsewhere": {[]string{"verify", "--binary", file("\x7fELF"), "-e", initEvent}, "",
			"another processor"},
		"an endpoint of nothing": {[]string{"verify", "--binary", good, "-e", initEvent, "--env-file",
			file(`{"Parameters":{"AWS_ENDPOINT_URL_SECRETS_MANAGER":"http://127.0.0.1:1"}}`)}, "", "COUNTERSIGN_KEYS"},
	} {
		t.Run(name, func(t *testing.T) {
			got := i.run(t, "", c.args...)
			if got.code != 1 || !strings.Contains(got.out, c.out) || !strings.Contains(got.err, c.err) ||
				strings.Contains(got.err, "panic") {
				t.Errorf("%+v", got)
			}
		})
	}
	if got := i.run(t, "", "verify", "--binary", moody, "-e", initEvent); !strings.Contains(got.err, "told to end") {
		t.Errorf("the function was not told to end: %+v", got)
	}
	there := newFile(t, `{"verify":{"COUNTERSIGN_ATTEMPTS":9}}`)
	if got := i.run(t, "", "verify", "--binary", good, "-e", initEvent, "--env-file", there); got.code != 0 ||
		!strings.Contains(got.err, there+" has neither Parameters nor VerifyFunction") {
		t.Errorf("%+v", got)
	}
	i.dir = t.TempDir() // where there is no module
	if got := i.run(t, `{"clientId":"nobody"}`, "verify", "--binary", good, "-e", "-"); got.code != 0 ||
		!strings.Contains(got.out, "CLIENT") {
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
	i.env = append(i.env, "COUNTERSIGN_BRAND=Zoo")
	end := i.standins(t, file)
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var env map[string]map[string]string
	if err := json.Unmarshal(text, &env); err != nil || len(env["Parameters"]) < 8 ||
		strings.Contains(string(text), "AKIDOFSOMEBODY") {
		t.Fatalf("%v\n%s", err, text)
	}
	if info, err := os.Stat(file); err != nil || info.Mode() != 0o600 {
		t.Errorf("%v %v, want mode 0600", err, info)
	}
	bare := &invoker{dir: ".", data: i.data, env: environment(), args: []string{"--data", i.data, "--env-file", file}}
	if got := bare.run(t, "", "init", "-e", initEvent, "--binary", functionBinary(t, "init")); got.code != 0 ||
		!strings.Contains(got.out, "SUCCESS") || strings.Contains(got.err, "stand-ins on this machine") {
		t.Errorf("%+v", got)
	}
	said := end()
	if found := sixDigits.FindStringSubmatch(said); found == nil || found[2] != "Zoo" {
		t.Errorf("no message of Zoo's in\n%s", said)
	}
}

// standins runs the command of that name until it has written the file, and ends it
// by Ctrl-C: end returns what it said.
func (i *invoker) standins(t *testing.T, file string, args ...string) (end func() string) {
	t.Helper()
	cmd := i.command(append([]string{"standins", "--env-file", file}, args...)...)
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
	return func() string {
		t.Helper()
		if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
			t.Fatal(err)
		}
		io.Copy(io.Discard, lines)
		if err := cmd.Wait(); err != nil {
			t.Error(err)
		}
		return said.String()
	}
}

// An endpoint for SNS that functions would refuse is not in the file.
func TestStandinsRemote(t *testing.T) {
	i := newInvoker(t)
	file := filepath.Join(t.TempDir(), "env.json")
	said := i.standins(t, file, "--host", "0.0.0.0", "--allow-remote")()
	text, err := os.ReadFile(file)
	if err != nil || strings.Contains(string(text), "_SNS") || !strings.Contains(string(text), "_EVENTBRIDGE") ||
		!strings.Contains(said, "a message is a request to AWS") {
		t.Errorf("%v %s\n%s", err, text, said)
	}
}

// What others could reach is not opened by accident.
func TestStandinsStayHere(t *testing.T) {
	for _, host := range []string{"0.0.0.0", "192.0.2.1", "localhost.example", ""} {
		out, err := exec.Command(binary, "standins", "--env-file", filepath.Join(t.TempDir(), "env"), "--data",
			t.TempDir(), "--host", host).CombinedOutput()
		if err == nil || !strings.Contains(string(out), "--allow-remote") {
			t.Errorf("--host %q: %v, %s", host, err, out)
		}
	}
}

// The names that invoke takes are those of the functions that there are.
func TestInvokeNames(t *testing.T) {
	folders, err := filepath.Glob("../../functions/*/main.go")
	if err != nil {
		t.Fatal(err)
	}
	i := &invoker{data: filepath.Join(t.TempDir(), "data"), env: environment()}
	i.args = []string{"-e", initEvent, "--data", i.data}
	got := i.run(t, "", "other").err
	for _, folder := range folders {
		if name := filepath.Base(filepath.Dir(folder)); !strings.Contains(got, strconv.Quote(name)) {
			t.Errorf("%s is not in %s", name, got)
		}
	}
	if strings.Count(got, `"`) != 2*len(folders)+2 {
		t.Errorf("%s, and there are %q", got, folders)
	}
	if _, err := os.Stat(i.data); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a folder is made, or %v", err)
	}
}

// Nobody else's tables get the demo client.
func TestInvokeElsewhere(t *testing.T) {
	i := newInvoker(t)
	i.args = []string{"--data", i.data}
	got := i.run(t, "{}", "verify", "--binary", newFile(t, ""), "-e", "-", "--dynamodb-endpoint",
		"https://dynamodb.eu-central-1.amazonaws.com")
	if got.code != 1 || !strings.Contains(got.err, "is not on this machine") {
		t.Errorf("%+v", got)
	}
}

// The end of its terminal ends the command in good order, but not under nohup.
func TestInvokeHangup(t *testing.T) {
	for name, trap := range map[string]string{"a terminal": "", "nohup": "trap '' HUP; "} {
		t.Run(name, func(t *testing.T) {
			i := newInvoker(t)
			command := i.command("invoke", "init", "-e", initEvent, "--warm", "1000000")
			cmd := exec.Command("sh", append([]string{"-c", trap + `exec "$0" "$@"`}, command.Args...)...)
			cmd.Env = command.Env
			stderr, err := cmd.StderrPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			defer cmd.Process.Kill()
			lines := bufio.NewScanner(stderr)
			answers := func(n int) {
				t.Helper()
				for n > 0 && lines.Scan() {
					if strings.Contains(lines.Text(), "answered after") {
						n--
					}
				}
				if n > 0 {
					t.Fatal("it ended")
				}
			}
			answers(1)
			if err := cmd.Process.Signal(syscall.SIGHUP); err != nil {
				t.Fatal(err)
			}
			if trap != "" {
				answers(1000) // more than a pipe holds
				if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
					t.Fatal(err)
				}
			}
			for lines.Scan() {
			}
			cmd.Wait() // how it ended is in the state
			if code := cmd.ProcessState.ExitCode(); code != 1 {
				t.Errorf("it ended by %d: %s", code, cmd.ProcessState)
			}
			i.clean(t)
		})
	}
}

func TestPlain(t *testing.T) {
	for value, want := range map[string]string{
		`"a\"b"`: `a"b`, `""`: "", "10000000": "10000000", "0.50": "0.50", "true": "true",
		"null": "", "{}": "", "[]": "",
	} {
		got, err := plain(json.RawMessage(value))
		if refused := strings.Contains("null{}[]", value); got != want || (err != nil) != refused {
			t.Errorf("%s: %q, %v, want %q", value, got, err, want)
		}
	}
}
