package main

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/rsa"
	"fmt"
	"os"
	"time"

	"countersign/pkg/clients"
	"countersign/pkg/keyring"
	"countersign/pkg/signature"
)

// handover is what add and the rotations tell, in JSON by these members: what the
// merchant needs, and what is not told again.
type handover struct {
	Client         clients.Record `json:"client"`
	KeyVersion     string         `json:"keyVersion,omitempty"`     // of the key that was added last
	PrivateKeyFile string         `json:"privateKeyFile,omitempty"` // of a key that was made here
	Secret         string         `json:"secret,omitempty"`         // for hmac, where it was made here
	ServerKeys     []keyring.Info `json:"serverKeys,omitempty"`     // that sign the answers, now or soon
	Notes          []string       `json:"notes,omitempty"`          // for whoever runs the service

	credential bool // of Unimatrix, is to be told
}

// generate makes an RSA key, writes its private half to a file, and returns its
// public half for a record.
func (h *handover) generate(w where, id, file string, beside []clients.Key) (clients.Key, error) {
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return clients.Key{}, err
	}
	version := clients.NextVersion(beside)
	if file == "" {
		file = privateKeyFile(w.Data, id, version)
	}
	if err := writePrivateKey(file, private); err != nil {
		return clients.Key{}, err
	}
	h.PrivateKeyFile = file
	return clients.Key{Version: version, PEM: signature.FormatPublicKey(&private.PublicKey)}, nil
}

// takeBack removes the private key of a client that came to nothing.
func (h *handover) takeBack() error {
	if h.PrivateKeyFile == "" {
		return nil
	}
	return os.Remove(h.PrivateKeyFile)
}

// askServer asks for the keys that the merchant checks answers by.
func (h *handover) askServer(b *books) error {
	ring, err := b.ring()
	if err != nil {
		return err
	}
	for _, k := range ring.Document().List(time.Now()) {
		if k.Kind == keyring.Sign && k.State != keyring.Read {
			h.ServerKeys = append(h.ServerKeys, k)
		}
	}
	if h.ServerKeys == nil {
		h.note("the keyring has no key that signs answers: keys rotate sign makes one")
	}
	return nil
}

func (h *handover) note(text string) { h.Notes = append(h.Notes, text) }

// secret reads a client's HMAC secret, or makes one, which is told.
func (n newSecret) secret(h *handover) ([]byte, error) {
	if n.HMACSecretFile != "" {
		text, err := readSecret(n.HMACSecretFile)
		if err != nil {
			return nil, fmt.Errorf("--hmac-secret-file: %w", err)
		}
		return text, nil
	}
	h.Secret = rand.Text() // letters and digits alone: some SDKs encode nothing
	return []byte(h.Secret), nil
}

// tell tells what was done to a client, with its record as it is now.
func (h *handover) tell(ctx context.Context, w where, b *books, id, done string) (err error) {
	if h.Client, err = b.clients.Get(ctx, id); err != nil {
		return err
	}
	r := h.Client
	if mute(r) {
		h.note("it " + cannotCall)
	}
	if len(r.Secrets) > 0 && r.Unimatrix != "hmac" {
		h.note("its secret is not asked for: client set --unimatrix hmac changes that")
	}
	if len(r.Countries) == 0 {
		h.note("it can send nothing: client set --country says where to")
	}
	if r.Unsigned {
		warnUnsigned(id)
	}
	return w.tell(h, h.text(done))
}

const cannotCall = "cannot call over HTTP: client rotate-key gives it a key, client set --unimatrix a Unimatrix credential; Cognito and direct invocations need neither"

func mute(r clients.Record) bool { return len(r.Keys) == 0 && !r.Unsigned && r.Unimatrix == "" }

// text is the handover for people.
func (h *handover) text(done string) string {
	text := fmt.Sprintf("client %s %s\n", quoted(h.Client.ID), done)
	for _, note := range h.Notes {
		text += note + "\n"
	}
	rows := append(h.ams(), h.unimatrix()...)
	if rows == nil {
		return text
	}
	text += "\nFor the merchant:\n" + columns(append([][]string{
		{"base URL", "that of your API; of countersign serve the one that it prints, http://127.0.0.1:8080"},
	}, rows...)...)
	for _, k := range h.ServerKeys {
		text += fmt.Sprintf("public key of the service, version %d, that signs its answers%s:\n%s", k.Version, since(k), k.PublicKey)
	}
	return text
}

func (h *handover) ams() [][]string {
	id := h.Client.ID
	switch {
	case h.KeyVersion == "" && !h.Client.Unsigned:
		return nil
	case h.KeyVersion == "":
		return [][]string{{"header", "Client-Id: " + id}}
	}
	private := "the one that belongs to it"
	if h.PrivateKeyFile != "" {
		private = h.PrivateKeyFile + " (the only copy: hand it over safely, then delete it)"
	}
	return [][]string{
		{"client id", id},
		{"key version", h.KeyVersion},
		{"private key", private},
		{"headers", "Client-Id: " + id},
		{"", "Request-Time: milliseconds since 1970, such as 1685599933871"},
		{"", "Signature: algorithm=RSA256,keyVersion=" + h.KeyVersion + ",signature=VALUE"},
		{"VALUE", "percent-encoded base64 of RSASSA-PKCS1-v1_5 with SHA-256 over"},
		{"", "METHOD SPACE path?query LINEFEED Client-Id . Request-Time . body"},
	}
}

func (h *handover) unimatrix() [][]string {
	if !h.credential {
		return nil
	}
	rows := [][]string{{"access key id", quoted(h.Client.ID)}, {"mode", cmp.Or(h.Client.Unimatrix, "-")}}
	if h.Secret != "" {
		rows = append(rows, []string{"secret", h.Secret + " (shown this once)"})
	}
	return rows
}

// since says when a key comes into force that is not yet.
func since(k keyring.Info) string {
	if k.State != keyring.Waiting {
		return ""
	}
	return " from " + k.From.Format(time.RFC3339) + " on"
}
