package main

import (
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
)

// rawPost is a POST request of the demo client as bytes. headers are whole lines.
func rawPost(target, headers, body string) string {
	return fmt.Sprintf("POST %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nClient-Id: demo\r\n"+
		"%sContent-Length: %d\r\n\r\n%s", target, headers, len(body), body)
}

// rawChunked is a POST request of the demo client whose body has the chunked encoding.
func rawChunked(chunks string) string {
	return "POST " + verifyPath + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nClient-Id: demo\r\n" +
		"Transfer-Encoding: chunked\r\n\r\n" + chunks
}

// raw sends a request over a connection of its own and returns the whole answer, which docs/openapi.yaml describes.
func (p *process) raw(t *testing.T, request string) string {
	t.Helper()
	text := p.bytes(t, request)
	describedText(t, request, text)
	return text
}

// bytes sends a request over a connection of its own and returns the whole answer.
func (p *process) bytes(t *testing.T, request string) string {
	t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(p.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	go io.WriteString(conn, request)
	text, err := io.ReadAll(conn)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestRawRequests sends requests that no well-behaved client sends.
func TestRawRequests(t *testing.T) {
	p := serveOn(t, newFolder(t))
	const unknownID = "AUTHENTICATION_REQUEST_ID_INVALID" // the answer to a good request
	good := verifyBody("none", "123456")
	padded := func(size int) string { return good + strings.Repeat(" ", size-len(good)) }
	invalid := good[:len(good)-1] + ",\"x\":\"\xff\"}"
	types := "Content-Type: application/json\r\nContent-Type: application/json; charset=UTF-8\r\n"
	bodiless := " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
	for name, c := range map[string]struct{ request, want string }{
		"a broken chunk":        {rawChunked("zz\r\n{}"), "PARAM_ILLEGAL"},
		"chunked":               {rawChunked(fmt.Sprintf("%x\r\n%s\r\n0\r\n\r\n", len(good), good)), unknownID},
		"absolute form":         {rawPost("https://localhost:443"+verifyPath, "", good), unknownID},
		"query":                 {rawPost(verifyPath+"?a=b%20c", "", good), unknownID},
		"two Content-Types":     {rawPost(verifyPath, types, good), unknownID},
		"two Client-Ids":        {rawPost(verifyPath, "client-id: demo\r\n", good), "CLIENT_INVALID"},
		"escaped path":          {rawPost("/v1/users/verify%41uthentication", "", good), "API_INVALID"},
		"dots":                  {rawPost("/ams/../v1/users/verifyAuthentication", "", good), "API_INVALID"},
		"double slash":          {rawPost("/ams/api//v1/users/verifyAuthentication", "", good), "API_INVALID"},
		"trailing slash":        {rawPost(initPath+"/", "", good), "INVALID_API"},
		"GET":                   {"GET " + initPath + bodiless, "METHOD_NOT_SUPPORTED"},
		"a method of their own": {"BREW " + verifyPath + bodiless, "METHOD_NOT_SUPPORTED"},
		"invalid UTF-8":         {rawPost(verifyPath, "", invalid), "PARAM_ILLEGAL"},
		"NUL":                   {rawPost(verifyPath, "", good+"\x00"), "PARAM_ILLEGAL"},
		"16 KiB and a byte":     {rawPost(verifyPath, "", padded(16<<10+1)), "PARAM_ILLEGAL"},
		"16 KiB":                {rawPost(verifyPath, "", padded(16<<10)), unknownID},
		"a megabyte":            {rawPost(verifyPath, "", strings.Repeat("x", 1<<20)), "PARAM_ILLEGAL"},
		"spoofed address":       {rawPost(verifyPath, "X-Forwarded-For: 127.0.0.1\r\n", good), unknownID},
		"header of other bytes": {rawPost(verifyPath, "X-Other: \xff\xfe\r\n", good), unknownID},
	} {
		t.Run(name, func(t *testing.T) {
			got := p.raw(t, c.request)
			if !strings.HasPrefix(got, "HTTP/1.1 200 OK\r\n") || !strings.Contains(got, `"resultCode":"`+c.want+`"`) ||
				!strings.Contains(got, "\r\nContent-Type: application/json; charset=UTF-8\r\n") {
				t.Errorf("answered %s\nwant 200 with %s", got, c.want)
			}
		})
	}
}

// TestRawPaths sends requests to paths that belong to no API: Unimatrix answers them.
func TestRawPaths(t *testing.T) {
	p := serveOn(t, newFolder(t))
	const missing = `{"code":"104110","message":"MissingAccessKeyId"}`
	const unknown = `{"code":"104002","message":"InvalidParams"}`
	for target, want := range map[string]struct{ status, body string }{
		"/": {"401", missing}, "//": {"401", missing},
		"//x": {"404", unknown}, "/nothing": {"404", unknown}, "/AMS/api": {"404", unknown},
	} {
		got := p.raw(t, rawPost(target, "", verifyBody("none", "123456")))
		if !strings.HasPrefix(got, "HTTP/1.1 "+want.status+" ") || !strings.Contains(got, want.body) {
			t.Errorf("%s answered %s\nwant %s with %s", target, got, want.status, want.body)
		}
	}
}
