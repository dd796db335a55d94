package clients

import (
	"fmt"
	"slices"
	"time"

	"countersign/pkg/documents"
)

// Status of a client.
const (
	StatusActive   = "active"
	StatusDisabled = "disabled" // requests do not find the client
)

// Record is a client at rest: one JSON object that people can read. Comments at the
// fields name the default of a field that is left out.
type Record struct {
	ID       string    `json:"id"` // see [ValidID]; a client that signs AMS requests needs [ValidAMSID]
	Status   string    `json:"status"`
	Added    time.Time `json:"added"`
	Unsigned bool      `json:"unsigned,omitzero"`
	APIs     []string  `json:"apis,omitempty"` // default: all
	Keys     []Key     `json:"keys,omitempty"`
	// Unimatrix is "simple" or "hmac". Default: the client has no such credential.
	Unimatrix string `json:"unimatrix,omitempty"`
	// AccessKeys of a record from before they were in it: none, see [Record.FoundByID].
	AccessKeys []AccessKey `json:"accessKeys,omitempty"` // newest first, at most 5
	Secrets    []Secret    `json:"secrets,omitempty"`    // newest first, at most 2
	Networks   []string    `json:"networks,omitempty"`   // addresses and prefixes, at most 50; default: any
	Countries  []string    `json:"countries,omitempty"`  // default: none
	Numbers    string      `json:"numbers,omitempty"`    // default: "possible"
	Lines      []string    `json:"lines,omitempty"`      // default: ordinary lines only
	Limits     Limits      `json:"limits,omitzero"`      // default: the deployment's
	// Window is up to 24h; "0s" switches it off. Default: 10m for AMS requests, 5m for
	// those with HMAC, which have at most 10m.
	Window *Duration `json:"window,omitempty"`
	Once   bool      `json:"once,omitzero"` // default: nonces are not remembered
	// PerMinute bounds its requests in a minute of the clock, and MessagesPerDay all its
	// messages in a day of UTC. Defaults: the deployment's.
	PerMinute      int    `json:"perMinute,omitzero"`
	MessagesPerDay int    `json:"messagesPerDay,omitzero"`
	Brand          string `json:"brand,omitempty"`    // default: the deployment's
	SenderID       string `json:"senderID,omitempty"` // default: the sender's
	// Senders of its messages by country; [Everywhere] is all others. Default: SenderID, and the deployment's.
	Senders  map[string]Sender `json:"senders,omitempty"`
	Language string            `json:"language,omitempty"` // default: the deployment's
	// Texts are templates of its own by language, see [message.CheckOwn]. Default: the
	// built-in ones.
	Texts       map[string]string `json:"texts,omitempty"`
	Site        string            `json:"site,omitempty"`        // see [message.Autofill]; default: no line
	AndroidHash string            `json:"androidHash,omitempty"` // the same
	// DLT are the registrations of its texts in India. Default: messages there have the id of their sender.
	DLT            []Registration `json:"dlt,omitempty"`
	ClearPasswords *bool          `json:"clearPasswords,omitzero"` // default: false
	CustomCodes    *bool          `json:"customCodes,omitzero"`    // default: false
	SenderNames    []string       `json:"senderNames,omitempty"`   // default: none may be given
	Templates      []string       `json:"templates,omitempty"`     // default: none may be given
	Sources        []string       `json:"sources,omitempty"`       // of end users, see [Sources]; default: none
	Guard          Guard          `json:"guard,omitzero"`
	// TestNumbers get no message. At most 20; default: none.
	TestNumbers []TestNumber `json:"testNumbers,omitempty"`
}

// Key is a public key that verifies a client's signatures.
type Key struct {
	Version string    `json:"version"` // decimal without leading zeros
	PEM     string    `json:"pem"`     // PUBLIC KEY, RSA of 2048 bits or more
	Added   time.Time `json:"added"`
}

// Secret is an HMAC secret of a client.
type Secret struct {
	Sealed documents.Sealed `json:"sealed"`
	Added  time.Time        `json:"added"`
}

// AccessKey is an access key of a client at rest.
type AccessKey struct {
	Digest documents.Digest `json:"digest"` // see [Digests]
	Added  time.Time        `json:"added"`
	// IsID marks an access key that is the client's own id, which log lines show.
	IsID bool `json:"isID,omitzero"`
}

// FoundByID reports whether Unimatrix requests find the client by its id. That holds for
// a record from before access keys only: the registry writes no such record.
func (r Record) FoundByID() bool { return r.Unimatrix != "" && len(r.AccessKeys) == 0 }

// HasAccessKey reports whether the client has the access key with a digest.
func (r Record) HasAccessKey(digest documents.Digest) bool {
	return slices.ContainsFunc(r.AccessKeys, func(k AccessKey) bool { return k.Digest == digest })
}

// IDIsKey reports whether the client's id finds it in Unimatrix requests.
func (r Record) IDIsKey() bool {
	return r.FoundByID() || slices.ContainsFunc(r.AccessKeys, func(k AccessKey) bool { return k.IsID })
}

// ShowsItsKey reports whether log lines show a secret of the client: its id, where that is an
// access key and simple requests need nothing else. In the mode hmac an access key is no
// secret.
func (r Record) ShowsItsKey() bool { return r.Unimatrix == "simple" && r.IDIsKey() }

// Bound is the text that a client's secrets are sealed with. It keeps them from
// being moved to another client.
func (r Record) Bound() string { return DocumentKey(r.ID) + "#secret" }

// ParseRecord reads a record from its document. It does not check the values, see
// [Record.Check].
func ParseRecord(text []byte) (Record, error) {
	var r Record
	if err := documents.Decode(text, &r); err != nil {
		return Record{}, fmt.Errorf("the record cannot be read: %w", err)
	}
	return r, nil
}
