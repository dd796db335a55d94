package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"

	"countersign/pkg/dynamostore/dynamotest"
	"countersign/pkg/filetest"
	"countersign/pkg/standin"
)

// invoked has the streams and the exit code of countersign invoke.
type invoked struct {
	out, err string
	code     int
}

// invoker runs countersign invoke and standins.
type invoker struct {
	dir  string // the folder in which it runs
	data string // the data folder
	tmp  string // the folder of temporary files
	args []string
	env  []string
}

// newInvoker returns an invoker with tables of its own. Its environment has credentials of
// AWS, which no function must get.
func newInvoker(t *testing.T) *invoker {
	t.Helper()
	i := &invoker{dir: ".", data: t.TempDir(), tmp: t.TempDir()}
	i.args = []string{"--data", i.data, "--dynamodb-endpoint", dynamotest.Endpoint(t)}
	table := filepath.Base(filepath.Dir(i.data)) + filepath.Base(i.data)
	i.env = append(environment(),
		"COUNTERSIGN_TABLE=invoke-"+table, "COUNTERSIGN_CLIENTS_TABLE=invoke-clients-"+table, "TMPDIR="+i.tmp,
		"AWS_ACCESS_KEY_ID=AKIDOFSOMEBODY", "AWS_SECRET_ACCESS_KEY=secret", "AWS_REGION=eu-central-1")
	return i
}

// command returns a command with the invoker's arguments, folder and environment.
func (i *invoker) command(args ...string) *exec.Cmd {
	cmd := exec.Command(binary, append(args, i.args...)...)
	cmd.Dir, cmd.Env = i.dir, i.env
	return cmd
}

// run runs countersign invoke.
func (i *invoker) run(t *testing.T, stdin string, args ...string) (r invoked) {
	t.Helper()
	cmd := i.command(append([]string{"invoke"}, args...)...)
	cmd.Stdin = strings.NewReader(stdin)
	var out, err bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &err
	cmd.Run() // the exit code reports how it ended
	return invoked{out.String(), err.String(), cmd.ProcessState.ExitCode()}
}

// clean fails if the invoker has left the binary of a function.
func (i *invoker) clean(t *testing.T) {
	t.Helper()
	if left, err := filepath.Glob(filepath.Join(i.tmp, "countersign-invoke-*")); err != nil || left != nil {
		t.Errorf("%q is left behind, %v", left, err)
	}
}

// executable makes a file that may be run, and returns its path.
func executable(t *testing.T, text string) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "bootstrap")
	filetest.Write(t, path, []byte(text), 0o700)
	return path
}

// functionBinary returns the binary of a function, which is built once for all tests. In
// TestInvoke the command builds it.
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

// TestInvoke: function verify checks the code that function init has sent. They share the data
// folder and the tables only.
func TestInvoke(t *testing.T) {
	i := newInvoker(t)
	// The function's own section replaces Parameters, and an empty endpoint counts as none.
	env := write(t, "env.json", `{"InitFunction":{"COUNTERSIGN_BRAND":"Zoo"},`+
		`"Parameters":{"COUNTERSIGN_BRAND":"Park","AWS_ENDPOINT_URL_SNS":""}}`)
	sent := i.run(t, "", "init", "-e", initEvent, "--warm", "2", "--env-file", env)
	n := strings.Count(sent.out, `\"resultCode\":\"SUCCESS\"`)
	if sent.code != 0 || n != 3 || !strings.Contains(sent.out, "{\n  \"statusCode\": 200,\n") {
		t.Fatalf("%d answers, want 3: %+v", n, sent)
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
		t.Errorf("want one message:\n%s", sent.err)
	}
	code := sixDigits.FindStringSubmatch(sent.err)
	if code == nil || code[2] != "Zoo" {
		t.Fatalf("no message with a code of Zoo in\n%s", sent.err)
	}
	i.clean(t)
	verify := fmt.Sprintf(`{"clientId":"demo","authenticationType":"OTP","authenticationRequestId":%q,`+
		`"authenticationValue":%q}`, docID, code[1])
	got := i.run(t, verify, "verify", "-e", "-", "--binary", functionBinary(t, "verify"))
	if got.code != 0 || !strings.Contains(got.out, `"isPassed": true`) {
		t.Errorf("verify: %+v", got)
	}
}

// moodyBinary builds a function that fails once and then answers.
func moodyBinary(t *testing.T) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "bootstrap")
	if err := standin.Build("../..", file, "./cmd/countersign/testdata/moody"); err != nil {
		t.Fatal(err)
	}
	return file
}

// TestInvokeFails: invoke prints the error of a function as Lambda does, and ends with code 1.
func TestInvokeFails(t *testing.T) {
	i := newInvoker(t)
	file := func(text string) string { return write(t, "file", text) }
	// run returns the arguments that send an event to a binary.
	run := func(binary, event string) string { return "verify --binary " + binary + " -e " + event }
	// with returns the arguments that give function verify an environment.
	good, moody := functionBinary(t, "verify"), moodyBinary(t)
	with := func(env string) string { return run(good, initEvent) + " --env-file " + file(env) }
	empty := file("")
	const unreached = `{"Parameters":{"AWS_ENDPOINT_URL_SECRETS_MANAGER":"http://127.0.0.1:1"}}`
	for name, c := range map[string]struct{ args, out, err string }{
		"an event of no shape": {run(good, file(`{"a":1}`)), `"errorMessage": "unknown event: `, "the function failed"},
		"an empty event":       {run(good, empty), "", empty + " is not JSON"},
		"an event without end": {run(good, file(`{"a":`)), "", "is not JSON"},
		"no event":             {run(good, "none.json"), "", "none.json"},
		"a wrong setting":      {with(`{"VerifyFunction":{"COUNTERSIGN_ATTEMPTS":9}}`), "", "COUNTERSIGN_ATTEMPTS"},
		"a wrong environment":  {with(`{"A":"b"}`), "", `it must be {"Parameters":`},
		"a variable of null": {with(`{"Parameters":{"AWS_ENDPOINT_URL_SNS":null}}`), "",
			`AWS_ENDPOINT_URL_SNS of Parameters must be "text"`},
		"an endpoint without a secret": {with(unreached), "", "COUNTERSIGN_KEYS"},
		"no such function":             {"send -e " + initEvent, "", `"receipts" but got "send"`},
		"less than once":               {run(good, initEvent) + " --warm=-1", "", "--warm"},
		"an earlier failure":           {run(moody, initEvent) + " --warm 1", `"fine"`, "the function failed"},
		"a violent end":                {run(executable(t, "#!/bin/sh\nkill -9 $$"), initEvent), "", "signal: killed"},
		"a binary of elsewhere":        {run(executable(t, "\x7fELF"), initEvent), "", "another processor"},
	} {
		t.Run(name, func(t *testing.T) {
			got := i.run(t, "", strings.Fields(c.args)...)
			if got.code != 1 || !strings.Contains(got.out, c.out) || !strings.Contains(got.err, c.err) ||
				strings.Contains(got.err, "panic") {
				t.Errorf("%+v\nwant code 1, %q and the error %q", got, c.out, c.err)
			}
		})
	}
	got := i.run(t, "", "", "-e", initEvent, "--env-file", file("{}"))
	if got.code != 1 || !strings.Contains(got.err, `"receipts" but got ""`) || strings.Contains(got.err, "panic") {
		t.Errorf("a function without a name: %+v", got)
	}
}

// TestInvokeEndsFunction: invoke ends the function by SIGTERM.
func TestInvokeEndsFunction(t *testing.T) {
	got := newInvoker(t).run(t, "", "verify", "--binary", moodyBinary(t), "-e", initEvent)
	if !strings.Contains(got.err, "ends on SIGTERM") {
		t.Errorf("the function did not get SIGTERM: %+v", got)
	}
}

// TestInvokeOtherSection: invoke warns of an environment that sets nothing for the function.
func TestInvokeOtherSection(t *testing.T) {
	env := write(t, "env.json", `{"verify":{"COUNTERSIGN_ATTEMPTS":9}}`)
	verify := functionBinary(t, "verify")
	got := newInvoker(t).run(t, "", "verify", "--binary", verify, "-e", initEvent, "--env-file", env)
	if got.code != 0 || !strings.Contains(got.err, env+" has neither Parameters nor VerifyFunction") {
		t.Errorf("want code 0 and a warning: %+v", got)
	}
}

// TestInvokeOutsideModule: where there is no module, invoke needs a binary.
func TestInvokeOutsideModule(t *testing.T) {
	i := newInvoker(t)
	i.dir = t.TempDir()
	got := i.run(t, `{"clientId":"nobody"}`, "verify", "--binary", functionBinary(t, "verify"), "-e", "-")
	if got.code != 0 || !strings.Contains(got.out, "CLIENT") {
		t.Errorf("with a binary: %+v", got)
	}
	if got := i.run(t, `{}`, "verify", "-e", "-"); got.code != 1 || !strings.Contains(got.err, "--binary") {
		t.Errorf("without a binary: %+v", got)
	}
}

// TestInvokeNames: invoke takes the names of all functions, and no other.
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
			t.Errorf("invoke does not take function %s: %s", name, got)
		}
	}
	if strings.Count(got, `"`) != 2*len(folders)+2 {
		t.Errorf("the error has %s, and the functions are %q", got, folders)
	}
	if _, err := os.Stat(i.data); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a data folder was made, %v", err)
	}
}

// TestInvokeElsewhere: invoke refuses tables that are not on this machine, because it would add
// client demo to them.
func TestInvokeElsewhere(t *testing.T) {
	i := newInvoker(t)
	i.args = []string{"--data", i.data}
	got := i.run(t, "{}", "verify", "--binary", executable(t, ""), "-e", "-",
		"--dynamodb-endpoint", "https://dynamodb.eu-central-1.amazonaws.com")
	if got.code != 1 || !strings.Contains(got.err, "is not on this machine") {
		t.Errorf("want a refusal: %+v", got)
	}
}

// TestInvokeHangup: SIGHUP ends the command in good order, but not under nohup.
func TestInvokeHangup(t *testing.T) {
	hangups := make(chan os.Signal, 1) // the command does not inherit that it is ignored, as by nohup
	signal.Notify(hangups, syscall.SIGHUP)
	defer signal.Stop(hangups)
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
			awaitAnswers(t, lines, 1)
			if err := cmd.Process.Signal(syscall.SIGHUP); err != nil {
				t.Fatal(err)
			}
			if trap != "" {
				awaitAnswers(t, lines, 1000) // more than a pipe holds
				if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
					t.Fatal(err)
				}
			}
			for lines.Scan() {
			}
			cmd.Wait() // the exit code reports how it ended
			if code := cmd.ProcessState.ExitCode(); code != 1 {
				t.Errorf("ended with %d, want 1: %s", code, cmd.ProcessState)
			}
			i.clean(t)
		})
	}
}

// awaitAnswers reads the log of invoke until n more answers are in it.
func awaitAnswers(t *testing.T, log *bufio.Scanner, n int) {
	t.Helper()
	for n > 0 {
		if !log.Scan() {
			t.Fatalf("the log ended, and %d answers are missing", n)
		}
		if strings.Contains(log.Text(), "answered after") {
			n--
		}
	}
}

// TestPlain reads values of variables in a file. null, {} and [] are errors.
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
