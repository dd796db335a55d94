package main

import (
	"crypto/rand"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"countersign/docs/openapitest"
	"countersign/pkg/dynamostore/dynamotest"
)

// brittle is an engine that can be told to fail.
func brittle(t *testing.T) (endpoint string, fail *atomic.Bool) {
	t.Helper()
	target, err := url.Parse(dynamotest.Endpoint(t))
	if err != nil {
		t.Fatal(err)
	}
	fail = new(atomic.Bool)
	proxy := httputil.NewSingleHostReverseProxy(target)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if fail.Load() && !strings.HasSuffix(r.Header.Get("X-Amz-Target"), ".GetItem") { // clients are still found
			http.Error(w, `{"__type":"com.amazonaws.dynamodb.v20120810#InternalServerError"}`,
				http.StatusInternalServerError)
			return
		}
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(s.Close)
	return s.URL, fail
}

// Each code of the documents for its real reason, over HTTP, against the server as
// a person runs it, with clients and users as an administrator makes them.
func TestEveryDocumentedCode(t *testing.T) {
	endpoint, fail := brittle(t)
	t.Setenv("COUNTERSIGN_TABLE", "codes-"+rand.Text())
	t.Setenv("COUNTERSIGN_CLIENTS_TABLE", "codes-clients-"+rand.Text())
	data := newFolder(t)
	where := []string{"COUNTERSIGN_STORE=dynamodb", "COUNTERSIGN_DYNAMODB_ENDPOINT=" + endpoint,
		"COUNTERSIGN_CLIENTS_TABLE=" + os.Getenv("COUNTERSIGN_CLIENTS_TABLE")}
	admin := onFolder(t, data, where...)
	admin.ok("client", "add", "acme", "--country", "MY", "--generate-key")
	admin.ok("client", "add", "limited", "--country", "*", "--unsigned", "--per-minute", "1")
	admin.ok("client", "add", "gone", "--country", "*", "--unsigned")
	admin.ok("client", "disable", "gone")
	admin.ok("client", "add", "patient", "--country", "*", "--unsigned", "--cooldown", "0s")
	for user, number := range map[string]string{"ann": "60-1111111101", "bob": "60-1111111102",
		"cat": "60-1111111103"} {
		admin.ok("user", "add", user, "--client", "acme", "--number", number, "--token", "token-"+user)
	}
	admin.ok("user", "block", "bob", "--client", "acme")
	admin.ok("user", "remove", "cat", "--client", "acme")
	p := serveOn(t, data, "--store", "dynamodb", "--dynamodb-endpoint", endpoint)

	var seen []string
	// want notes an answer by the code in it.
	want := func(code, text string) {
		t.Helper()
		if !strings.Contains(text, `"resultCode":"`+code+`"`) && !strings.Contains(text, `"code":"`+code+`"`) {
			t.Errorf("answered %s, want %s", strings.TrimSpace(text), code)
		}
		seen = append(seen, code)
	}
	post := func(client, path, body string, headers ...string) string {
		t.Helper()
		req, err := http.NewRequest("POST", p.url+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Client-Id", client)
		req.Header.Set("Content-Type", "application/json")
		for i := 0; i < len(headers); i += 2 {
			req.Header.Set(headers[i], headers[i+1])
		}
		resp, err := browser.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		text, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	call := func(args ...string) string {
		t.Helper()
		out, faults, exit := admin.run(append([]string{"call", args[0], "--url", p.url, "--client", "acme"},
			args[1:]...)...)
		if out == "" {
			t.Fatalf("call %q ended with %d: %s", args, exit, faults)
		}
		return out
	}
	const n1, n2, n3 = "60-1111111111", "60-1111111112", "60-1111111113"

	want("SUCCESS", call("init", n1, "--id", "one"))
	code := p.messages("+601111111111")[0].Code
	want("REPEAT_REQ_INCONSISTENT", call("init", n2, "--id", "one"))
	want("TIMES_EXCEED_LIMIT", call("init", n1, "--id", "two"))
	want("VERIFY_UNMATCHED", call("verify", "one", "1"))
	want("SUCCESS", call("verify", "one", code))
	want("AUTHENTICATION_REQUEST_ID_INVALID", call("verify", "one", code))
	want("PARAM_ILLEGAL", call("verify", "one", "12a456"))
	want("INVALID_PHONE_NUMBER", call("post", initPath, initBody("bad", "60-65")))
	want("ACCESS_DENIED", call("post", initPath, initBody("uk", "44-2044555666")))
	want("SUCCESS", call("init", n3, "--id", "locked"))
	for range 4 {
		want("VERIFY_UNMATCHED", call("verify", "locked", "1"))
	}
	want("VERIFY_TIMES_EXCEED_LIMIT", call("verify", "locked", "1"))

	want("SUCCESS", call("users-init", "token-ann", "--id", "u1"))
	want("USER_STATUS_ABNORMAL", call("users-init", "token-bob", "--id", "u2"))
	want("USER_NOT_EXIST", call("users-init", "token-cat", "--id", "u3"))
	want("INVALID_ACCESS_TOKEN", call("users-init", "nobody's", "--id", "u4"))
	admin.ok("user", "add", "dan", "--client", "acme", "--number", "", "--token", "token-dan")
	want("PROCESS_FAIL", call("users-init", "token-dan", "--id", "u5"))

	want("INVALID_API", call("post", "/ams/api/v1/customers/nothing", "{}"))
	want("API_INVALID", call("post", "/ams/api/v1/users/nothing", "{}"))
	want("INVALID_CLIENT", post("nobody", initPath, "{}"))
	want("CLIENT_INVALID", post("gone", verifyPath, "{}"))
	want("INVALID_SIGNATURE", post("acme", initPath, "{}", "Request-Time", "1"))
	want("SIGNATURE_INVALID", post("acme", verifyPath, "{}", "Request-Time", "1"))
	want("KEY_NOT_FOUND", post("acme", verifyPath, "{}", "Request-Time", "1", "Signature",
		"algorithm=RSA256,keyVersion=9,signature=AAAA"))
	resp, err := browser.Get(p.url + initPath)
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(resp.Body)
	resp.Body.Close()
	if err != nil {
		t.Fatal(err)
	}
	want("METHOD_NOT_SUPPORTED", string(text))

	for i := 0; ; i++ { // minutes are the clock's: one may end between two calls
		if got := post("limited", verifyPath, verifyBody("x", "1")); strings.Contains(got,
			"REQUEST_TRAFFIC_EXCEED_LIMIT") || i == 5 {
			want("REQUEST_TRAFFIC_EXCEED_LIMIT", got)
			break
		}
	}
	for i := range 5 {
		want("SUCCESS", post("patient", initPath, initBody(fmt.Sprint("p", i), "60-1111111120")))
	}
	want("SEND_TIMES_EXCEED_LIMIT", post("patient", initPath, initBody("p6", "60-1111111120")))

	want("0", post("", "/?action=otp.send&accessKeyId=demo", `{"to":"+12068800123"}`))
	want("104001", post("", "/?action=otp.verify&accessKeyId=demo", `{"to":"+12068800123"}`))

	fail.Store(true)
	want("UNKNOWN_EXCEPTION", post("demo", verifyPath, verifyBody("x", "1")))

	for _, code := range openapitest.Codes {
		if !slices.Contains(seen, code) {
			t.Errorf("%s is documented and has no case", code)
		}
	}
}
