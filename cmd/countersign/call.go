package main

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/go-json-experiment/json"

	"countersign/pkg/ams/amsclient"
	"countersign/pkg/keyring"
	"countersign/pkg/openstore"
	"countersign/pkg/signature"
)

var callHelp = texts{
	"caller":     "Id of the client that calls; demo is unsigned.",
	"url":        "Base URL of the service.",
	"key":        "Private key to sign with, and its version (1). Without it: the client's newest one in the folder.",
	"server_key": "Public key to check answers with, and its version (1). Without it: the folder's keyring.",
	"call_data":  "Folder of keys.",
	"request_id": "Id of the request. Without it, one is made and printed on standard error.",
	"auth_id":    "authenticationId of the init's answer. The code is then sent as challengeData.",
	"resend":     "Send the same code once more, or get the key for a password.",
	"payment":    "What the code confirms, such as {\"amount\":\"10.50\",\"currency\":\"EUR\",\"payee\":\"Acme\"}.",
	"users":      "Call users/verifyAuthentication instead of security/verifyAuthentication.",
}

type callCommands struct {
	Init        callInit        `cmd:"" help:"Send a code to a number, or ask for a password."`
	UsersInit   callUsersInit   `cmd:"" help:"Send a code to the user behind a wallet token."`
	Verify      callVerify      `cmd:"" help:"Check a code or a password."`
	Resend      callResend      `cmd:"" aliases:"trigger" help:"resend"`
	SetPassword callSetPassword `cmd:"" help:"call_set"`
	Post        callPost        `cmd:"" help:"Post any body to any path."`
}

// Help describes the exit codes.
func (callCommands) Help() string {
	return "Prints the body of the answer as it came. Exits with 0 for status S, 2 for F, 3 for U, " +
		"and 1 if there is no answer, or none with a valid signature. " +
		"Without a public key of the service the signature is not checked, as a warning on standard error reports."
}

// caller are the flags of every call.
type caller struct {
	Client    string    `default:"demo" placeholder:"ID" help:"caller"`
	URL       string    `default:"http://127.0.0.1:8080" env:"COUNTERSIGN_URL" placeholder:"URL" help:"url"`
	Key       *keyFile  `placeholder:"FILE[:VERSION]" help:"key"`
	ServerKey []keyFile `sep:"none" placeholder:"FILE[:VERSION]" help:"server_key"`
	Data      string    `default:".countersign" env:"COUNTERSIGN_DATA" type:"path" help:"call_data"`
}

// resultStatus is the status F or U, as the error of a call. The answer is already
// printed.
type resultStatus string

func (s resultStatus) Error() string { return "the status is " + string(s) }

// exitCode is the exit code for the status.
func (s resultStatus) exitCode() int {
	if s == "F" {
		return 2
	}
	return 3
}

// request is a call of one API.
type request func(context.Context, *amsclient.Client) (amsclient.Answer, error)

// send makes a call and prints its answer.
func (c *caller) send(ctx context.Context, call request) error {
	client, err := c.newClient()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	a, err := call(ctx, client)
	var unreached *url.Error
	if errors.As(err, &unreached) {
		base, _ := url.Parse(c.URL) // newClient has checked it
		return fmt.Errorf("%w; is there a server at %s? countersign serve starts one", err, base.Redacted())
	}
	if err != nil {
		return err
	}
	if _, err := fmt.Printf("%s\n", a.Raw); err != nil {
		return err
	}
	if a.Result.Status != "S" {
		return resultStatus(a.Result.Status)
	}
	return nil
}

func (c *caller) newClient() (*amsclient.Client, error) {
	if err := openstore.CheckURL("--url", c.URL); err != nil {
		return nil, err
	}
	key, err := c.signingKey()
	if err != nil {
		return nil, err
	}
	servers, err := c.servers()
	if err != nil {
		return nil, err
	}
	return &amsclient.Client{
		URL: c.URL, ID: c.Client, Key: key, Servers: servers, Now: time.Now, Rand: rand.Reader,
	}, nil
}

// signingKey returns the key to sign with, or no key if none is found.
func (c *caller) signingKey() (signature.Key, error) {
	f := c.Key
	if f == nil {
		path, version, found := openstore.Place{Folder: c.Data}.NewestPrivateKeyFile(c.Client)
		if !found {
			if c.Client != "demo" {
				warn("the request is not signed: %s does not exist; name the private key with --key", path)
			}
			return signature.Key{}, nil
		}
		f = &keyFile{path, version}
	}
	text, err := os.ReadFile(f.File)
	if err != nil {
		return signature.Key{}, fmt.Errorf("--key: %w", err)
	}
	private, err := signature.ParsePrivateKey(text)
	if err != nil {
		return signature.Key{}, fmt.Errorf("--key %s: %w", f.File, err)
	}
	return signature.Key{Version: f.version(), Private: private}, nil
}

// version returns the version, by default 1 as in the vendors' SDKs.
func (f keyFile) version() string {
	if f.Version == "" {
		return "1"
	}
	return f.Version
}

// servers returns the public keys to check answers with, by version. It is nil if there are
// none.
func (c *caller) servers() (map[string]*rsa.PublicKey, error) {
	if c.ServerKey == nil {
		return c.localKeys()
	}
	servers := map[string]*rsa.PublicKey{}
	for _, f := range c.ServerKey {
		key, err := f.publicKey()
		if err != nil {
			return nil, fmt.Errorf("--server-key: %w", err)
		}
		servers[f.version()] = key
	}
	return servers, nil
}

// localKeys returns the public keys of a server on this machine, or nil if it has none.
func (c *caller) localKeys() (map[string]*rsa.PublicKey, error) {
	servers, err := signKeys(openstore.Place{Folder: c.Data}.KeysFile())
	if err == nil && len(servers) == 0 {
		warn("the answer's signature is not checked, because %s has no key that signs answers: "+
			"give the service's public key, which keys list prints, with --server-key", c.Data)
		return nil, nil
	}
	return servers, err
}

// signKeys returns the public keys in a keyring's file, by version. It makes no keyring. A file
// that cannot be read is an error, so that no answer passes unchecked.
func signKeys(path string) (map[string]*rsa.PublicKey, error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("the keys to check the answer with cannot be read: %w; "+
			"give the server's public key with --server-key", err)
	}
	d, err := keyring.Parse(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	keys := map[string]*rsa.PublicKey{}
	for _, k := range d.List(time.Now()) {
		if k.Kind != keyring.Sign {
			continue
		}
		if keys[fmt.Sprint(k.Version)], err = signature.ParsePublicKey([]byte(k.PublicKey)); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
	}
	return keys, nil
}

// requestID is the flag for the id of a request.
type requestID struct {
	ID string `placeholder:"ID" help:"request_id"`
}

// id returns the id, and makes one if none is given.
func (r requestID) id() string {
	if r.ID == "" {
		r.ID = rand.Text()
		warn("id %s", r.ID)
	}
	return r.ID
}

// paying is the flag for a payment.
type paying struct {
	Payment *payment `placeholder:"JSON" help:"payment"`
}

// payment is one as the request has it.
type payment amsclient.Payment

// UnmarshalText reads the object. The service decides about its values.
func (p *payment) UnmarshalText(text []byte) error {
	if err := json.Unmarshal(text, (*amsclient.Payment)(p), json.RejectUnknownMembers(true)); err != nil {
		return fmt.Errorf(`it must be a JSON object with "amount", "currency", "payee" and, if need be, "purpose", `+
			`each a string: %w`, err)
	}
	return nil
}

type callInit struct {
	caller
	requestID
	paying
	Method string `enum:"otp,password" default:"otp" help:"call_method"`
	Kind   string `enum:"payment,login" default:"payment" help:"call_kind"`
	Number string `arg:"" help:"+606543216353, or 60-6543216353 as it is sent."`
}

// Run sends a code to a number, or asks for a password of it.
func (c *callInit) Run(ctx context.Context) error {
	number, err := phoneNumber(c.Number)
	if err != nil {
		return err
	}
	body := amsclient.InitRequest{
		AuthenticationRequestID: c.id(), AuthenticationMethod: "OTP", AuthenticationType: "SMS",
		IdentityType: "MOBILENO", IdentityValue: number, Payment: (*amsclient.Payment)(c.Payment),
	}
	return c.send(ctx, func(ctx context.Context, client *amsclient.Client) (amsclient.Answer, error) {
		if c.Method == "password" {
			body.AuthenticationType = strings.ToUpper(c.Kind)
			return client.InitPassword(ctx, body)
		}
		return client.Init(ctx, body)
	})
}

type callUsersInit struct {
	caller
	requestID
	paying
	Token string `arg:"" help:"The wallet token, or - for the standard input."`
}

// Run sends a code to the user behind a token.
func (c *callUsersInit) Run(ctx context.Context) error {
	if c.Token == "-" {
		text, err := readSecret("-")
		if err != nil {
			return err
		}
		c.Token = string(text)
	}
	return c.send(ctx, func(ctx context.Context, client *amsclient.Client) (amsclient.Answer, error) {
		return client.UsersInit(ctx, amsclient.UsersInitRequest{
			AuthenticationType: "OTP", AuthenticationRequestID: c.id(), AuthenticationChannelType: "SMS",
			UserIdentityType: "WALLET_TOKEN", UserIdentityValue: c.Token, Payment: (*amsclient.Payment)(c.Payment),
		})
	})
}

type callVerify struct {
	caller
	paying
	AuthenticationID string `xor:"body" placeholder:"ID" help:"auth_id"`
	Users            bool   `xor:"body" help:"users"`
	Password         bool   `help:"call_typed"`
	ID               string `arg:"" help:"The id of the init."`
	Code             string `arg:"" optional:"" help:"What the person typed."`
}

// Run checks a code or a password.
func (c *callVerify) Run(ctx context.Context) error {
	if c.Password {
		return c.password(ctx)
	}
	if c.Code == "" {
		return errors.New("give the code that the person typed, or --password")
	}
	return c.send(ctx, func(ctx context.Context, client *amsclient.Client) (amsclient.Answer, error) {
		body := amsclient.VerifyRequest{
			AuthenticationType: "OTP", AuthenticationRequestID: c.ID, AuthenticationValue: c.Code,
			Payment: (*amsclient.Payment)(c.Payment),
		}
		switch {
		case c.Users:
			return client.Verify(ctx, body)
		case c.AuthenticationID != "":
			return client.SecurityVerify(ctx, amsclient.SecurityVerifyRequest{
				AuthenticationRequestID: c.ID, AuthenticationID: c.AuthenticationID,
				ChallengeData: &amsclient.ChallengeData{ChallengeType: "sms", OTPValue: c.Code}, Payment: body.Payment,
			})
		}
		text, err := json.Marshal(body) // security/verifyAuthentication accepts this body too
		if err != nil {
			return amsclient.Answer{}, err
		}
		return client.Post(ctx, "/ams/api/v1/security/verifyAuthentication", text)
	})
}

type callResend struct {
	caller
	requestID
	Method           string `enum:"otp,password" default:"otp" help:"call_method"`
	AuthenticationID string `arg:"" help:"authenticationId of the init's answer."`
}

// Run sends the same code once more, or prints the key for a password.
func (c *callResend) Run(ctx context.Context) error {
	return c.send(ctx, func(ctx context.Context, client *amsclient.Client) (amsclient.Answer, error) {
		if c.Method == "password" {
			return client.PasswordKey(ctx, c.AuthenticationID)
		}
		return client.Trigger(ctx, amsclient.TriggerRequest{TriggerRequestID: c.id(), ChallengeID: c.AuthenticationID})
	})
}

type callPost struct {
	caller
	Path string `arg:"" help:"Path, with its query where it has one."`
	Body string `arg:"" default:"{}" help:"The body, or - for the standard input; {} without."`
}

// Run posts a body.
func (c *callPost) Run(ctx context.Context) error {
	body := []byte(c.Body)
	if c.Body == "-" {
		var err error
		if body, err = readInput("-"); err != nil {
			return err
		}
	}
	return c.send(ctx, func(ctx context.Context, client *amsclient.Client) (amsclient.Answer, error) {
		return client.Post(ctx, c.Path, body)
	})
}
