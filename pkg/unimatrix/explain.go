package unimatrix

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base32"
	"encoding/base64"
	"encoding/hex"
	"slices"
	"strings"

	"countersign/pkg/gateway"
	"countersign/pkg/signature"
)

// explain returns why no secret of a client made the signature of a request, for the operator's log line. It compares
// the signature with the texts that clients sign by mistake. There are about ten, whatever the request.
func explain(q query, r gateway.Request, secrets [][]byte) string {
	given, _ := macOf(q.get("signature"))
	secrets = slices.DeleteFunc(slices.Clone(secrets), func(secret []byte) bool { return len(secret) == 0 })
	if len(secrets) == 0 {
		return signature.NoSecret.Detail("")
	}
	for _, m := range mistakes(q, r) {
		for _, secret := range secrets {
			mac := hmac.New(sha256.New, secret)
			mac.Write([]byte(m.signed))
			if hmac.Equal(mac.Sum(nil), given) {
				return m.reason.Detail(m.facts)
			}
		}
	}
	for _, secret := range secrets {
		for facts, other := range otherSecrets(secret) {
			if signed(q, [][]byte{other}, given) {
				return signature.MACSecret.Detail(facts)
			}
		}
	}
	return signature.MACOther.Detail("")
}

// otherSecrets returns other spellings of a secret, as files and tools make them.
func otherSecrets(secret []byte) map[string][]byte {
	all := map[string][]byte{
		"with a line feed at its end": append(slices.Clone(secret), '\n'),
		"with CR LF at its end":       append(slices.Clone(secret), '\r', '\n'),
		"in lower case":               bytes.ToLower(secret), "in quotation marks": []byte(`"` + string(secret) + `"`),
		"as base64": []byte(base64.StdEncoding.EncodeToString(secret)),
	}
	for facts, decode := range map[string]func(string) ([]byte, error){
		"decoded as hex": hex.DecodeString, "decoded as base64": base64.StdEncoding.DecodeString,
		"decoded as base32": base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString,
	} {
		if decoded, err := decode(string(secret)); err == nil {
			all[facts] = decoded
		}
	}
	return all
}

// mistake is a text that a client may have signed in place of the right one.
type mistake struct {
	reason        signature.Reason
	facts, signed string
}

func mistakes(q query, r gateway.Request) []mistake {
	right := candidates(q)[0]
	var sent []string // the pairs of the query as they came
	for part := range strings.SplitSeq(r.Query, "&") {
		if name, _, _ := strings.Cut(part, "="); part != "" && name != "signature" {
			sent = append(sent, part)
		}
	}
	raw := strings.Join(sent, "&")
	slices.Sort(sent)
	all := []mistake{
		{signature.MACOrder, "in that of the request", raw},
		{signature.MACEncoding, "as they came", strings.Join(sent, "&")},
		{signature.MACEncoding, "not encoded", plain(q)},
		{signature.MACParams, "without action", text(q, "signature", "action")},
		{signature.MACParams, "without accessKeyId", text(q, "signature", "accessKeyId")},
		{signature.MACParams, "without algorithm", text(q, "signature", "algorithm")},
		{signature.MACParams, "with an empty signature", text(q, "signature") + "&signature="},
		{signature.MACBody, "", right + string(r.Body)},
		{signature.MACBody, "", right + "&" + string(r.Body)},
		{signature.MACBody, "", string(r.Body)},
	}
	values := make([]string, 0, len(q))
	for _, p := range sortedParams(q) {
		values = append(values, p.value)
	}
	for facts, text := range map[string]string{
		"with ? in front": "?" + right, "with /? in front": "/?" + right, "with & at the end": right + "&",
		"with the method in front": "POST&" + right, "with method and path in front": "POST\n/\n" + right,
		"without & between them": strings.ReplaceAll(right, "&", ""), "the values alone": strings.Join(values, ""),
		"with line feeds between them": strings.ReplaceAll(right, "&", "\n"),
		"with the URL in front":        host(r) + "/?" + right,
	} {
		all = append(all, mistake{signature.MACText, facts, text})
	}
	only := slices.DeleteFunc(slices.Clone(q), func(p pair) bool { return !slices.Contains(reserved, p.name) })
	return append(all, mistake{signature.MACParams, "only those that have a meaning", text(only, "signature")})
}

// text returns the text of all pairs but those of some names, in form encoding.
func text(q query, but ...string) string {
	return candidates(slices.DeleteFunc(slices.Clone(q), func(p pair) bool { return slices.Contains(but, p.name) }))[0]
}

// host returns the start of the URL that a client called, as far as the request shows it.
func host(r gateway.Request) string {
	scheme := "https://"
	if lines := r.Header("x-forwarded-proto"); len(lines) == 1 && lines[0] == "http" {
		scheme = "http://"
	}
	return scheme + strings.Join(r.Header("host"), "")
}

// sortedParams returns the pairs that are signed, by name.
func sortedParams(q query) query {
	q = slices.DeleteFunc(slices.Clone(q), func(p pair) bool { return p.name == "signature" })
	slices.SortStableFunc(q, func(a, b pair) int { return strings.Compare(a.name, b.name) })
	return q
}

// plain returns the text of all pairs, without encoding.
func plain(q query) string {
	q = sortedParams(q)
	all := make([]string, len(q))
	for i, p := range q {
		all[i] = p.name + "=" + p.value
	}
	return strings.Join(all, "&")
}
