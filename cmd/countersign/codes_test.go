package main

import (
	"crypto/rand"
	"fmt"
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

// brittle returns a DynamoDB engine that fails all but reads of single items while fail is
// set. The server still finds its clients then.
func brittle(t *testing.T) (endpoint string, fail *atomic.Bool) {
	t.Helper()
	target, err := url.Parse(dynamotest.Endpoint(t))
	if err != nil {
		t.Fatal(err)
	}
	fail = new(atomic.Bool)
	proxy := httputil.NewSingleHostReverseProxy(target)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if fail.Load() && !strings.HasSuffix(r.Header.Get("X-Amz-Target"), ".GetItem") {
			http.Error(w, `{"__type":"com.amazonaws.dynamodb.v20120810#InternalServerError"}`,
				http.StatusInternalServerError)
			return
		}
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(s.Close)
	return s.URL, fail
}

// codeTour calls a server on a DynamoDB engine, and collects the codes of its answers.
type codeTour struct {
	t     *testing.T
	admin tool
	p     *process
	seen  []string
}

// startTour starts the server, with clients and users that the commands have added.
func startTour(t *testing.T, endpoint string) *codeTour {
	t.Helper()
	t.Setenv("COUNTERSIGN_TABLE", "codes-"+rand.Text())
	t.Setenv("COUNTERSIGN_CLIENTS_TABLE", "codes-clients-"+rand.Text())
	data := newFolder(t)
	admin := onFolder(t, data, "COUNTERSIGN_STORE=dynamodb", "COUNTERSIGN_DYNAMODB_ENDPOINT="+endpoint,
		"COUNTERSIGN_CLIENTS_TABLE="+os.Getenv("COUNTERSIGN_CLIENTS_TABLE"))
	admin.ok("client", "add", "acme", "--country", "MY", "--generate-key")
	admin.ok("client", "add", "limited", "--country", "*", "--unsigned", "--per-minute", "1")
	admin.ok("client", "add", "gone", "--country", "*", "--unsigned")
	admin.ok("client", "disable", "gone")
	admin.ok("client", "add", "patient", "--country", "*", "--unsigned", "--cooldown", "0s")
	for user, number := range map[string]string{
		"ann": "60-1111111101", "bob": "60-1111111102", "cat": "60-1111111103", "dan": "",
	} {
		admin.ok("user", "add", user, "--client", "acme", "--number", number, "--token", "token-"+user)
	}
	admin.ok("user", "block", "bob", "--client", "acme")
	admin.ok("user", "remove", "cat", "--client", "acme")
	p := serveOn(t, data, "--store", "dynamodb", "--dynamodb-endpoint", endpoint)
	return &codeTour{t: t, admin: admin, p: p}
}

// want checks the code in an answer, and collects it.
func (c *codeTour) want(code, answer string) {
	c.t.Helper()
	if !strings.Contains(answer, `"resultCode":"`+code+`"`) && !strings.Contains(answer, `"code":"`+code+`"`) {
		c.t.Errorf("answered %s, want %s", strings.TrimSpace(answer), code)
	}
	c.seen = append(c.seen, code)
}

// post posts without a signature. headers are names and values in turn.
func (c *codeTour) post(client, path, body string, headers ...string) string {
	c.t.Helper()
	req, err := http.NewRequest("POST", c.p.url+path, strings.NewReader(body))
	if err != nil {
		c.t.Fatal(err)
	}
	req.Header.Set("Client-Id", client)
	req.Header.Set("Content-Type", "application/json")
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	_, text := fetch(c.t, req)
	return text
}

// call runs countersign call as client acme, which signs.
func (c *codeTour) call(args ...string) string {
	c.t.Helper()
	args = append([]string{"call", args[0], "--url", c.p.url, "--client", "acme"}, args[1:]...)
	out, faults, exit := c.admin.run(args...)
	if out == "" {
		c.t.Fatalf("%q ended with %d: %s", args, exit, faults)
	}
	return out
}

// TestEveryDocumentedCode gets each code of the contracts' documents for its real reason,
// over HTTP, from the server as a person runs it.
func TestEveryDocumentedCode(t *testing.T) {
	endpoint, fail := brittle(t)
	c := startTour(t, endpoint)
	c.challenges()
	c.users()
	c.requests()
	c.limits()
	c.unimatrix()
	fail.Store(true)
	c.want("UNKNOWN_EXCEPTION", c.post("demo", verifyPath, verifyBody("x", "1")))
	for _, code := range openapitest.Codes {
		if !slices.Contains(c.seen, code) {
			t.Errorf("%s is documented and has no case", code)
		}
	}
}

// challenges gets the codes that depend on a challenge and its number.
func (c *codeTour) challenges() {
	const n1, n2, n3 = "60-1111111111", "60-1111111112", "60-1111111113"
	c.want("SUCCESS", c.call("init", n1, "--id", "one"))
	code := c.p.messages("+601111111111")[0].Code
	c.want("REPEAT_REQ_INCONSISTENT", c.call("init", n2, "--id", "one"))
	c.want("TIMES_EXCEED_LIMIT", c.call("init", n1, "--id", "two"))
	c.want("VERIFY_UNMATCHED", c.call("verify", "one", "1"))
	c.want("SUCCESS", c.call("verify", "one", code))
	c.want("AUTHENTICATION_REQUEST_ID_INVALID", c.call("verify", "one", code))
	c.want("PARAM_ILLEGAL", c.call("verify", "one", "12a456"))
	c.want("INVALID_PHONE_NUMBER", c.call("post", initPath, initBody("bad", "60-65")))
	c.want("ACCESS_DENIED", c.call("post", initPath, initBody("uk", "44-2044555666")))
	c.want("SUCCESS", c.call("init", n3, "--id", "locked"))
	for range 4 {
		c.want("VERIFY_UNMATCHED", c.call("verify", "locked", "1"))
	}
	c.want("VERIFY_TIMES_EXCEED_LIMIT", c.call("verify", "locked", "1"))
}

// users gets the codes that depend on the user behind a token.
func (c *codeTour) users() {
	c.want("SUCCESS", c.call("users-init", "token-ann", "--id", "u1"))
	c.want("USER_STATUS_ABNORMAL", c.call("users-init", "token-bob", "--id", "u2"))
	c.want("USER_NOT_EXIST", c.call("users-init", "token-cat", "--id", "u3"))
	c.want("INVALID_ACCESS_TOKEN", c.call("users-init", "nobody's", "--id", "u4"))
	c.want("PROCESS_FAIL", c.call("users-init", "token-dan", "--id", "u5"))
}

// requests gets the codes that depend on the request alone.
func (c *codeTour) requests() {
	c.want("INVALID_API", c.call("post", "/ams/api/v1/customers/nothing", "{}"))
	c.want("API_INVALID", c.call("post", "/ams/api/v1/users/nothing", "{}"))
	c.want("INVALID_CLIENT", c.post("nobody", initPath, "{}"))
	c.want("CLIENT_INVALID", c.post("gone", verifyPath, "{}"))
	c.want("INVALID_SIGNATURE", c.post("acme", initPath, "{}", "Request-Time", "1"))
	c.want("SIGNATURE_INVALID", c.post("acme", verifyPath, "{}", "Request-Time", "1"))
	c.want("KEY_NOT_FOUND", c.post("acme", verifyPath, "{}", "Request-Time", "1",
		"Signature", "algorithm=RSA256,keyVersion=9,signature=AAAA"))
	get, err := http.NewRequest("GET", c.p.url+initPath, nil)
	if err != nil {
		c.t.Fatal(err)
	}
	_, text := fetch(c.t, get)
	c.want("METHOD_NOT_SUPPORTED", text)
}

// limits gets the codes of a client's rate and of a number's limits.
func (c *codeTour) limits() {
	const above = "REQUEST_TRAFFIC_EXCEED_LIMIT"
	answer := ""
	for range 6 { // a minute of the clock may end between two calls
		if answer = c.post("limited", verifyPath, verifyBody("x", "1")); strings.Contains(answer, above) {
			break
		}
	}
	c.want(above, answer)
	for i := range 5 {
		c.want("SUCCESS", c.post("patient", initPath, initBody(fmt.Sprint("p", i), "60-1111111120")))
	}
	c.want("SEND_TIMES_EXCEED_LIMIT", c.post("patient", initPath, initBody("p6", "60-1111111120")))
}

// unimatrix gets two codes of the Unimatrix contract.
func (c *codeTour) unimatrix() {
	c.want("0", c.post("", "/?action=otp.send&accessKeyId=demo", `{"to":"+12068800123"}`))
	c.want("104001", c.post("", "/?action=otp.verify&accessKeyId=demo", `{"to":"+12068800123"}`))
}
