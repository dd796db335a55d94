package console

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/url"
	"os"
	"path/filepath"
	"strconv"

	"github.com/go-json-experiment/json"

	"countersign/pkg/ams/amsclient"
	"countersign/pkg/clients"
	"countersign/pkg/clients/registry"
	"countersign/pkg/documents"
	"countersign/pkg/inquiry"
	"countersign/pkg/phone"
	"countersign/pkg/phone/plan"
	"countersign/pkg/signature"
)

// tryClient is the client whose requests are made.
type tryClient struct {
	record clients.Record
	client *clients.Client
}

// caller finds the client that a form names. Its error may be [refusals].
func (c *Console) caller(ctx context.Context, id string) (tryClient, error) {
	const unusable = "The record of this client cannot be used: the terminal of this program has the reason."
	r, err := c.recordOf(ctx, id)
	var broken registry.Unreadable
	switch {
	case errors.Is(err, documents.ErrNotFound):
		return tryClient{}, refusal("client", "No client has this id. countersign client list prints the ids.")
	case errors.As(err, &broken):
		return tryClient{}, refusal("client", unusable)
	case err != nil:
		return tryClient{}, err
	case r.Status == clients.StatusDisabled:
		return tryClient{}, refusal("client", "This client is disabled. countersign client enable ID lets it call "+
			"again.")
	}
	ring, err := c.Ring()
	if err != nil {
		return tryClient{}, err
	}
	client, err := r.Client(ctx, c.Config.Defaults(), ring)
	if err != nil {
		c.Log.Error("console", "part", "try", "client", id, "cause", err.Error())
		return tryClient{}, refusal("client", unusable)
	}
	return tryClient{r, client}, nil
}

// request returns the request of a form. Its error may be [refusals].
func (c *Console) request(from tryClient, in tryInput) (wire, error) {
	number, _ := written(in["contract"], in["number"]) // readTry refused one that AMS/DWS has no form for
	if in["contract"] == contractAMS {
		return c.requestAMS(from, in, number)
	}
	return c.requestUnimatrix(from, in, number)
}

// written returns a number as a contract writes it. A text that is no number stays, for the contract to answer.
func written(contract, typed string) (number, reason string) {
	plain := inquiry.Ungrouped(typed)
	n, known := plan.Lookup(plain)
	cc, national, split := phone.Split(plain)
	switch {
	case contract == contractUnimatrix && split:
		return "+" + cc + national, ""
	case contract == contractUnimatrix || plain == "" || plain[0] != '+':
		return plain, ""
	case !known:
		return "", "This number is not possible, so AMS/DWS has no form for it: calling code, hyphen, national " +
			"number. Write it so, as in 60-6543216353, to see what the contract answers."
	}
	return n.CC + "-" + plain[1+len(n.CC):], ""
}

// payment returns the payment of a form, nil for none.
func (in tryInput) payment() *amsclient.Payment {
	p := amsclient.Payment{Amount: in["amount"], Currency: in["currency"], Payee: in["payee"]}
	if p == (amsclient.Payment{}) {
		return nil
	}
	return &p
}

// Paths of the AMS/DWS contract, by what the form does.
var pathsAMS = map[string]string{
	doSend:   "/ams/api/v1/customers/initAuthentication",
	doResend: "/ams/api/v1/security/triggerChallenge",
	doVerify: "/ams/api/v1/users/verifyAuthentication",
}

// requestAMS returns a request of the AMS/DWS contract.
func (c *Console) requestAMS(from tryClient, in tryInput, number string) (wire, error) {
	if !clients.ValidAMSID(from.record.ID) {
		return wire{}, refusal("client", "AMS/DWS has no form for this client's id. Choose Unimatrix.")
	}
	var body any
	switch in["do"] {
	case doSend:
		init := amsclient.InitRequest{
			AuthenticationRequestID: in["request-id"], AuthenticationMethod: "OTP", AuthenticationType: "SMS",
			IdentityType: "MOBILENO", IdentityValue: number, Payment: in.payment(),
		}
		if in["language"] != "" {
			init.Env = map[string]string{"language": in["language"]}
		}
		body = init
	case doResend:
		body = amsclient.TriggerRequest{TriggerRequestID: in["form"], ChallengeID: in["authentication-id"]}
	case doVerify:
		body = amsclient.VerifyRequest{
			AuthenticationType: "OTP", AuthenticationRequestID: in["request-id"], AuthenticationValue: in["code"],
			Payment: in.payment(),
		}
	}
	text, err := json.Marshal(body)
	if err != nil {
		return wire{}, err
	}
	q := wire{target: pathsAMS[in["do"]], body: text, headers: [][2]string{
		{"Content-Type", "application/json; charset=UTF-8"}, {"Client-Id", from.record.ID},
	}}
	return q, c.signAMS(from, &q)
}

// signAMS adds a signature by the client's key in the data folder, if it has one there.
func (c *Console) signAMS(from tryClient, q *wire) error {
	path, version, found := c.Place.NewestPrivateKeyFile(from.record.ID)
	if !found {
		if from.client.Unsigned {
			return nil
		}
		return refusal("client", "AMS/DWS requests of this client are signed, and its private key is not here ("+
			filepath.Base(path)+"). Call where the key is: countersign call init NUMBER --client ID --key FILE. "+
			"Or make a further key here: countersign client rotate-key ID --generate-key.")
	}
	text, err := os.ReadFile(path)
	if err != nil {
		c.Log.Error("console", "part", "try", "cause", err.Error())
		return refusal("client", "The file of its private key cannot be read ("+filepath.Base(path)+").")
	}
	private, err := signature.ParsePrivateKey(text)
	if err != nil {
		return refusal("client", "The file of its private key has no usable key ("+filepath.Base(path)+").")
	}
	now := c.Now()
	at := strconv.FormatInt(now.UnixMilli(), 10)
	header, err := signature.Key{Version: version, Private: private}.Sign(
		signature.Text("POST", q.target, from.record.ID, at, q.body))
	if err != nil {
		return refusal("client", "The private key of this client cannot sign: "+err.Error()+".")
	}
	q.headers = append(q.headers, [2]string{"Request-Time", at}, [2]string{"Signature", header})
	if q.signed = true; from.client.Window > 0 {
		q.until = now.Add(from.client.Window)
	}
	return nil
}

// unimatrixBody has the members of otp.send and of otp.verify.
type unimatrixBody struct {
	To      string             `json:"to,omitempty"`
	Code    string             `json:"code,omitempty"`
	Intent  string             `json:"intent,omitempty"`
	Payment *amsclient.Payment `json:"payment,omitempty"`
}

// accessKeyParam begins the part of a target that has the access key.
const accessKeyParam = "accessKeyId="

// requestUnimatrix returns a request of the Unimatrix contract.
func (c *Console) requestUnimatrix(from tryClient, in tryInput, number string) (wire, error) {
	body, action := unimatrixBody{To: number, Intent: in["intent"], Payment: in.payment()}, "otp.send"
	if in["do"] == doVerify {
		action, body.Code = "otp.verify", in["code"]
	}
	text, err := json.Marshal(body)
	if err != nil {
		return wire{}, err
	}
	key := in["access-key"]
	if key == "" && from.record.IDIsKey() {
		key = from.record.ID
	}
	switch {
	case from.record.Unimatrix == "":
		return wire{}, refusal("client", "This client has no access by Unimatrix: countersign client set ID "+
			"--unimatrix simple gives it one.")
	case key == "":
		return wire{}, refusal("access-key", "The store has only a digest of its access key. Type the key, or make a "+
			"further one: countersign client add-access-key ID.")
	}
	query := url.Values{"action": {action}, "accessKeyId": {key}}
	q := wire{body: text, headers: [][2]string{{"Content-Type", "application/json"}}}
	if in["access-key"] != "" {
		q.hidden = accessKeyParam + url.QueryEscape(key)
	}
	if from.record.Unimatrix == "hmac" {
		if err := c.signUnimatrix(from, query, &q); err != nil {
			return wire{}, err
		}
	}
	q.target = "/?" + query.Encode()
	return q, nil
}

// signUnimatrix adds a signature by the client's newest secret to a query.
func (c *Console) signUnimatrix(from tryClient, query url.Values, q *wire) error {
	if len(from.client.Secrets) == 0 {
		return refusal("client", "This client has no secret to sign with: countersign client rotate-secret ID "+
			"makes one.")
	}
	now := c.Now()
	query.Set("algorithm", "hmac-sha256")
	query.Set("timestamp", strconv.FormatInt(now.UnixMilli(), 10))
	query.Set("nonce", c.newID())
	mac := hmac.New(sha256.New, from.client.Secrets[0])
	mac.Write([]byte(query.Encode())) // sorted by name, form-encoded
	query.Set("signature", hex.EncodeToString(mac.Sum(nil)))
	q.signed, q.single, q.until = true, from.client.Once, now.Add(from.client.Skew)
	return nil
}
