package keyring

import (
	"crypto/x509"
	"encoding/pem"
	"time"
)

// State is the use of a version.
type State string

const (
	InForce State = "in force" // it writes, seals or signs
	Read    State = "read"     // it is older, and reads until it is retired
	Waiting State = "waiting"  // it is newer, and its time has not come
)

// Info is the public part of a version.
type Info struct {
	Kind    Kind      `json:"kind"`
	Version int       `json:"version"`
	Made    time.Time `json:"made,omitzero"` // zero: unknown
	From    time.Time `json:"from,omitzero"` // zero: always in force
	State   State     `json:"state"`
	// PublicKey is the public half of a Sign or Encrypt key in PEM ("PUBLIC KEY"), for clients.
	PublicKey string `json:"publicKey,omitempty"`
}

// List returns all versions by kind, oldest first, as they are at now.
func (d *Document) List(now time.Time) []Info {
	var list []Info
	for _, kind := range Kinds() {
		for _, v := range d.versions[kind] {
			info := Info{Kind: kind, Version: v.number, Made: v.made, From: v.from, State: d.state(kind, v, now)}
			if kind.isRSA() {
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
	key, err := v.key()
	if err != nil {
		return "" // in a document that Parse has read this cannot happen
	}
	der, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	if err != nil {
		return "" // cannot happen with RSA
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
}
