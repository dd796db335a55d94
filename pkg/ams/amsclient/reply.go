package amsclient

import (
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"net/http"
	"slices"

	"countersign/pkg/signature"
)

// maxReply is the longest body that is read, in bytes.
const maxReply = 64 << 10

// ReplyError is the check that a reply failed. It has nothing of the reply's content, which cannot be trusted.
type ReplyError struct {
	Check  Check
	Detail string // the difference, and how to mend it
}

func (e *ReplyError) Error() string {
	return fmt.Sprintf("amsclient: reply refused, %s: %s", e.Check, e.Detail)
}

// Check is a check of a reply. Checks are made in this order.
type Check string

const (
	Status       Check = "status"        // HTTP status 200
	ContentType  Check = "content-type"  // application/json
	Size         Check = "size"          // at most 64 KiB
	ClientID     Check = "client-id"     // once, and the client's own
	ResponseTime Check = "response-time" // once; it is not compared with a clock
	Signature    Check = "signature"     // once, readable, by a known key, over the body as it came
	Body         Check = "body"          // JSON with a result
)

func refuse(check Check, format string, args ...any) error {
	return &ReplyError{check, fmt.Sprintf(format, args...)}
}

// read checks a reply. It reads the body last, once the sender is known.
func (c *Client) read(req *http.Request, resp *http.Response) (Answer, error) {
	if resp.StatusCode != http.StatusOK {
		return Answer{}, refuse(Status, "%d, expected 200, which the API answers errors with too: "+
			"does URL lead to it, and not to a proxy or a redirect?", resp.StatusCode)
	}
	media, _, err := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	if err != nil || media != "application/json" {
		return Answer{}, refuse(ContentType, "not application/json: does URL lead to the API?")
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxReply+1))
	if err != nil {
		return Answer{}, fmt.Errorf("amsclient: the reply broke off: %w", err)
	}
	if len(body) > maxReply {
		return Answer{}, refuse(Size, "more than %d bytes", maxReply)
	}
	if c.Servers != nil {
		if err := c.verify(req, resp.Header, body); err != nil {
			return Answer{}, err
		}
	}
	return decode(body)
}

// verify checks that a reply is for this client and from the server. The signed text has the method and URI
// of the request, and the reply's own time and body.
func (c *Client) verify(req *http.Request, headers http.Header, body []byte) error {
	if len(headers["Client-Id"])+len(headers["Response-Time"])+len(headers["Signature"]) == 0 {
		return refuse(Signature, "the reply has none: the server gives none where the Client-Id is malformed; "+
			"otherwise something in between has taken it off")
	}
	id, ok := once(headers, "Client-Id")
	if !ok || id != c.ID {
		return refuse(ClientID, "must be there once and be the Client-Id that was sent")
	}
	at, ok := once(headers, "Response-Time")
	if !ok {
		return refuse(ResponseTime, "must be there once, it is part of what is signed")
	}
	value, ok := once(headers, "Signature")
	if !ok {
		return refuse(Signature, "must be there once")
	}
	header, err := signature.Parse(value)
	if err != nil {
		return refuse(Signature, "%v", err)
	}
	key := c.Servers[header.Version]
	if key == nil {
		return refuse(Signature, "no key of that keyVersion in Servers: "+
			"get the server's public key and add it under its version")
	}
	if !header.Verify(key, signature.Text(req.Method, c.uri(req), id, at, body)) {
		return refuse(Signature, "does not verify over the reply: it is another server's, or was changed on its way")
	}
	return nil
}

// once returns the value of a header that is there once and not empty. Package http spells the names of
// headers in one way, however they were sent.
func once(headers http.Header, name string) (string, bool) {
	lines := headers[name]
	if len(lines) != 1 || lines[0] == "" {
		return "", false
	}
	return lines[0], true
}

func decode(body []byte) (Answer, error) {
	a := Answer{Raw: body}
	err := json.Unmarshal(body, &a) // the error could quote the reply, so it is not returned
	if err != nil || a.Result.Code == "" || !slices.Contains([]string{"S", "F", "U"}, a.Result.Status) {
		return Answer{}, refuse(Body, "not a JSON object with a result that has resultCode "+
			"and a resultStatus of S, F or U")
	}
	return a, nil
}
