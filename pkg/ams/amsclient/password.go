package amsclient

import (
	"context"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
)

const pathSetPassword = "/ams/api/v1/security/setPassword" // #nosec G101 -- a path

// methodPassword is the authenticationMethod of a password that the user has already set.
const methodPassword = "PASSWORD"

// ChallengeKey is the service's key to which you encrypt a password. You may keep it: it works until the operator
// retires it, and then the answer is PARAM_ILLEGAL.
type ChallengeKey struct {
	Algorithm  string `json:"algorithm"` // "RSA-OAEP-256"
	KeyVersion string `json:"keyVersion"`
	PublicKey  string `json:"publicKey"` // base64 of DER, SubjectPublicKeyInfo
}

// Encrypt returns the passwordValue of a password. It is of use for the challenge with this authenticationId only: call
// it as near as you can to where the person types, and the rest of your system never has the password. random is
// crypto/rand.Reader.
func (k ChallengeKey) Encrypt(random io.Reader, authenticationID, password string) (string, error) {
	if random == nil {
		return "", errors.New(
			"amsclient: encrypt the password: there is no entropy: set Rand to the Reader of crypto/rand")
	}
	if k.Algorithm != "RSA-OAEP-256" {
		return "", fmt.Errorf("amsclient: the challengeKey has the algorithm %q, and this client RSA-OAEP-256 only",
			k.Algorithm)
	}
	der, err := base64.StdEncoding.DecodeString(k.PublicKey)
	if err != nil {
		return "", fmt.Errorf("amsclient: publicKey of the challengeKey: %w", err)
	}
	key, err := x509.ParsePKIXPublicKey(der)
	if err != nil {
		return "", fmt.Errorf("amsclient: publicKey of the challengeKey: %w", err)
	}
	public, ok := key.(*rsa.PublicKey)
	if !ok || public.Size() < 256 {
		return "", fmt.Errorf("amsclient: publicKey of the challengeKey is no RSA key of 2048 bits or more")
	}
	box, err := rsa.EncryptOAEP(sha256.New(), random, public, []byte(authenticationID+"."+password), nil)
	if err != nil {
		return "", fmt.Errorf("amsclient: encrypt the password: %w", err)
	}
	return base64.StdEncoding.EncodeToString(box), nil
}

// InitPassword asks for the password that the user of a phone number has set, by an init with the method PASSWORD.
// AuthenticationType is "PAYMENT" or "LOGIN". Nothing is sent. PROCESS_FAIL means that there is no such password, or
// that the user is blocked.
func (c *Client) InitPassword(ctx context.Context, r InitRequest) (Answer, error) {
	r.AuthenticationMethod = methodPassword
	return c.Init(ctx, r)
}

// PasswordKey returns the key to which the password of a challenge is encrypted, in the ChallengeKey of its answer. It
// is for a challenge of [Client.InitPassword], and for one whose code has just passed, see [Client.SetPassword].
func (c *Client) PasswordKey(ctx context.Context, authenticationID string) (Answer, error) {
	return c.Trigger(ctx, TriggerRequest{ChallengeID: authenticationID, AuthenticationMethod: methodPassword})
}

// VerifyPasswordRequest has the password that the user typed.
type VerifyPasswordRequest struct {
	AuthenticationRequestID string // that of the InitPassword
	AuthenticationID        string // from the answer to the InitPassword
	Password                string // what the user typed. Keep it out of your logs
	// Key is the ChallengeKey of an answer of [Client.PasswordKey]. With nil, VerifyPassword asks for it first.
	Key *ChallengeKey
}

// VerifyPassword encrypts the password and checks it (security/verifyAuthentication). Every call is an attempt, and
// five wrong ones in a row lock the password, over all challenges. See [Answer.Passed].
func (c *Client) VerifyPassword(ctx context.Context, r VerifyPasswordRequest) (Answer, error) {
	value, version, a, err := c.encrypted(ctx, r.Key, r.AuthenticationID, r.Password)
	if value == "" {
		return a, err
	}
	return c.SecurityVerify(ctx, SecurityVerifyRequest{
		AuthenticationRequestID: r.AuthenticationRequestID, AuthenticationID: r.AuthenticationID,
		AuthenticationMethod: methodPassword,
		ChallengeData:        &ChallengeData{PasswordValue: value, KeyVersion: version},
	})
}

// SetPasswordRequest has the password that a user wants to have.
type SetPasswordRequest struct {
	// AuthenticationID is that of an init with the method OTP, whose code passed at most ten minutes ago.
	AuthenticationID     string `json:"authenticationId,omitempty"`
	AuthenticationMethod string `json:"authenticationMethod,omitempty"` // "PASSWORD", may be left out
	AuthenticationType   string `json:"authenticationType,omitempty"`   // "PAYMENT", "LOGIN"
	IdentityType         string `json:"identityType,omitempty"`         // "MOBILENO"
	IdentityValue        string `json:"identityValue,omitempty"`        // the number, as in InitRequest
	// UserIdentityType and UserIdentityValue name the user by a wallet token, in place of the number.
	UserIdentityType  string `json:"userIdentityType,omitempty"`
	UserIdentityValue string `json:"userIdentityValue,omitempty"`

	Password string        `json:"-"` // as in VerifyPasswordRequest
	Key      *ChallengeKey `json:"-"` // as in VerifyPasswordRequest
}

// SetPassword encrypts the password and sets it (security/setPassword). It uses up the proof: each code sets one
// password. PARAM_ILLEGAL names the rule that a weak password breaks, and does not use it up.
func (c *Client) SetPassword(ctx context.Context, r SetPasswordRequest) (Answer, error) {
	value, version, a, err := c.encrypted(ctx, r.Key, r.AuthenticationID, r.Password)
	if value == "" {
		return a, err
	}
	return c.call(ctx, pathSetPassword, struct {
		SetPasswordRequest
		PasswordValue string `json:"passwordValue"`
		KeyVersion    string `json:"keyVersion"`
	}{r, value, version})
}

// encrypted encrypts a password. If it has to ask for the key and gets none, value is "", and the answer is that of the
// service.
func (c *Client) encrypted(ctx context.Context, key *ChallengeKey, authenticationID, password string) (
	value, version string, a Answer, err error,
) {
	if key == nil {
		a, err = c.PasswordKey(ctx, authenticationID)
		if err != nil || a.Result.Status != "S" {
			return "", "", a, err
		}
		if a.ChallengeKey == nil {
			return "", "", Answer{}, refuse(Body, "no challengeKey: does the server have passwords?")
		}
		key = a.ChallengeKey
	}
	value, err = key.Encrypt(c.Rand, authenticationID, password)
	return value, key.KeyVersion, Answer{}, err
}
