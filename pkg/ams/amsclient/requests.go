package amsclient

import "context"

// Paths of the API. The server does the same without the prefix, and under the prefix of the sandbox.
const (
	pathInit           = "/ams/api/v1/customers/initAuthentication"
	pathUsersInit      = "/ams/api/v1/users/initAuthentication"
	pathVerify         = "/ams/api/v1/users/verifyAuthentication"
	pathSecurityVerify = "/ams/api/v1/security/verifyAuthentication"
	pathTrigger        = "/ams/api/v1/security/triggerChallenge"
)

// Payment is what a code confirms. It is a member of Countersign's own, which no vendor documents. The message shows
// it without its purpose, and the code is good for it only: verify with the payment that you are about to make.
type Payment struct {
	Amount   string `json:"amount,omitempty"`   // with exactly the decimals of the currency: "10.50"
	Currency string `json:"currency,omitempty"` // ISO 4217: "EUR"
	Payee    string `json:"payee,omitempty"`    // as the person knows it, up to 35 characters
	Purpose  string `json:"purpose,omitempty"`  // yours, up to 36 characters; may be left out
}

// InitRequest asks for a code to a phone number. An empty member of any request is
// left out, as the contract wants it.
type InitRequest struct {
	// AuthenticationRequestID is yours, new for each code, of up to 64 characters.
	AuthenticationRequestID string `json:"authenticationRequestId,omitempty"`
	AuthenticationMethod    string `json:"authenticationMethod,omitempty"` // "OTP"; see InitPassword
	AuthenticationType      string `json:"authenticationType,omitempty"`   // "SMS"
	IdentityType            string `json:"identityType,omitempty"`         // "MOBILENO"
	// IdentityValue is country code, hyphen, and number without a leading 0: "60-6543216353".
	IdentityValue string `json:"identityValue,omitempty"`
	// Env is what you know of the user's device: osType, clientIp, ...
	Env     map[string]string `json:"env,omitempty"`
	Payment *Payment          `json:"payment,omitempty"` // nil: the code confirms none
}

// Init sends a code to a phone number (customers/initAuthentication). The same
// request again sends no second message and has the same answer.
func (c *Client) Init(ctx context.Context, r InitRequest) (Answer, error) {
	return c.call(ctx, pathInit, r)
}

// UsersInitRequest asks for a code to the user behind a wallet token.
type UsersInitRequest struct {
	AuthenticationType        string `json:"authenticationType,omitempty"`        // "OTP"
	AuthenticationRequestID   string `json:"authenticationRequestId,omitempty"`   // as in InitRequest
	AuthenticationChannelType string `json:"authenticationChannelType,omitempty"` // "SMS", "EMAIL"
	UserIdentityType          string `json:"userIdentityType,omitempty"`          // "WALLET_TOKEN"
	UserIdentityValue         string `json:"userIdentityValue,omitempty"`         // the token, a secret

	Payment *Payment `json:"payment,omitempty"` // as in InitRequest
}

// UsersInit sends a code to the user behind a wallet token
// (users/initAuthentication). Its answer has no AuthenticationID and no ActionForm.
func (c *Client) UsersInit(ctx context.Context, r UsersInitRequest) (Answer, error) {
	return c.call(ctx, pathUsersInit, r)
}

// VerifyRequest has what the user typed.
type VerifyRequest struct {
	AuthenticationType      string `json:"authenticationType,omitempty"`      // "OTP"
	AuthenticationRequestID string `json:"authenticationRequestId,omitempty"` // that of the init, of either kind
	AuthenticationValue     string `json:"authenticationValue,omitempty"`     // digits

	Payment *Payment `json:"payment,omitempty"` // that of the init
}

// Verify checks what the user typed (users/verifyAuthentication). Every call is an
// attempt, also one that repeats another. See [Answer.Passed].
func (c *Client) Verify(ctx context.Context, r VerifyRequest) (Answer, error) {
	return c.call(ctx, pathVerify, r)
}

// SecurityVerifyRequest has what the user typed, in the other body.
type SecurityVerifyRequest struct {
	AuthenticationRequestID string         `json:"authenticationRequestId,omitempty"` // that of the init
	AuthenticationID        string         `json:"authenticationId,omitempty"`        // from the answer to the init
	AuthenticationMethod    string         `json:"authenticationMethod,omitempty"`    // "OTP", may be left out
	AuthenticationType      string         `json:"authenticationType,omitempty"`      // "SMS", may be left out
	ChallengeData           *ChallengeData `json:"challengeData,omitempty"`
	Payment                 *Payment       `json:"payment,omitempty"` // that of the init
}

// ChallengeData is the user's part of a [SecurityVerifyRequest].
type ChallengeData struct {
	ChallengeType string `json:"challengeType,omitempty"` // that of the ActionForm, may be left out
	OTPValue      string `json:"otpValue,omitempty"`      // digits
	PasswordValue string `json:"passwordValue,omitempty"` // see [ChallengeKey.Encrypt]
	KeyVersion    string `json:"keyVersion,omitempty"`    // that of the ChallengeKey
}

// SecurityVerify is the same check as [Client.Verify]
// (security/verifyAuthentication).
func (c *Client) SecurityVerify(ctx context.Context, r SecurityVerifyRequest) (Answer, error) {
	return c.call(ctx, pathSecurityVerify, r)
}

// TriggerRequest asks for another message.
type TriggerRequest struct {
	TriggerRequestID string `json:"triggerRequestId,omitempty"` // yours, new for each message; may be left out
	ChallengeID      string `json:"challengeId,omitempty"`      // AuthenticationID of the answer to the init
	// AuthenticationMethod is "PASSWORD" to get a key and to send nothing, see [Client.PasswordKey].
	AuthenticationMethod string `json:"authenticationMethod,omitempty"`
}

// Trigger sends the same code once more (security/triggerChallenge). Attempts that
// were used stay used, and the code's lifetime goes on from the first message. Where
// the challenge asks for a password, nothing is sent, and the answer has a ChallengeKey.
func (c *Client) Trigger(ctx context.Context, r TriggerRequest) (Answer, error) {
	return c.call(ctx, pathTrigger, r)
}
