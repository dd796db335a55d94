package ams

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"countersign/pkg/clients"
	"countersign/pkg/gateway"
	"countersign/pkg/signature"
)

// explain returns why the key of a client did not make the signature h over a request, for the operator's log line.
//
// It takes the sum that was signed out of the signature, and compares it with the texts that clients sign by mistake.
// So it says for certain which key signed; and what was signed, if that was one of these texts.
func explain(r gateway.Request, c *clients.Client, h signature.Header, sent string) string {
	key := c.Keys[h.Version]
	if len(h.Signature) != key.Size() {
		if version, ok := signer(c, h); ok {
			return signature.OtherKeyOfClient.Detail("version " + version)
		}
		return signature.Length.Detail(fmt.Sprintf("%d bytes, must be %d", len(h.Signature), key.Size()))
	}
	right := parts{r.Method, uri(r), clientID(r), sent, r.Body}
	sum, made := h.SignedHash(key)
	if !made {
		if h.SignedPSS(key, right.text()) {
			return signature.OtherPadding.Detail("")
		}
		if version, ok := signer(c, h); ok {
			return signature.OtherKeyOfClient.Detail("version " + version)
		}
		return signature.OtherKey.Detail(versions(c))
	}
	if sum == nil {
		return signature.OtherHash.Detail("")
	}
	for _, m := range mistakes(right, r) {
		if got := sha256.Sum256(m.signed.text()); bytes.Equal(got[:], sum) {
			return m.reason.Detail(m.facts)
		}
	}
	for facts, text := range otherForms(right) {
		if got := sha256.Sum256(text); bytes.Equal(got[:], sum) {
			return signature.SignedOtherForm.Detail(facts)
		}
	}
	return signature.SignedOther.Detail("")
}

// signer returns the version of the client's key that made a signature.
func signer(c *clients.Client, h signature.Header) (version string, ok bool) {
	for _, version := range slices.Sorted(maps.Keys(c.Keys)) {
		if _, made := h.SignedHash(c.Keys[version]); made {
			return version, true
		}
	}
	return "", false
}

// versions states for the log which keys a client has.
func versions(c *clients.Client) string {
	if len(c.Keys) == 0 {
		return "it has no key"
	}
	return "its keys have the versions " + strings.Join(slices.Sorted(maps.Keys(c.Keys)), ", ")
}

// parts are those of the text that is signed.
type parts struct {
	method, uri, client, time string
	body                      []byte
}

func (p parts) text() []byte { return signature.Text(p.method, p.uri, p.client, p.time, p.body) }

// otherForms returns texts of the right parts with other signs between them, or hashed once before.
func otherForms(right parts) map[string][]byte {
	text := right.text()
	line, rest, _ := bytes.Cut(text, []byte("\n"))
	between := func(sep string) []byte { return slices.Concat(line, []byte(sep), rest) }
	undotted := func(end string) []byte {
		return slices.Concat(line, []byte("\n"+right.client+end), []byte(right.time+end), right.body)
	}
	sum := sha256.Sum256(text)
	return map[string][]byte{
		"with CR LF for the line feed": between("\r\n"), "with a blank for the line feed": between(" "),
		"without the line feed": between(""), `with the two characters \n for the line feed`: between(`\n`),
		"without the dots": undotted(""), "with line feeds for the dots": undotted("\n"),
		"without the dot before the body": slices.Concat(
			line, []byte("\n"+right.client+"."+right.time), right.body),
		"the second line alone": rest, "the body alone": right.body,
		"its SHA-256 sum": sum[:], "its SHA-256 sum in hex": []byte(hex.EncodeToString(sum[:])),
		"its SHA-256 sum in base64": []byte(base64.StdEncoding.EncodeToString(sum[:])),
	}
}

// mistake is a text that a client may have signed in place of the right one.
type mistake struct {
	reason signature.Reason
	facts  string
	signed parts
}

// mistakes returns the texts that differ from the right one in one part. There are some thirty, whatever the request.
func mistakes(right parts, r gateway.Request) (all []mistake) {
	add := func(reason signature.Reason, facts string, change func(*parts)) {
		m := mistake{reason, facts, right}
		change(&m.signed)
		all = append(all, m)
	}
	for facts, uri := range otherURIs(r) {
		add(signature.SignedOtherURI, facts, func(p *parts) { p.uri = uri })
	}
	for _, method := range []string{"", "post", "Post", "GET", "get"} {
		add(signature.SignedOtherMethod, "", func(p *parts) { p.method = method })
	}
	for _, client := range []string{"", strings.ToLower(right.client), strings.ToUpper(right.client)} {
		add(signature.SignedOtherClient, "", func(p *parts) { p.client = client })
	}
	for facts, time := range otherTimes(right.time) {
		add(signature.SignedOtherTime, facts, func(p *parts) { p.time = time })
	}
	for facts, body := range otherBodies(right.body) {
		add(signature.SignedOtherBody, facts, func(p *parts) { p.body = body })
	}
	return all
}

// otherURIs returns other spellings of a request's target.
func otherURIs(r gateway.Request) map[string]string {
	target := uri(r)
	all := map[string]string{
		"without the path": "", "with a slash at the end": r.Path + "/", "with a ? at the end": r.Path + "?",
		"without the first slash": strings.TrimPrefix(target, "/"),
	}
	if r.Query != "" {
		all["without the query"] = r.Path
	}
	for _, prefix := range prefixes {
		other := prefix + route(Path(r))
		facts := "under " + prefix
		if prefix == "" {
			facts = "without the prefix of the path"
		}
		if other != r.Path {
			all[facts] = other
		}
	}
	for _, host := range r.Header("host") {
		all["with https:// and the host"] = "https://" + host + target
		all["with http:// and the host"] = "http://" + host + target
		all["with the host"] = host + target
	}
	return all
}

// otherTimes returns other spellings of a time.
func otherTimes(sent string) map[string]string {
	all := map[string]string{"no time": ""}
	if at, ok := signature.ParseTime(sent); ok {
		all["the same time in milliseconds"] = fmt.Sprint(at.UnixMilli())
		all["the same time in seconds"] = fmt.Sprint(at.Unix())
		all["the same time with Z"] = at.Format("2006-01-02T15:04:05Z")
		all["the same time with +00:00"] = at.Format("2006-01-02T15:04:05+00:00")
		all["the same time with Z and milliseconds"] = at.Format("2006-01-02T15:04:05.000Z")
	}
	return all
}

// otherBodies returns other spellings of a body.
func otherBodies(sent []byte) map[string][]byte {
	all := map[string][]byte{
		"no body": nil, "an empty object": []byte("{}"),
		"with a line feed at the end":       append(slices.Clone(sent), '\n'),
		"without the white space around it": bytes.TrimSpace(sent),
		"with line ends of CR LF":           bytes.ReplaceAll(sent, []byte("\n"), []byte("\r\n")),
		"with line ends of LF":              bytes.ReplaceAll(sent, []byte("\r\n"), []byte("\n")),
		"with a byte order mark":            append([]byte("\xef\xbb\xbf"), sent...),
		"without the byte order mark":       bytes.TrimPrefix(sent, []byte("\xef\xbb\xbf")),
		"with / as \\/":                     bytes.ReplaceAll(sent, []byte("/"), []byte(`\/`)),
	}
	if compact := jsontext.Value(slices.Clone(sent)); compact.Compact() == nil {
		all["without white space"] = compact
	}
	if pretty := jsontext.Value(slices.Clone(sent)); pretty.Indent(
		jsontext.WithIndent("  "), jsontext.PreserveRawStrings(true),
	) == nil {
		all["with line breaks and indents"] = pretty
	}
	if sorted := jsontext.Value(slices.Clone(sent)); sorted.Canonicalize() == nil {
		all["without white space, its names sorted"] = sorted
	}
	if spaced := jsontext.Value(slices.Clone(sent)); spaced.Format(
		jsontext.Multiline(false), jsontext.SpaceAfterColon(true), jsontext.SpaceAfterComma(true),
		jsontext.PreserveRawStrings(true),
	) == nil {
		all["with a space after each colon and comma"] = spaced
	}
	return all
}
