package main

import (
	"bufio"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"

	"countersign/docs/openapitest"
	"countersign/pkg/dynamostore/dynamotest"
	"countersign/pkg/otp"
	"countersign/pkg/standin"

	"countersign/pkg/logtest"
)

// binary is the path of the command, built with the flags of the functions, with which it shares compiled packages.
// Most tests here run it and see it from outside.
var binary string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "countersign-test-")
	if err != nil {
		panic(err)
	}
	binary = filepath.Join(dir, "countersign")
	if err := standin.Build("../..", binary, "./cmd/countersign"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := m.Run()
	os.RemoveAll(dir)
	os.Exit(code)
}

// process is a running server.
type process struct {
	t    testing.TB
	cmd  *exec.Cmd
	url  string
	data string         // its data folder
	read chan struct{}  // closed at the end of its standard output
	once sync.Once      // ends it
	out  logtest.Buffer // what it has printed on both streams
}

// serveOn starts a server on a free port with its data in a folder.
func serveOn(t testing.TB, data string, args ...string) *process {
	t.Helper()
	return start(t, data, environment(), append([]string{"serve"}, args...)...)
}

// start starts serve or console, which is the first of args, as serveOn does.
func start(t testing.TB, data string, env []string, args ...string) *process {
	t.Helper()
	p := &process{t: t, data: data, read: make(chan struct{})}
	p.cmd = exec.Command(binary, slices.Insert(args, 1, "--listen", "127.0.0.1:0", "--data", data)...)
	p.cmd.Env = env
	p.cmd.Stderr = &p.out
	stdout, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.end(syscall.SIGKILL) })
	lines := bufio.NewReader(stdout)
	line, err := lines.ReadString('\n')
	url, ok := strings.CutPrefix(strings.TrimSpace(line), "ready ")
	if err != nil || !ok {
		p.end(syscall.SIGKILL)
		t.Fatalf("the server's first line is %q, want ready and its URL\n%s", line, p.out.String())
	}
	p.url = strings.TrimSuffix(url, "/")
	go func() {
		io.Copy(&p.out, lines)
		close(p.read)
	}()
	return p
}

// environment is the environment of the commands: that of this process, without an AWS
// account and without settings but for those that tests set.
func environment() []string {
	var env []string
	ours := []string{"TABLE", "CLIENTS_TABLE", "PATH_PREFIX", "COOLDOWN", "NUMBER_PER_DAY"} // which tests set
	for _, e := range os.Environ() {
		name, _, _ := strings.Cut(e, "=")
		setting, is := strings.CutPrefix(name, "COUNTERSIGN_")
		if !strings.HasPrefix(name, "AWS_") && (!is || slices.Contains(ours, setting)) {
			env = append(env, e)
		}
	}
	return env
}

// end sends a signal, waits for the end of the process, and returns its error. A later call
// does nothing.
func (p *process) end(signal syscall.Signal) (err error) {
	p.once.Do(func() {
		p.cmd.Process.Signal(signal)
		if p.url != "" {
			<-p.read
		}
		err = p.cmd.Wait()
	})
	return err
}

// browser keeps enough connections for a thousand calls at once, and returns an error
// for each answer that docs/openapi.yaml does not describe.
var browser = &http.Client{Transport: openapitest.Transport{
	RoundTripper: &http.Transport{MaxIdleConnsPerHost: 1000, MaxIdleConns: 1000},
}}

// loader is browser without the comparison with docs/openapi.yaml, which takes long with the
// race detector. It is for tests that send thousands of different requests.
var loader = &http.Client{Transport: browser.Transport.(openapitest.Transport).RoundTripper}

// fetch sends a request and returns the status and the body of its answer.
func fetch(t testing.TB, req *http.Request) (status int, body string) {
	t.Helper()
	resp, err := browser.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(text)
}

// try posts as the demo client.
func (p *process) try(path, body string) (string, error) { return p.tryBy(browser, path, body) }

// tryBy posts as the demo client. An answer with another status than 200 is an error.
func (p *process) tryBy(client *http.Client, path, body string) (string, error) {
	req, err := http.NewRequest("POST", p.url+path, strings.NewReader(body))
	if err != nil {
		return "", err
	}
	req.Header.Set("Client-Id", "demo")
	req.Header.Set("Content-Type", "application/json; charset=UTF-8")
	resp, err := client.Do(req)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode != 200 {
		err = fmt.Errorf("status %d: %s", resp.StatusCode, text)
	}
	return string(text), err
}

// post is try for a test that cannot go on without an answer.
func (p *process) post(path, body string) string {
	p.t.Helper()
	text, err := p.try(path, body)
	if err != nil {
		p.t.Fatalf("%v\n%s", err, p.out.String())
	}
	return text
}

// code returns the result code of an AMS answer.
func code(t testing.TB, answer string) string {
	t.Helper()
	var a struct {
		Result struct {
			Code string `json:"resultCode"`
		} `json:"result"`
	}
	if err := json.Unmarshal([]byte(answer), &a); err != nil {
		t.Fatalf("%v: %s", err, answer)
	}
	return a.Result.Code
}

// sms is a message in the outbox.
type sms struct {
	ID, From, To, Body, Code, SentAt string
	Receipt                          struct {
		State  otp.MessageState
		Reason string
	}
}

// outbox returns the messages to a number, or all of them if to is empty. The newest is the
// first.
func (p *process) outbox(to string) (list []sms, err error) {
	resp, err := browser.Get(p.url + "/_dev/messages?to=" + url.QueryEscape(to))
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	err = json.NewDecoder(resp.Body).Decode(&list)
	return list, err
}

// messages is outbox for a test that cannot go on without an answer.
func (p *process) messages(to string) []sms {
	p.t.Helper()
	list, err := p.outbox(to)
	if err != nil {
		p.t.Fatal(err)
	}
	return list
}

func initBody(id, number string) string {
	return fmt.Sprintf(`{"authenticationRequestId":%q,"authenticationMethod":"OTP","authenticationType":"SMS",`+
		`"identityType":"MOBILENO","identityValue":%q}`, id, number)
}

func verifyBody(id, code string) string {
	return fmt.Sprintf(`{"authenticationType":"OTP","authenticationRequestId":%q,"authenticationValue":%q}`, id, code)
}

// onEachServer runs a test on a server with each kind of store.
func onEachServer(t *testing.T, test func(t *testing.T, p *process)) {
	t.Run("sqlite", func(t *testing.T) { test(t, serveOn(t, newFolder(t))) })
	t.Run("dynamodb", func(t *testing.T) {
		endpoint := dynamotest.Endpoint(t)
		t.Setenv("COUNTERSIGN_TABLE", "serve-"+rand.Text()) // which the server makes
		test(t, serveOn(t, newFolder(t), "--store", "dynamodb", "--dynamodb-endpoint", endpoint))
	})
}
