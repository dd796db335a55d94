package users

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/url"
	"time"

	"countersign/pkg/documents"
)

// Token is a wallet token at rest. Its key holds its hash.
type Token struct {
	User string `json:"user"`
	// Of is when its user was added. A user who gets the id of a removed user does
	// not get that user's tokens.
	Of      time.Time `json:"of"`
	Added   time.Time `json:"added"`
	Expires time.Time `json:"expires,omitzero"` // default: never
}

// TokenKey returns the key of the document of a client's wallet token.
func TokenKey(client, value string) string {
	sum := sha256.Sum256([]byte(value))
	return tokenPrefix + url.QueryEscape(client) + "#" + base64.RawURLEncoding.EncodeToString(sum[:])
}

// ParseToken reads a wallet token from its document.
func ParseToken(text []byte) (Token, error) {
	var t Token
	if err := documents.Decode(text, &t); err != nil {
		return Token{}, fmt.Errorf("the token's record cannot be read: %w", err)
	}
	return t, nil
}
