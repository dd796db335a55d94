package unimatrix

import (
	"context"
	"encoding/hex"
	"fmt"
	"io"
	"slices"
	"time"

	"countersign/pkg/clients"
	"countersign/pkg/otp"
	"countersign/pkg/phone"
	"countersign/pkg/telemetry"
)

// send serves otp.send: it sends a code by SMS.
func (s *API) send(ctx context.Context, c *clients.Client, body []byte) answer {
	r, a := decodeSend(body)
	if a.result != pass {
		return a
	}
	n, a := s.recipient(ctx, c, r.To)
	if a.result != pass {
		return a
	}
	if refused := restricted(c, r); refused != pass {
		return refuse(refused)
	}
	start, err := s.Messages.Start(ctx, c, n)
	if err != nil {
		return refuse(internal)
	}
	s.scenario(ctx, c, &start, r)
	got, err := s.Messages.Issuer.Send(ctx, start)
	if got.Outcome == otp.InProgress {
		got.Outcome, got.Wait = otp.TooSoon, soon // a limit will refuse one more message after that of the other call
	}
	telemetry.From(ctx).Started("send", got, err)
	if err != nil {
		return refuse(internal)
	}
	return s.sent(ctx, got, n)
}

// restricted returns the result that refuses what a client may not ask for. No client may ask for calls and WhatsApp:
// there is a sender of SMS only.
//
// A client without a list of names may give none, but the vendor's SDKs always send what an application has set: such a
// name is ignored, and the client's own sender and brand are used.
func restricted(c *clients.Client, r sendRequest) result {
	lists := func(list []string, name string) bool {
		return name == "" || len(list) == 0 || slices.Contains(list, name)
	}
	switch {
	case r.Code != "" && !c.CustomCodes:
		return restrictedParams
	case !lists(c.SenderNames, r.Signature):
		return noSuchSenderName
	case !lists(c.Templates, r.TemplateID):
		return noSuchTemplate
	case r.Channel != "" && r.Channel != "sms" && r.Channel != "auto":
		return noUpstreamConfigured
	}
	return pass
}

// kept is how long a generated code can be verified: the longest ttl that otp.verify accepts. The message states
// [defaultTTL].
const kept = 30 * time.Minute

// scenario adds to start the fields that the request chooses. The scenario, a number with an intent, takes the place of
// the id that other contracts have.
func (s *API) scenario(ctx context.Context, c *clients.Client, start *otp.Start, r sendRequest) {
	start.ID = s.Messages.Issuer.Keys.Keys(ctx).Scenarios(start.Client, r.To, r.Intent)[0]
	if slices.Contains(c.SenderNames, r.Signature) && s.SenderName(r.Signature) {
		start.From = r.Signature
	}
	start.Code, start.Digits = r.Code, r.Digits
	if r.Code == "" {
		start.Policy.Validity, start.StatedValidity = kept, defaultTTL
		return
	}
	start.Policy.Validity = r.TTL
	if r.TTL == 0 {
		start.Policy.Validity = defaultTTL
	}
}

// sent answers with the outcome of a send.
func (s *API) sent(ctx context.Context, got otp.Started, n phone.Number) answer {
	switch r := sendResults[got.Outcome]; r {
	case success:
		var id [16]byte
		if _, err := io.ReadFull(s.Rand, id[:]); err != nil {
			return fault(ctx, "entropy", fmt.Errorf("random bytes of the message id: %w", err))
		}
		return sentAnswer(hex.EncodeToString(id[:]), n)
	case internal, pass:
		if record := telemetry.From(ctx); record.Fault == "" {
			record.Fail("send", fmt.Errorf("outcome %q, which the contract has no answer for", got.Outcome))
		}
		return refuse(internal)
	default:
		return answer{result: r, wait: got.Wait}
	}
}
