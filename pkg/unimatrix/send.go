package unimatrix

import (
	"context"
	"fmt"
	"slices"

	"countersign/pkg/clients"
	"countersign/pkg/otp"
	"countersign/pkg/telemetry"
)

// send serves otp.send.
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
	sent, err := s.Backend.Send(ctx, c, r, n)
	told := telemetry.From(ctx)
	told.Started("send", otp.Started{Outcome: sent.Outcome, Wait: sent.Wait, Cause: sent.Cause}, err)
	if err != nil {
		return refuse(internal)
	}
	if sent.Outcome == otp.Sent {
		return sentAnswer(sent, n)
	}
	if known, ok := sendResults[sent.Outcome]; ok {
		return answer{result: known, wait: sent.Wait}
	}
	if told.Fault == "" {
		told.Fail("send", fmt.Errorf("outcome %q, which the contract has no answer for", sent.Outcome))
	}
	return refuse(internal)
}

// restricted says what of a request is not this client's to ask for. Calls and
// WhatsApp are nobody's: there is a sender of SMS only.
func restricted(c *clients.Client, r SendRequest) result {
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
