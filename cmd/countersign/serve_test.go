package main

import (
	"bufio"
	"crypto/rand"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"countersign/pkg/dynamostore/dynamotest"
)

const (
	initPath   = "/ams/api/v1/customers/initAuthentication"
	verifyPath = "/v1/users/verifyAuthentication"
	docID      = "MDEDUCT001bd856ad81cec1e91a620c270bcba5a4223"
	docRequest = `{
"authenticationRequestId": "MDEDUCT001bd856ad81cec1e91a620c270bcba5a4223",
"authenticationMethod": "OTP",
"authenticationType": "SMS",
"identityType": "MOBILENO",
"identityValue": "60-6543216353",
"env": {
"osVersion": "8.1.0",
"tokenId": "giaGTonn30X9AJPc0MN9lpjK-SZXq6PifXy3Gs4ufmI4BC87awEAAAAA",
"clientIp": "123.136.111.19",
"clientUmid": "sdjoi02082",
"osType": "ios 8929",
"language": "en-US",
"sessionId": "1e32d8b642590af5c3cba8ad5d111c2c",
"terminalType": "APP"
}

}`
)

// TestNumberPerDay limits the messages of all clients to one number.
func TestNumberPerDay(t *testing.T) {
	t.Setenv("COUNTERSIGN_NUMBER_PER_DAY", "1")
	t.Setenv("COUNTERSIGN_COOLDOWN", "0s")
	p := serveOn(t, t.TempDir())
	for n, want := range []string{"SUCCESS", "SEND_TIMES_EXCEED_LIMIT"} {
		if got := code(t, p.post(initPath, initBody(fmt.Sprint(n), "60-1111111111"))); got != want {
			t.Errorf("init %d answered %s, want %s", n, got, want)
		}
	}
}

// TestTwoServersOneTable: two servers on one table share its challenges and its limits.
func TestTwoServersOneTable(t *testing.T) {
	endpoint := dynamotest.Endpoint(t)
	t.Setenv("COUNTERSIGN_TABLE", "two-servers-"+rand.Text())
	data := newFolder(t) // the same keys
	a := serveOn(t, data, "--store", "dynamodb", "--dynamodb-endpoint", endpoint)
	b := serveOn(t, data, "--store", "dynamodb", "--dynamodb-endpoint", endpoint)
	first := a.post(initPath, docRequest)
	if again := b.post(initPath, docRequest); again != first {
		t.Errorf("the other server answered %s, first %s", again, first)
	}
	if got := code(t, b.post(initPath, strings.Replace(docRequest, docID, "2", 1))); got != "TIMES_EXCEED_LIMIT" {
		t.Errorf("the other server does not share limits: %s", got)
	}
	if got := code(t, b.post(verifyPath, verifyBody(docID, a.messages("")[0].Code))); got != "SUCCESS" {
		t.Errorf("the code at the other server: %s", got)
	}
}

// TestNobodyReads: the server goes on when the reader of its output is gone.
func TestNobodyReads(t *testing.T) {
	cmd := exec.Command(binary, "serve", "--listen", "127.0.0.1:0", "--data", t.TempDir())
	cmd.Env = environment()
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stdout, cmd.Stderr = write, write
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	write.Close()
	lines := bufio.NewReader(read)
	line, err := lines.ReadString('\n')
	for err == nil && !strings.HasPrefix(line, "ready ") { // the log is on the same pipe
		line, err = lines.ReadString('\n')
	}
	read.Close() // each later write raises SIGPIPE
	p := &process{t: t, cmd: cmd, url: strings.TrimSpace(strings.TrimPrefix(line, "ready ")), read: make(chan struct{})}
	close(p.read)
	t.Cleanup(func() { p.end(syscall.SIGKILL) })
	if err != nil {
		t.Fatal(err)
	}
	for n := range 20 {
		got := code(t, p.post(initPath, initBody(fmt.Sprint("pipe", n), fmt.Sprintf("60-1%05d0000", n))))
		if got != "SUCCESS" {
			t.Fatal(got)
		}
	}
	if err := p.end(syscall.SIGINT); err != nil {
		t.Errorf("ended with %v", err)
	}
}

// TestTwoServersOneFolder: two servers on one folder share store, keys and outbox.
func TestTwoServersOneFolder(t *testing.T) {
	data := newFolder(t)
	a, b := serveOn(t, data), serveOn(t, data)
	for n := range 10 {
		p := []*process{a, b}[n%2]
		p.post(initPath, initBody(fmt.Sprint("two", n), fmt.Sprintf("60-1%05d0000", n)))
	}
	for n := range 10 {
		p := []*process{b, a}[n%2] // the other one
		sent := p.messages(fmt.Sprintf("+601%05d0000", n))
		if len(sent) != 1 {
			t.Fatalf("%d messages to number %d", len(sent), n)
		}
		if got := code(t, p.post(verifyPath, verifyBody(fmt.Sprint("two", n), sent[0].Code))); got != "SUCCESS" {
			t.Errorf("challenge %d: %s", n, got)
		}
	}
}
