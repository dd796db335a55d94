package console

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"
)

// wire is a request as it goes over the connection.
type wire struct {
	to      string // HOST:PORT
	target  string // path and query
	headers [][2]string
	body    []byte
	hidden  string    // part of target with an access key, whose value pages show as dots; "" for none
	until   time.Time // the end of the time for which its signature is accepted; zero for an unsigned request
	signed  bool
	single  bool // a second copy of it is refused
}

// bytes returns all bytes of the request.
func (q wire) bytes() []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "POST %s HTTP/1.1\r\nHost: %s\r\n", q.target, q.to)
	for _, h := range q.headers {
		fmt.Fprintf(&b, "%s: %s\r\n", h[0], h[1])
	}
	fmt.Fprintf(&b, "Content-Length: %d\r\nConnection: close\r\n\r\n", len(q.body))
	b.Write(q.body)
	return b.Bytes()
}

// curl returns a command for a POSIX shell that sends the request.
func (q wire) curl() string {
	var b strings.Builder
	fmt.Fprintf(&b, "curl -s -X POST %s", quoted("http://"+q.to+q.target))
	for _, h := range q.headers {
		fmt.Fprintf(&b, " -H %s", quoted(h[0]+": "+h[1]))
	}
	fmt.Fprintf(&b, " --data-raw %s", quoted(string(q.body)))
	return b.String()
}

// quoted returns a text as one word of a POSIX shell. The text has no NUL.
func quoted(text string) string { return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'" }

// mask returns a text without what the request hides.
func (q wire) mask(text string) string {
	if q.hidden == "" {
		return text
	}
	return strings.ReplaceAll(text, q.hidden, accessKeyParam+"••••••••")
}

// mostAnswer is the longest answer that is read, in bytes.
const mostAnswer = 1 << 20

// reply is an answer as it came.
type reply struct {
	all    string // all its bytes
	status int
	header http.Header
	body   []byte
}

// exchange sends the request and reads the answer. Errors have no part of the request.
func (q wire) exchange(ctx context.Context) (reply, error) {
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, "tcp", q.to)
	if err != nil {
		return reply{}, fmt.Errorf("call the server itself: %w", err)
	}
	defer conn.Close()
	if deadline, ok := ctx.Deadline(); ok {
		conn.SetDeadline(deadline)
	}
	if _, err := conn.Write(q.bytes()); err != nil {
		return reply{}, fmt.Errorf("call the server itself: %w", err)
	}
	all, err := io.ReadAll(io.LimitReader(conn, mostAnswer))
	if err != nil {
		return reply{}, fmt.Errorf("read the answer of the server itself: %w", err)
	}
	r, err := http.ReadResponse(bufio.NewReader(bytes.NewReader(all)), nil)
	if err != nil {
		return reply{}, fmt.Errorf("read the answer of the server itself: %w", err)
	}
	defer r.Body.Close()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return reply{}, fmt.Errorf("read the answer of the server itself: %w", err)
	}
	return reply{string(all), r.StatusCode, r.Header, body}, nil
}
