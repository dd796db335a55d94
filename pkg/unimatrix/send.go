package unimatrix

import (
	"cmp"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"slices"

	"countersign/pkg/admission"
	"countersign/pkg/clients"
	"countersign/pkg/otp"
	"countersign/pkg/phone"
	"countersign/pkg/telemetry"
)

// send serves otp.send: it sends a code by SMS.
func (s *API) send(ctx context.Context, c *clients.Client, body []byte, source string) answer {
	r, a := decodeSend(body)
	if a.result != pass {
		return a
	}
	n, a := s.recipient(ctx, c, r.To)
	if a.result != pass {
		return a
	}
	if a := restricted(c, r); a.result != pass {
		return a
	}
	start, err := s.Messages.Start(ctx, c, n, r.Payment)
	var unfit *admission.Unfit
	switch {
	case errors.As(err, &unfit):
		return refuseFor(invalidParams, "payment: "+unfit.Rule)
	case err != nil:
		return refuse(internal)
	}
	s.scenario(ctx, c, &start, r)
	start.Source = source
	got, err := s.Messages.Issuer.Send(ctx, start)
	if got.Outcome == otp.InProgress {
		got.Outcome, got.Wait = otp.TooSoon, soon // a limit will refuse one more message after that of the other call
	}
	telemetry.From(ctx).Started("send", got, err)
	if err != nil {
		return refuse(internal)
	}
	return s.sent(ctx, got, r.To, n)
}

// restricted returns the answer that refuses what a client may not ask for. No client may ask for calls and WhatsApp:
// there is a sender of SMS only.
//
// A client without a list of names may give none, but the vendor's SDKs always send what an application has set: such a
// name is ignored, and the client's own sender and brand are used.
//
// A chosen code that is too short is refused: unlike other fields that ask for less than the operator set, it cannot be
// made stricter.
func restricted(c *clients.Client, r sendRequest) answer {
	lists := func(list []string, name string) bool {
		return name == "" || len(list) == 0 || slices.Contains(list, name)
	}
	switch {
	case r.Code != "" && !c.CustomCodes:
		return refuseFor(restrictedParams, "code: must be left out by a client without --custom-codes")
	case r.Code != "" && len(r.Code) < c.Bounds.Digits:
		return refuseFor(restrictedParams, fmt.Sprintf("code: must have at least %d digits", c.Bounds.Digits))
	case !lists(c.SenderNames, r.Signature):
		return refuseFor(noSuchSenderName, "signature: must be in the client's list")
	case !lists(c.Templates, r.TemplateID):
		return refuseFor(noSuchTemplate, "templateId: must be in the client's list")
	case r.Channel != "" && r.Channel != "sms" && r.Channel != "auto":
		return refuse(noUpstreamConfigured)
	}
	return answer{}
}

// kept is how long a generated code can be verified: the longest ttl that otp.verify accepts. The message states
// [DefaultTTL].
const kept = otp.LongestLife

// scenario adds to start the fields that the request chooses, within the bounds of its client: a longer lifetime or a
// shorter code becomes the one that the operator set, so that SDKs go on working. The scenario, a line with an intent,
// takes the place of the id that other contracts have; every spelling of the line has the same one.
func (s *API) scenario(ctx context.Context, c *clients.Client, start *otp.Start, r sendRequest) {
	start.ID = s.Messages.Issuer.Keys.Keys(ctx).Scenarios(start.Client, start.To, r.Intent)[0]
	if slices.Contains(c.SenderNames, r.Signature) && s.SenderName(r.Signature) {
		start.Origins = s.Messages.Origins(c, r.Signature)
	}
	if start.Code = r.Code; r.Code != "" {
		start.Policy.Validity = c.Bounds.Lifetime(cmp.Or(r.TTL, DefaultTTL))
		return
	}
	if r.Digits > 0 { // else the policy decides
		start.Digits = c.Bounds.Length(r.Digits)
	}
	start.Policy.Validity, start.StatedValidity = c.Bounds.Lifetime(kept), DefaultTTL
}

// sent answers with the outcome of a send.
func (s *API) sent(ctx context.Context, got otp.Started, to otp.Phone, n phone.Number) answer {
	switch r := sendResults[got.Outcome]; r {
	case success:
		var id [16]byte
		if _, err := io.ReadFull(s.Rand, id[:]); err != nil {
			return fault(ctx, "entropy", fmt.Errorf("random bytes of the message id: %w", err))
		}
		parts := max(1, telemetry.From(ctx).Parts) // nothing is written to a test number, whose answers are as others
		return sentAnswer(hex.EncodeToString(id[:]), to, n, parts)
	case internal, pass:
		if record := telemetry.From(ctx); record.Fault == "" {
			record.Fail("send", fmt.Errorf("outcome %q, which the contract has no answer for", got.Outcome))
		}
		return refuse(internal)
	default:
		return answer{result: r, wait: got.Wait}
	}
}
