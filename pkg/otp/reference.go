package otp

import (
	"crypto/sha256"
	"encoding/base64"
	"strings"
)

// The keys under which a provider keeps a message's Client and AuthID for its receipts.
const (
	ContextClient = "client"
	ContextAuthID = "authenticationId"
)

// ClientReference returns what a provider gets in place of a client's id: the id itself if it is visible ASCII, else
// "~" and a digest of it. Not every provider takes an id with spaces or other letters.
func ClientReference(client string) string {
	hidden := func(r rune) bool { return r <= ' ' || r > '~' }
	if len(client) <= 64 && !strings.HasPrefix(client, digestMark) && !strings.ContainsFunc(client, hidden) {
		return client
	}
	return digestOf(client)
}

// IsClientReference reports whether [ClientReference] returns a text for any client.
func IsClientReference(text string) bool {
	if digest, is := strings.CutPrefix(text, digestMark); is {
		sum, err := base64.RawURLEncoding.DecodeString(digest)
		return err == nil && len(sum) == sha256.Size
	}
	return ClientReference(text) == text
}
