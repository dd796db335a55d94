package clients

import (
	"strings"

	"countersign/pkg/pattern"
)

// Sources name the places in which a client's requests have the source of the end user: an
// address, or the id of a device. An empty one means that the requests of that contract
// have none.
type Sources struct {
	Env      string // member of env in AMS requests: clientIp or deviceTokenId
	Header   string // header of Unimatrix requests, in lower case
	Metadata string // name in the client metadata of Cognito's answers to a challenge
}

// Prefixes of the entries of a record's sources. Each entry is one of them and a name.
const (
	sourceEnv      = "env."
	sourceHeader   = "header:"
	sourceMetadata = "metadata:"
)

// maxHeaderName bounds the name of a header. In the pattern, the bound would take ten times as long to compile.
const maxHeaderName = 64

var headerForm = pattern.Matches(`\A[A-Za-z0-9][A-Za-z0-9_-]*\z`)

// headerName reports whether a text is the name of a header, without the signs that nobody uses in one.
func headerName(name string) bool { return len(name) <= maxHeaderName && headerForm(name) }

// sources reads the places of a record, at most one for each contract.
func (p *parser) sources() (s Sources) {
	for i, entry := range p.record.Sources {
		to, name, ok := &s.Env, strings.TrimPrefix(entry, sourceEnv), false
		switch {
		case strings.HasPrefix(entry, sourceEnv):
			ok = name == "clientIp" || name == "deviceTokenId"
		case strings.HasPrefix(entry, sourceHeader):
			to, name = &s.Header, strings.ToLower(strings.TrimPrefix(entry, sourceHeader))
			ok = headerName(name)
		case strings.HasPrefix(entry, sourceMetadata):
			to, name = &s.Metadata, strings.TrimPrefix(entry, sourceMetadata)
			ok = headerName(name) && name != "action" // which asks for the code again
		}
		p.want(ok, at("sources", i), entry, "env.clientIp, env.deviceTokenId, header:NAME or metadata:NAME")
		p.want(*to == "", at("sources", i), entry, "the only one of its contract: env (AMS), header (Unimatrix), "+
			"metadata (Cognito)")
		*to = name
	}
	return s
}
