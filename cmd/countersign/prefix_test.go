package main

import (
	"net/http"
	"regexp"
	"strings"
	"testing"
)

// TestPathPrefix: a server behind a gateway that adds a prefix serves both contracts under it, to clients that sign as
// the vendor's SDKs do, whose gateway URL has the prefix. Without the prefix it serves them too.
func TestPathPrefix(t *testing.T) {
	t.Setenv("COUNTERSIGN_PATH_PREFIX", "/prod,/otp/v2")
	p := serveOn(t, newFolder(t))
	c := at{onFolder(t, p.data), p}
	c.ok("client", "add", "acme", "--generate-key", "--country", "MY")
	for i, prefix := range []string{"/prod", "/otp/v2", ""} {
		number := "60-12345678" + string(rune('0'+i))
		as := []string{"--client", "acme", "--url", p.url + prefix}
		answer, faults, exit := c.run(append([]string{"call", "init", number, "--id", "id" + prefix}, as...)...)
		if exit != 0 || !strings.Contains(answer, `"SUCCESS"`) {
			t.Errorf("a signed init under %q: %d %s%s", prefix, exit, answer, faults)
		}
		sent := p.messages("+" + strings.ReplaceAll(number, "-", ""))
		answer, faults, exit = c.run(append([]string{"call", "verify", "id" + prefix, sent[0].Code}, as...)...)
		if exit != 0 || !strings.Contains(answer, `"isPassed":true`) {
			t.Errorf("a signed verify under %q: %d %s%s", prefix, exit, answer, faults)
		}
		for _, path := range []string{prefix + "/", prefix + "//"} {
			body := `{"to":"+1206880012` + string(rune('0'+i)) + `","code":"1234"}`
			got := raw(t, p.url+path+"?action=otp.verify&accessKeyId=demo", body)
			if !strings.Contains(got, `"valid":false`) {
				t.Errorf("otp.verify at %q: %s", path, got)
			}
		}
	}
	for path, want := range map[string]string{
		"/production" + verifyPath: "API_INVALID", "/prod/prod" + verifyPath: "API_INVALID",
		"/prod": "104110", "/prod/": "104110", "/otp/v2//": "104110", "/x/": "104002",
		"/prod/v1/none": "INVALID_API", "/prod/_dev/messages": "104002|104110",
	} {
		if got := raw(t, p.url+path, "{}"); !regexp.MustCompile(want).MatchString(got) {
			t.Errorf("%s: %s, want %s", path, got, want)
		}
	}
}

// raw posts as the demo client, and does not compare the answer with docs/openapi.yaml.
func raw(t *testing.T, url, body string) string {
	t.Helper()
	req, err := http.NewRequest("POST", url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header = http.Header{"Client-Id": {"demo"}, "Content-Type": {"application/json"}}
	resp, err := loader.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var b strings.Builder
	resp.Write(&b)
	return b.String()
}

// TestBadPathPrefix: a prefix that no path can have ends the server at its start.
func TestBadPathPrefix(t *testing.T) {
	for _, bad := range []string{"prod", "/prod/", "/", "/%70rod", "/a//b", "/.."} {
		t.Setenv("COUNTERSIGN_PATH_PREFIX", bad)
		c := onFolder(t, newFolder(t))
		c.env = environment()
		c.no("COUNTERSIGN_PATH_PREFIX", "serve", "--listen", "127.0.0.1:0")
	}
}
