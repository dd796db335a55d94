package smsvoice

import (
	"context"
	"errors"
	"net/http"
	"time"

	"countersign/pkg/awsclient"
	"countersign/pkg/otp"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/pinpointsmsvoicev2"
)

// Timeout bounds one Send, from the credentials to the last byte of the answer. An init has nine seconds, and needs the
// rest of them for its writes.
const Timeout = 4 * time.Second

// Sender is an otp.Sender on AWS End User Messaging SMS. It is safe for concurrent use.
type Sender struct {
	client *pinpointsmsvoicev2.Client
	config Config
}

var _ otp.Sender = (*Sender)(nil)

// New returns a sender. It uses only Region and Credentials of cfg: no retries, no endpoint of another service, no HTTP
// client, and no logging of bodies, which hold number and code. It makes no request.
//
// The error names every setting that cannot be used.
func New(cfg aws.Config, c Config) (*Sender, error) {
	wire := awsclient.OnceTransport()
	s, err := newSender(cfg, c, wire)
	if err == nil && c.OpenAhead {
		awsclient.Ahead(wire, 1, "sms-voice", cfg.Region, c.Endpoint)
	}
	return s, err
}

// newSender is New with a transport of the caller's, for tests.
func newSender(cfg aws.Config, c Config, wire http.RoundTripper) (*Sender, error) {
	errs := []error{c.Validate()}
	if cfg.Region == "" {
		errs = append(errs, wrong("Region", "",
			"an AWS region with End User Messaging, such as eu-west-1 (AWS_REGION)"))
	}
	if cfg.Credentials == nil {
		errs = append(errs, wrong("Credentials", "",
			"a provider of AWS credentials (AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY)"))
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return &Sender{client: client(cfg, c.Endpoint, wire), config: c}, nil
}

// Send sends m to its number, with one request. The error of Refused and MaybeSent is an [*Error]; with Accepted it is
// nil.
//
// What m.Origin has goes before the [Config]. Its Name is used where the country of the number shows such a name (see
// [smsrules.ShowsName]). Elsewhere the message comes from the identity, so that the person still gets the code.
func (s *Sender) Send(ctx context.Context, m otp.Message) (otp.Delivery, string, error) {
	ctx, cancel := context.WithTimeout(ctx, Timeout)
	defer cancel()
	return classify(s.client.SendTextMessage(ctx, s.config.request(m)))
}
