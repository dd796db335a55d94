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
	"countersign/pkg/clients/profile"
	"countersign/pkg/clients/registry"
	"countersign/pkg/keyring"
	"countersign/pkg/openstore"
	"countersign/pkg/signature"
)

// handover is the result of add and of the rotations, in JSON by these members. It has
// all that the merchant needs, and secrets that no command shows again.
type handover struct {
	Client         clients.Record `json:"client"`
	KeyVersion     string         `json:"keyVersion,omitempty"`     // of the key that was added last
	PrivateKeyFile string         `json:"privateKeyFile,omitempty"` // of a key that this command made
	AccessKey      string         `json:"accessKey,omitempty"`      // for Unimatrix, if this command made it
	Secret         string         `json:"secret,omitempty"`         // for hmac, if this command made it
	ServerKeys     []keyring.Info `json:"serverKeys,omitempty"`     // that sign the answers, now or soon
	Notes          []string       `json:"notes,omitempty"`          // for the operator

	url        string // base URL, as the merchant is given it
	credential bool   // print the Unimatrix credential
	accessKey  string // what people are shown of the access key
}

// merchantURL is the flag for the base URL that the merchant is given.
type merchantURL struct {
	URL string `default:"http://127.0.0.1:8080" env:"COUNTERSIGN_URL" placeholder:"URL" help:"merchant_url"`
}

// baseURL returns the base URL. That of a deployment is not known without the flag.
func (m merchantURL) baseURL(p place) string {
	if p.at().Deployed() && m.URL == "http://127.0.0.1:8080" {
		return "the output Url of the stack (COUNTERSIGN_URL is not set)"
	}
	return m.URL
}

// generate makes an RSA key, writes its private half to a file, and returns its
// public half for a record. beside are the client's other keys.
func (h *handover) generate(p place, id, file string, beside []clients.Key) (clients.Key, error) {
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return clients.Key{}, err
	}
	version := registry.NextVersion(beside)
	if file == "" {
		file = openstore.Place{Folder: p.Data}.PrivateKeyFile(id, version)
	}
	if err := writePrivateKey(file, private); err != nil {
		return clients.Key{}, err
	}
	h.PrivateKeyFile = file
	return clients.Key{Version: version, PEM: signature.FormatPublicKey(&private.PublicKey)}, nil
}

// removeKey removes the file of generate, after the client could not be stored.
func (h *handover) removeKey() error {
	if h.PrivateKeyFile == "" {
		return nil
	}
	return os.Remove(h.PrivateKeyFile)
}

// addServerKeys adds the public keys that the merchant needs to check answers.
func (h *handover) addServerKeys(b *books) error {
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

// secret reads a client's HMAC secret, or makes one and adds it to h.
func (n newSecret) secret(h *handover) ([]byte, error) {
	if n.HMACSecretFile != "" {
		text, err := readSecret(n.HMACSecretFile)
		if err != nil {
			return nil, fmt.Errorf("--hmac-secret-file: %w", err)
		}
		return text, nil
	}
	h.Secret = rand.Text() // letters and digits only: some SDKs do not percent-encode it
	return []byte(h.Secret), nil
}

// print prints the handover with the client's record as it is now. done is the change,
// such as "is added".
func (h *handover) print(ctx context.Context, p place, b *books, id, done string) (err error) {
	if h.Client, err = b.clients.Get(ctx, id); err != nil {
		return err
	}
	r := h.Client
	for _, note := range profile.Notes(r, b.clients.Defaults.Brand) {
		h.note(note)
	}
	p.warnOf(r)
	return p.answer(h, h.text(done))
}

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
	text += "\nFor the merchant:\n" + columns(append([][]string{{"base URL", h.url}}, rows...)...)
	for _, k := range h.ServerKeys {
		text += fmt.Sprintf("public key of the service, version %d, that signs its answers%s:\n%s",
			k.Version, since(k), k.PublicKey)
	}
	return text
}

// ams are the rows for the AMS contract.
func (h *handover) ams() [][]string {
	id := h.Client.ID
	switch {
	case h.KeyVersion == "" && !h.Client.Unsigned:
		return nil
	case h.KeyVersion == "":
		return [][]string{{"header", "Client-Id: " + id}}
	}
	private := "the private half of the public key"
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

// unimatrix are the rows for the Unimatrix contract.
func (h *handover) unimatrix() [][]string {
	if !h.credential {
		return nil
	}
	rows := [][]string{
		{"access key id", cmp.Or(h.accessKey, "as before")}, {"mode", cmp.Or(h.Client.Unimatrix, "-")},
	}
	if h.Secret != "" {
		rows = append(rows, []string{"secret", h.Secret + " (shown this once)"})
	}
	return rows
}

// since is the time at which a waiting key comes into force.
func since(k keyring.Info) string {
	if k.State != keyring.Waiting {
		return ""
	}
	return " from " + k.From.Format(time.RFC3339) + " on"
}
