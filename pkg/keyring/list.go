package keyring

import (
	"crypto/x509"
	"encoding/pem"
	"time"
)

// State is what a version does.
type State string

// The states.
const (
	InForce State = "in force" // writes, seals or signs
	Read    State = "read"     // older: read until it is retired
	Waiting State = "waiting"  // newer: its time has not come
)

// Info tells of a version what anybody may know.
type Info struct {
	Kind    Kind      `json:"kind"`
	Version int       `json:"version"`
	Made    time.Time `json:"made,omitzero"` // zero: not known
	From    time.Time `json:"from,omitzero"` // zero: ever since
	State   State     `json:"state"`
	// PublicKey of a Sign key in PEM ("PUBLIC KEY"), for clients; else "".
	PublicKey string `json:"publicKey,omitempty"`
}

// List returns all versions by kind, oldest first, as they are at now.
func (d *Document) List(now time.Time) []Info {
	var list []Info
	for _, kind := range Kinds() {
		for _, v := range d.versions[kind] {
			info := Info{Kind: kind, Version: v.number, Made: v.made, From: v.from, State: d.state(kind, v, now)}
			if v.key != nil {
				info.PublicKey = publicPEM(v)
			}
			list = append(list, info)
		}
	}
	return list
}

func (d *Document) state(kind Kind, v *version, now time.Time) State {
	switch in := d.inForce(kind, now); {
	case v.number == in.number:
		return InForce
	case v.number > in.number:
		return Waiting
	}
	return Read
}

func publicPEM(v *version) string {
	der, err := x509.MarshalPKIXPublicKey(&v.key.PublicKey)
	if err != nil {
		return "" // only for keys other than RSA's
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
}
