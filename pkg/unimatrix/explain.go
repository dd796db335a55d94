package unimatrix

import (
	"crypto/hmac"
	"crypto/sha256"
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
	return signature.MACOther.Detail("")
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
	only := slices.DeleteFunc(slices.Clone(q), func(p pair) bool { return !slices.Contains(reserved, p.name) })
	return append(all, mistake{signature.MACParams, "only those that have a meaning", text(only, "signature")})
}

// text returns the text of all pairs but those of some names, in form encoding.
func text(q query, but ...string) string {
	return candidates(slices.DeleteFunc(slices.Clone(q), func(p pair) bool { return slices.Contains(but, p.name) }))[0]
}

// plain returns the text of all pairs, without encoding.
func plain(q query) string {
	q = slices.DeleteFunc(slices.Clone(q), func(p pair) bool { return p.name == "signature" })
	slices.SortStableFunc(q, func(a, b pair) int { return strings.Compare(a.name, b.name) })
	all := make([]string, len(q))
	for i, p := range q {
		all[i] = p.name + "=" + p.value
	}
	return strings.Join(all, "&")
}
