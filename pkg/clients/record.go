package clients

import (
	"fmt"
	"time"
)

// Status of a client or a user.
const (
	StatusActive   = "active"
	StatusDisabled = "disabled" // a client: unknown to every request
	StatusBlocked  = "blocked"  // a user: no codes are sent, and none verify
)

// Record is a client at rest: one JSON object that people can read. What is left
// out has the default that is told at the field.
type Record struct {
	ID       string    `json:"id"` // see [ValidID]; a client that signs AMS requests needs [ValidAMSID]
	Status   string    `json:"status"`
	Added    time.Time `json:"added"`
	Unsigned bool      `json:"unsigned,omitzero"`
	APIs     []string  `json:"apis,omitempty"` // all
	Keys     []Key     `json:"keys,omitempty"`
	// Unimatrix is "simple" or "hmac"; left out, the client has no such credential.
	Unimatrix string   `json:"unimatrix,omitempty"`
	Secrets   []Secret `json:"secrets,omitempty"`   // newest first, at most 2
	Networks  []string `json:"networks,omitempty"`  // addresses and prefixes, at most 50; any
	Countries []string `json:"countries,omitempty"` // none
	Numbers   string   `json:"numbers,omitempty"`   // "possible"
	Lines     []string `json:"lines,omitempty"`     // ordinary ones only
	Limits    Limits   `json:"limits,omitzero"`     // those of the deployment
	// Window is up to 24h, 10m where it is left out, off with "0s".
	Window      *Duration `json:"window,omitempty"`
	PerMinute   int       `json:"perMinute,omitzero"`   // any number of requests
	Brand       string    `json:"brand,omitempty"`      // that of the deployment
	SenderID    string    `json:"senderID,omitempty"`   // that of the sender
	Language    string    `json:"language,omitempty"`   // that of the deployment
	CustomCodes *bool     `json:"customCodes,omitzero"` // true
	SenderNames []string  `json:"senderNames,omitempty"`
	Templates   []string  `json:"templates,omitempty"`
}

// Key is a public key that a client signs with.
type Key struct {
	Version string    `json:"version"` // decimal without leading zeros
	PEM     string    `json:"pem"`     // PUBLIC KEY, RSA of 2048 bits or more
	Added   time.Time `json:"added"`
}

// Secret is one that a client makes HMACs with.
type Secret struct {
	Sealed Sealed    `json:"sealed"`
	Added  time.Time `json:"added"`
}

// parseRecord reads a record as it lies in the table. It says nothing about the
// values, see [Record.Validate].
func parseRecord(text []byte) (Record, error) {
	var r Record
	if err := decode(text, &r); err != nil {
		return Record{}, fmt.Errorf("the record cannot be read: %w", err)
	}
	return r, nil
}
