package main

import (
	"bufio"
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

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

func TestDocumentsRequest(t *testing.T) {
	on(t, func(t *testing.T, p *process) {
		first := p.post(initPath, docRequest)
		pattern := `^\{"actionForm":\{"challengeRenderValue":"\+60\*{6}6353","challengeType":"sms"\},` +
			`"authenticationId":"\d{35}",` +
			`"authenticationRequestId":"` + docID +
			`","result":\{"resultCode":"SUCCESS","resultMessage":"success\.","resultStatus":"S"\}\}$`
		if !regexp.MustCompile(pattern).MatchString(first) {
			t.Fatalf("answered %s", first)
		}
		if again := p.post("/ams/sandbox/api/v1/customers/initAuthentication",
			strings.Replace(docRequest, "8.1.0", "9", 1)); again != first {
			t.Errorf("a repeat answered %s, first %s", again, first)
		}
		if got := code(t, p.post(initPath, strings.Replace(docRequest, "6353", "6354",
			1))); got != "REPEAT_REQ_INCONSISTENT" {
			t.Errorf("another number: %s", got)
		}
		sent := p.messages("+606543216353")
		if len(sent) != 1 || sent[0].Body != sent[0].Code+" is your Countersign code, valid for 5 minutes." ||
			sent[0].To != "+606543216353" || sent[0].ID == "" || sent[0].SentAt == "" {
			t.Fatalf("outbox %+v", sent)
		}
		want := `{"isPassed":true,"result":{"resultCode":"SUCCESS","resultMessage":"success.","resultStatus":"S"}}`
		if got := p.post(verifyPath, verifyBody(docID, sent[0].Code)); got != want {
			t.Errorf("verify answered %s", got)
		}
		if got := code(t, p.post(verifyPath, verifyBody(docID,
			sent[0].Code))); got != "AUTHENTICATION_REQUEST_ID_INVALID" {
			t.Errorf("a second verify answered %s", got)
		}
		if again := p.post(initPath, docRequest); again != first {
			t.Errorf("a repeat after the pass answered %s", again)
		}
		if p.end(syscall.SIGINT) != nil || !strings.Contains(p.said(), "SMS to +606543216353: "+sent[0].Body) {
			t.Errorf("the terminal does not show the message:\n%s", p.said())
		}
	})
}

// together posts n bodies at once and counts the codes.
func (p *process) together(n int, path string, body func(int) string) map[string]int {
	p.t.Helper()
	var mu sync.Mutex
	var wg sync.WaitGroup
	counts := map[string]int{}
	for i := range n {
		wg.Go(func() {
			text, err := p.try(path, body(i))
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				p.t.Error(err)
				return
			}
			counts[code(p.t, text)]++
		})
	}
	wg.Wait()
	return counts
}

func TestParallelGuesses(t *testing.T) {
	on(t, func(t *testing.T, p *process) {
		p.post(initPath, initBody("right", "60-1111111111"))
		right := p.messages("+601111111111")[0].Code
		got := p.together(200, verifyPath, func(int) string { return verifyBody("right", right) })
		if got["SUCCESS"] != 1 || got["AUTHENTICATION_REQUEST_ID_INVALID"] != 199 {
			t.Errorf("200 right guesses: %v", got)
		}
		p.post(initPath, initBody("wrong", "60-1111111112"))
		right = p.messages("+601111111112")[0].Code
		got = p.together(1000, verifyPath, func(i int) string {
			guess := fmt.Sprintf("%06d", i)
			if guess >= right {
				guess = fmt.Sprintf("%06d", i+1)
			}
			return verifyBody("wrong", guess)
		})
		if got["VERIFY_UNMATCHED"] != 4 || got["VERIFY_TIMES_EXCEED_LIMIT"] != 996 {
			t.Errorf("1,000 wrong guesses: %v", got)
		}
		if got := code(t, p.post(verifyPath, verifyBody("wrong", right))); got != "VERIFY_TIMES_EXCEED_LIMIT" {
			t.Errorf("the right code when locked: %s", got)
		}
		got = p.together(50, initPath, func(i int) string { return initBody(fmt.Sprint("i", i), "60-1111111113") })
		if got["SUCCESS"] != 1 || got["TIMES_EXCEED_LIMIT"] != 49 || len(p.messages("+601111111113")) != 1 {
			t.Errorf("50 inits of one number: %v", got)
		}
	})
}

// Requests as no well-behaved client sends them, on a plain connection.
func TestRawRequests(t *testing.T) {
	p := serveOn(t, newFolder(t))
	addr := strings.TrimPrefix(p.url, "http://")
	raw := func(request string) string {
		conn, err := net.Dial("tcp", addr)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		go io.WriteString(conn, request)
		text, err := io.ReadAll(conn)
		if err != nil {
			t.Fatal(err)
		}
		describedText(t, request, string(text))
		return string(text)
	}
	post := func(target, headers, body string) string {
		return fmt.Sprintf("POST %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\nClient-Id: "+
			"demo\r\n%sContent-Length: %d\r\n\r\n%s", target, headers, len(body), body)
	}
	good := verifyBody("none", "123456")
	for name, c := range map[string]struct{ request, want string }{
		"cut short": {"POST " + verifyPath +
			" HTTP/1.1\r\nHost: x\r\nConnection: close\r\nClient-Id: demo\r\nTransfer-Encoding: " +
			"chunked\r\n\r\nzz\r\n{}", "PARAM_ILLEGAL"},
		"absolute form": {post("https://x:443"+verifyPath, "", good), "AUTHENTICATION_REQUEST_ID_INVALID"},
		"query":         {post(verifyPath+"?a=b%20c", "", good), "AUTHENTICATION_REQUEST_ID_INVALID"},
		"two Content-Types": {post(verifyPath,
			"Content-Type: application/json\r\nContent-Type: application/json; "+
				"charset=UTF-8\r\n", good), "AUTHENTICATION_REQUEST_ID_INVALID"},
		"two Client-Ids": {post(verifyPath, "client-id: demo\r\n", good), "CLIENT_INVALID"},
		"escaped path":   {post("/v1/users/verify%41uthentication", "", good), "API_INVALID"},
		"dots":           {post("/ams/../v1/users/verifyAuthentication", "", good), "API_INVALID"},
		"double slash":   {post("/ams/api//v1/users/verifyAuthentication", "", good), "API_INVALID"},
		"trailing slash": {post(initPath+"/", "", good), "INVALID_API"},
		"GET": {"GET " + initPath + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
			"METHOD_NOT_SUPPORTED"},
		"a method of their own": {"BREW " + verifyPath + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
			"METHOD_NOT_SUPPORTED"},
		"invalid UTF-8":     {post(verifyPath, "", good[:len(good)-1]+",\"x\":\"\xff\"}"), "PARAM_ILLEGAL"},
		"NUL":               {post(verifyPath, "", good+"\x00"), "PARAM_ILLEGAL"},
		"16 KiB and a byte": {post(verifyPath, "", good+strings.Repeat(" ", 16<<10+1-len(good))), "PARAM_ILLEGAL"},
		"16 KiB": {post(verifyPath, "", good+strings.Repeat(" ", 16<<10-len(good))),
			"AUTHENTICATION_REQUEST_ID_INVALID"},
		"a megabyte": {post(verifyPath, "", strings.Repeat("x", 1<<20)), "PARAM_ILLEGAL"},
		"chunked": {"POST " + verifyPath +
			" HTTP/1.1\r\nHost: x\r\nConnection: close\r\nClient-Id: demo\r\nTransfer-Encoding: chunked\r\n\r\n" +
			fmt.Sprintf("%x\r\n%s\r\n0\r\n\r\n", len(good), good), "AUTHENTICATION_REQUEST_ID_INVALID"},
		"spoofed address": {post(verifyPath, "X-Forwarded-For: 127.0.0.1\r\n", good),
			"AUTHENTICATION_REQUEST_ID_INVALID"},
		"header of other bytes": {post(verifyPath, "X-Other: \xff\xfe\r\n", good), "AUTHENTICATION_REQUEST_ID_INVALID"},
	} {
		t.Run(name, func(t *testing.T) {
			got := raw(c.request)
			if !strings.HasPrefix(got, "HTTP/1.1 200 OK\r\n") || !strings.Contains(got, `"resultCode":"`+c.want+`"`) ||
				!strings.Contains(got, "\r\nContent-Type: application/json; charset=UTF-8\r\n") {
				t.Errorf("answered %s\nwant 200 with %s", got, c.want)
			}
		})
	}
	for _, target := range []string{"/", "//"} {
		if got := raw(post(target, "", good)); !strings.HasPrefix(got, "HTTP/1.1 401 ") ||
			!strings.Contains(got, `{"code":"104110","message":"MissingAccessKeyId"}`) {
			t.Errorf("%s: %s", target, got)
		}
	}
	for _, target := range []string{"//x", "/nothing", "/AMS/api"} {
		if got := raw(post(target, "", good)); !strings.HasPrefix(got, "HTTP/1.1 404 ") ||
			!strings.Contains(got, `{"code":"104002","message":"InvalidParams"}`) {
			t.Errorf("%s: %s", target, got)
		}
	}
}

func TestOutboxConsole(t *testing.T) {
	p := serveOn(t, newFolder(t))
	get := func(method, path string) (int, string) {
		req, _ := http.NewRequest(method, p.url+path, nil)
		resp, err := browser.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		text, _ := io.ReadAll(resp.Body)
		return resp.StatusCode, string(text)
	}
	if status, text := get("GET", "/_dev/messages"); status != 200 || text != "[]" {
		t.Errorf("empty outbox: %d %s", status, text)
	}
	p.post(initPath, initBody("a", "60-1111111111"))
	p.post(initPath, initBody("b", "60-1111111112"))
	if all := p.messages(""); len(all) != 2 || all[0].To != "+601111111112" || all[1].To != "+601111111111" {
		t.Errorf("outbox %+v, want both, newest first", all)
	}
	for to, n := range map[string]int{"%2B601111111111": 1, "+601111111111": 1, "601111111111": 0, "+": 0} {
		if _, text := get("GET", "/_dev/messages?to="+to); strings.Count(text, `"code"`) != n {
			t.Errorf("to=%s: %s, want %d messages", to, text, n)
		}
	}
	if status, _ := get("POST", "/_dev/messages"); status != 405 {
		t.Errorf("POST: %d", status)
	}
	if status, _ := get("DELETE", "/_dev/messages"); status != 204 || len(p.messages("")) != 0 {
		t.Errorf("DELETE: %d", status)
	}
}

// A web page whose name points to this machine (DNS rebinding) reads no code and
// empties nothing.
func TestOtherHosts(t *testing.T) {
	p := serveOn(t, newFolder(t))
	remote := serveOn(t, newFolder(t), "--allow-remote")
	for _, p := range []*process{p, remote} {
		p.post(initPath, initBody("a", "60-1111111111"))
	}
	_, port, _ := net.SplitHostPort(strings.TrimPrefix(p.url, "http://"))
	ask := func(p *process, host, method, path string) (int, string) {
		req, _ := http.NewRequest(method, p.url+path, nil)
		req.Host = host
		resp, err := browser.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		text, _ := io.ReadAll(resp.Body)
		return resp.StatusCode, string(text)
	}
	for _, host := range []string{"attacker.example:" + port, "attacker.example",
		"127.0.0.1.attacker.example:" + port} {
		for _, request := range []string{"GET /_dev/messages", "DELETE /_dev/messages",
			"GET /_dev/messages?to=%2B601111111111", "GET /_dev/events", "GET /_dev/openapi.yaml"} {
			method, path, _ := strings.Cut(request, " ")
			if status, text := ask(p, host, method, path); status != 403 || strings.Contains(text, "1111111111") ||
				!strings.Contains(text, "127.0.0.1") {
				t.Errorf("%s of %s: %d %s", request, host, status, text)
			}
		}
	}
	for _, host := range []string{"localhost:" + port, "127.0.0.1", "[::1]:" + port} {
		if status, text := ask(p, host, "GET", "/_dev/messages"); status != 200 || !strings.Contains(text, `"code"`) {
			t.Errorf("of %s: %d %s", host, status, text)
		}
	}
	if status, text := ask(remote, "laptop.example", "GET", "/_dev/messages"); status != 200 ||
		!strings.Contains(text, `"code"`) {
		t.Errorf("with --allow-remote: %d %s", status, text)
	}
}

// The greeting's commands work as pasted.
func TestGreeting(t *testing.T) {
	p := serveOn(t, newFolder(t))
	if err := p.end(syscall.SIGINT); err != nil {
		t.Fatalf("ended with %v\n%s", err, p.said())
	}
	var script []string
	for line := range strings.Lines(p.said()) {
		if strings.HasPrefix(line, "curl ") {
			script = append(script, line)
		}
	}
	if len(script) != 3 {
		t.Fatalf("%d commands in\n%s", len(script), p.said())
	}
	again := serveOn(t, p.data)
	text, err := exec.Command("bash", "-c", strings.ReplaceAll(strings.Join(script, "echo\n"), p.url,
		again.url)).CombinedOutput()
	lines := strings.Split(string(text), "\n")
	if err != nil || len(lines) != 3 || !strings.Contains(lines[0], `"SUCCESS"`) ||
		!strings.Contains(lines[1], `"code":"`) || !strings.Contains(lines[2], `"isPassed":true`) {
		t.Errorf("%v\n%s", err, text)
	}
}

func TestRefusesToStart(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	for name, c := range map[string]struct {
		args []string
		env  string
		want string
	}{
		"every interface":  {[]string{"--listen", ":0"}, "", "--allow-remote"},
		"another machine":  {[]string{"--listen", "0.0.0.0:0"}, "", "--allow-remote"},
		"a name":           {[]string{"--listen", "example.com:0"}, "", "--allow-remote"},
		"no port":          {[]string{"--listen", "127.0.0.1"}, "", "HOST:PORT"},
		"no such store":    {[]string{"--store", "redis"}, "", "sqlite"},
		"no use for it":    {[]string{"--dynamodb-endpoint", "http://127.0.0.1:1"}, "", "--store dynamodb"},
		"inside Lambda":    {nil, "AWS_LAMBDA_FUNCTION_NAME=init", "Lambda"},
		"too many guesses": {nil, "COUNTERSIGN_ATTEMPTS=9", "COUNTERSIGN_ATTEMPTS is 9, must be 1 to 5"},
		"a long brand":     {nil, "COUNTERSIGN_BRAND=" + strings.Repeat("b", 160), "COUNTERSIGN_BRAND"},
		"DynamoDB nowhere": {[]string{"--store", "dynamodb"}, "",
			"AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or give an endpoint; for those of a profile or SSO: eval " +
				"\"$(aws configure export-credentials --format env)\""},
		"no endpoint": {[]string{"--store", "dynamodb", "--dynamodb-endpoint", "127.0.0.1:1"}, "",
			"--dynamodb-endpoint 127.0.0.1:1: must be http://HOST:PORT"},
		"no engine": {[]string{"--store", "dynamodb", "--dynamodb-endpoint", "http://127.0.0.1:1"}, "",
			"is an engine running at http://127.0.0.1:1?"},
		"no country": {nil, "COUNTERSIGN_COUNTRIES=MY,UK",
			`COUNTERSIGN_COUNTRIES: "UK" is no ISO 3166-1 code: the United Kingdom is "GB"`},
		"no such sender": {nil, "COUNTERSIGN_SENDER=pigeon",
			`COUNTERSIGN_SENDER is "pigeon", must be one of: outbox`},
		"a port in use": {[]string{"--listen", taken.Addr().String()}, "", "take another with --listen 127.0.0.1:0"},
		"a damaged store": {[]string{"--data", filepath.Dir(write(t, "countersign.db",
			strings.Repeat("no database",
				1000)))}, "", "countersign.db: sqlite: prepare: file is not a database; the file is damaged"},
		"an empty keyring": {[]string{"--data", filepath.Dir(write(t, "keys.json", ""))}, "",
			"restore it from a copy, or remove it"},
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute) // it might start
			defer cancel()
			cmd := exec.CommandContext(ctx, binary, append([]string{"serve", "--data", t.TempDir()}, c.args...)...)
			cmd.Env = append(environment(), c.env)
			text, err := cmd.CombinedOutput()
			if err == nil || !strings.Contains(string(text), c.want) {
				t.Errorf("%v\n%s\nwant it to say %q", err, text, c.want)
			}
		})
	}
	p := serveOn(t, newFolder(t), "--listen", "0.0.0.0:0", "--allow-remote") // the later --listen counts
	if got := code(t, p.post(verifyPath, verifyBody("none", "123456"))); got != "AUTHENTICATION_REQUEST_ID_INVALID" {
		t.Error(got)
	}
}

// A server that is killed under load has kept everything that it answered (P27).
func TestKill(t *testing.T) {
	data := newFolder(t)
	p := serveOn(t, data)
	var mu sync.Mutex
	answered := map[int]bool{}
	var next atomic.Int64
	var wg sync.WaitGroup
	enough := make(chan struct{})
	for range 16 {
		wg.Go(func() {
			for {
				n := int(next.Add(1))
				text, err := p.tryBy(loader, initPath, initBody(fmt.Sprint("kill", n), fmt.Sprintf("60-1%09d", n)))
				if err != nil || n > 100_000 {
					return // killed
				}
				mu.Lock()
				answered[n] = code(t, text) == "SUCCESS"
				if len(answered) == 500 {
					close(enough)
				}
				mu.Unlock()
			}
		})
	}
	<-enough
	p.end(syscall.SIGKILL)
	wg.Wait()

	again := serveOn(t, data)
	codes := map[string]string{}
	for _, m := range again.messages("") {
		codes[m.To] = m.Code
	}
	for n, ok := range answered {
		to := fmt.Sprintf("+601%09d", n)
		if !ok || codes[to] == "" {
			t.Fatalf("challenge %d: answered %v, in the outbox %v", n, ok, codes[to] != "")
		}
		post := func(path, body string) string {
			text, err := again.tryBy(loader, path, body)
			if err != nil {
				t.Fatal(err)
			}
			return code(t, text)
		}
		if got := post(initPath, initBody(fmt.Sprint("more", n), "60-"+to[3:])); got != "TIMES_EXCEED_LIMIT" {
			t.Fatalf("challenge %d: its message is not counted: %s", n, got)
		}
		if got := post(verifyPath, verifyBody(fmt.Sprint("kill", n), codes[to])); got != "SUCCESS" {
			t.Fatalf("challenge %d: %s", n, got)
		}
	}
	t.Logf("%d acknowledged challenges survived", len(answered))
}

// canaries sends a code and checks it in several ways, ends the server, and
// returns the code and the number, which nobody may keep (P14).
func canaries(t *testing.T, p *process) []string {
	t.Helper()
	p.post(initPath, docRequest)
	code := p.messages("+606543216353")[0].Code
	for _, guess := range []string{"000000", code + "0", code} {
		p.post(verifyPath, verifyBody(docID, guess))
	}
	p.post(initPath, strings.Replace(docRequest, "60-6543216353", "60-65432163539999", 1))
	if err := p.end(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	canaries := []string{code, "6543216353", "606543216353"}
	for line := range strings.Lines(p.said()) {
		if !strings.HasPrefix(line, "SMS to") && !strings.HasPrefix(line, "curl") {
			silent(t, "the log", []byte(line), canaries)
		}
	}
	return canaries
}

// silent looks for the canaries, but not inside longer numbers: six digits of an
// authenticationId may be those of a code by chance.
func silent(t *testing.T, name string, text []byte, canaries []string) {
	t.Helper()
	for _, canary := range canaries {
		if regexp.MustCompile(`(^|[^0-9])` + canary + `([^0-9]|$)`).Match(text) {
			t.Errorf("%s has %s", name, canary)
		}
	}
}

// Neither codes nor numbers are in the folder, but in the outbox, which is the
// phone.
func TestNothingInFiles(t *testing.T) {
	p := serveOn(t, newFolder(t))
	canaries := canaries(t, p)
	files, err := filepath.Glob(filepath.Join(p.data, "*"))
	if err != nil || len(files) < 3 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		if info, _ := os.Stat(file); info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s has mode %v", file, info.Mode())
		}
		if filepath.Base(file) == "outbox.jsonl" {
			continue
		}
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		silent(t, file, text, canaries)
	}
}

func TestNothingInTable(t *testing.T) {
	table := "canary-" + rand.Text()
	t.Setenv("COUNTERSIGN_TABLE", table)
	canaries := canaries(t, serveOn(t, newFolder(t), "--store", "dynamodb", "--dynamodb-endpoint",
		dynamotest.Endpoint(t)))
	dump, err := dynamotest.Client(t, nil).Scan(t.Context(), &dynamodb.ScanInput{TableName: &table})
	if err != nil || len(dump.Items) < 2 { // and counters, as soon as the stream is read
		t.Fatalf("%d items, %v; want a challenge and a ledger at least", len(dump.Items), err)
	}
	for _, item := range dump.Items {
		for name, value := range item {
			switch v := value.(type) {
			case *types.AttributeValueMemberB:
				silent(t, name, v.Value, canaries)
			case *types.AttributeValueMemberS:
				silent(t, name, []byte(v.Value), canaries)
			default:
				silent(t, name, fmt.Append(nil, value), canaries)
			}
		}
	}
}

// Two servers on one table share its challenges and its limits.
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
		t.Errorf("the other server: %s", got)
	}
}

// The commands of the README, and after them those of docs/contracts.md, work as pasted.
// The line below each command is its answer.
func TestReadme(t *testing.T) {
	pages := append(readFile(t, "../../README.md"), readFile(t, "../../docs/contracts.md")...)
	var script, answers []string
	for line := range strings.Lines(string(pages)) {
		if n := len(script); n > len(answers) {
			answers = append(answers, strings.TrimSpace(line))
		}
		if strings.HasPrefix(line, "curl ") {
			script = append(script, line)
		}
	}
	p := serveOn(t, newFolder(t))
	run := strings.ReplaceAll(strings.Join(script, "echo\n"), "http://127.0.0.1:8080", p.url)
	out, err := exec.Command("bash", "-c", run).CombinedOutput()
	got := strings.Split(string(out), "\n")
	if err != nil || len(script) != 5 || len(got) != 5 {
		t.Fatalf("%v\n%s", err, out)
	}
	changing := regexp.MustCompile(`"authenticationId":"\d{35}"|"id":"[A-Z2-7]{26}"|"id":"[0-9a-f]{32}"|\d{6} is ` +
		`your|"code":"\d{6}"|"sentAt":"[0-9TZ:.-]+"`)
	for i := range got {
		if a, b := changing.ReplaceAllString(got[i], "*"), changing.ReplaceAllString(answers[i], "*"); a != b {
			t.Errorf("command %d answered\n%s\nthe page has\n%s", i+1, got[i], answers[i])
		}
	}
}

// docs/calling.md signs a request with nothing but openssl.
func TestSignedByHand(t *testing.T) {
	_, script, _ := strings.Cut(string(readFile(t, "../../docs/calling.md")), "\npath=/ams/")
	script, _, _ = strings.Cut(script, "\n{")
	p := serveOn(t, newFolder(t))
	if out, err := exec.Command(binary, "client", "add", "acme", "--country", "MY", "--generate-key", "--data",
		p.data).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	cmd := exec.Command("bash", "-c", "path=/ams/"+script)
	cmd.Env = append(os.Environ(), "COUNTERSIGN_URL="+p.url, "COUNTERSIGN_DATA="+p.data)
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(out), `"resultCode":"SUCCESS"`) {
		t.Errorf("%v\n%s\n%s", err, script, out)
	}
}

// Whoever reads the server's output may stop, or go away: the service stays.
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
		if got := code(t, p.post(initPath, initBody(fmt.Sprint("pipe", n),
			fmt.Sprintf("60-1%09d", n)))); got != "SUCCESS" {
			t.Fatal(got)
		}
	}
	if err := p.end(syscall.SIGINT); err != nil {
		t.Errorf("ended with %v", err)
	}
}

// Two servers on one folder share store, keys and outbox.
func TestTwoServersOneFolder(t *testing.T) {
	data := newFolder(t)
	a, b := serveOn(t, data), serveOn(t, data)
	for n := range 10 {
		p := []*process{a, b}[n%2]
		p.post(initPath, initBody(fmt.Sprint("two", n), fmt.Sprintf("60-1%09d", n)))
	}
	for n := range 10 {
		p := []*process{b, a}[n%2] // the other one
		sent := p.messages(fmt.Sprintf("+601%09d", n))
		if len(sent) != 1 {
			t.Fatalf("%d messages to number %d", len(sent), n)
		}
		if got := code(t, p.post(verifyPath, verifyBody(fmt.Sprint("two", n), sent[0].Code))); got != "SUCCESS" {
			t.Errorf("challenge %d: %s", n, got)
		}
	}
}
