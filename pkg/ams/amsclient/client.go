package amsclient

import (
	"bytes"
	"context"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"countersign/pkg/signature"
)

// Client calls one server as one merchant. Its fields must not change while it is
// in use; then it is safe for concurrent use.
type Client struct {
	// URL of the server, "https://otp.example.com": scheme, host, and a base path if there is one that the server
	// does not see, such as the stage of a REST API. The base path is not signed; paths that the server sees are for
	// [Client.Post]. Use https: a reply's signature covers the path, the client and the reply's own time and body, but
	// nothing of the request's body. Only TLS ties a reply to its request.
	URL string

	ID string // Client-Id

	// Key signs the requests; Version names its public half at the server. Without a private key nothing is signed,
	// which the server accepts only from a client that it has as unsigned.
	Key signature.Key

	// Servers holds the server's public keys by version, more than one while they change. With nil, neither the
	// signature nor the Client-Id of a reply is checked. That is right for a first try on the same machine, never in
	// production: anybody who can answer in the server's place passes any user.
	Servers map[string]*rsa.PublicKey

	// HTTP sends; nil is http.DefaultClient, which waits as long as the context allows. Redirects are never followed,
	// because the signature is for one path.
	HTTP *http.Client

	// Now is the clock for Request-Time. It is required with Key: time.Now. The
	// server refuses a request whose time is more than 10 minutes from its own.
	Now func() time.Time

	// Rand is the entropy by which passwords are encrypted, and required for them: crypto/rand.Reader.
	Rand io.Reader
}

// Post sends one request and returns the reply if it passes every check. path comes after URL and may have a
// query; body is JSON, sent as it is.
//
// A reply that fails a check is a *[ReplyError], and nothing of it is returned. Any other error means that no
// reply came, or not all of it. After either, the outcome at the server is unknown, as with [Answer.Retry]. A
// result other than S is not an error.
//
// Post never sends twice by itself. Only the caller knows whether that is right: an init repeated with the
// same id sends no second message, but each verify uses one of few attempts, and a loop does not help a
// server that is overloaded.
func (c *Client) Post(ctx context.Context, path string, body []byte) (Answer, error) {
	req, err := c.request(ctx, path, body)
	if err != nil {
		return Answer{}, err
	}
	sender := *http.DefaultClient
	if c.HTTP != nil {
		sender = *c.HTTP
	}
	sender.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	resp, err := sender.Do(req)
	if err != nil {
		return Answer{}, fmt.Errorf("amsclient: %w", withoutQuery(err))
	}
	defer resp.Body.Close()
	return c.read(req, resp)
}

// request makes a request and signs it, over the text of [signature.Text].
func (c *Client) request(ctx context.Context, path string, body []byte) (*http.Request, error) {
	if !strings.HasPrefix(path, "/") {
		return nil, fmt.Errorf("amsclient: path is %q, must start with /", path)
	}
	target := strings.TrimSuffix(c.URL, "/") + path
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, target, bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("amsclient: %w", withoutQuery(err))
	}
	req.Header.Set("Content-Type", "application/json; charset=UTF-8")
	req.Header.Set("Client-Id", c.ID)
	if c.Key.Private == nil {
		return req, nil
	}
	if c.Now == nil {
		return nil, errors.New("amsclient: Now is nil, must be a clock to sign by: time.Now")
	}
	at := strconv.FormatInt(c.Now().UnixMilli(), 10)
	header, err := c.Key.Sign(signature.Text(req.Method, c.uri(req), c.ID, at, body))
	if err != nil {
		return nil, fmt.Errorf("amsclient: %w", err)
	}
	req.Header.Set("Request-Time", at)
	req.Header.Set("Signature", header)
	return req, nil
}

// withoutQuery takes the query out of the URL in an error: that of the Unimatrix contract has a credential, and errors
// go into logs.
func withoutQuery(err error) error {
	if at, ok := errors.AsType[*url.Error](err); ok {
		at.URL, _, _ = strings.Cut(at.URL, "?")
	}
	return err
}

// uri returns the target of a request as the server sees it. The vendor's SDKs sign the same.
func (c *Client) uri(req *http.Request) string {
	base, _ := url.Parse(c.URL) // cannot fail: the request's own URL begins with it
	return strings.TrimPrefix(req.URL.RequestURI(), strings.TrimSuffix(base.EscapedPath(), "/"))
}

// call posts a typed request.
func (c *Client) call(ctx context.Context, path string, request any) (Answer, error) {
	body, err := json.Marshal(request)
	if err != nil {
		return Answer{}, fmt.Errorf("amsclient: %w", err)
	}
	return c.Post(ctx, path, body)
}
