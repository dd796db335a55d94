package console

import (
	"context"
	"fmt"
	"slices"

	"countersign/pkg/inquiry"
	"countersign/pkg/otp"
)

// tryPage is the content of Try it.
type tryPage struct {
	Clients []string // to choose from; empty if there are too many
	Step2   bool     // a code can be typed
	Done    *triedPart

	values  tryInput
	refused refusals
	inStep2 bool   // the refusals are of the second form
	focus   string // id of the element where the page begins; "" for its start
	form    string // id of the second form
	keyed   bool   // the calls need an access key that a person types
}

// triedPart is what the page shows of a call.
type triedPart struct {
	verdict
	Again     bool // the form came before, and nothing was sent
	Refused   bool // by this form: nothing was sent
	Challenge *inquiry.Life
	Filter    string // address of the phone with the messages to the number, "" without one
	Calls     []shownCall
}

// shownCall is the request and the answer, as they were on the wire.
type shownCall struct {
	ID                    string // of its elements
	Request, Answer, Curl string
	Validity              string // how long the command is accepted
	Masked                bool   // without the access key
}

// newTry returns the empty form.
func (c *Console) newTry(ctx context.Context) tryPage {
	return c.tryAgain(ctx, tryInput{"contract": contractAMS, "client": c.Demo.ID, "request-id": c.newID()})
}

// tryAgain returns the form with what was typed.
func (c *Console) tryAgain(ctx context.Context, in tryInput) tryPage {
	ids, many := c.activeIDs(ctx)
	if many {
		ids = nil
	}
	if in["contract"] == "" {
		in["contract"] = contractAMS
	}
	if _, given := in["request-id"]; !given {
		in["request-id"] = c.newID()
	}
	if id := in["client"]; id != "" && len(ids) > 0 && !slices.Contains(ids, id) {
		ids = append(ids, id) // what was chosen stays, with the reason why it cannot call
	}
	return tryPage{
		Clients: ids, values: in, form: c.newID(), keyed: in["access-key"] != "",
		Step2: in["do"] == doVerify || in["do"] == doResend,
	}
}

// refuse shows why nothing was sent.
func (p *tryPage) refuse(do string, why refusals) {
	p.refused, p.inStep2 = why, do == doVerify || do == doResend
	p.Done = &triedPart{Refused: true, verdict: verdict{Mark: "bad", Word: "Not sent", Text: why[""]}}
	if p.Done.Text == "" {
		p.Done.Text = "Each field that is marked has the reason."
	}
	for _, f := range tryFields {
		if why[f.Name] == "" {
			continue
		}
		if shown := p.field(f.Name, p.inStep2); f.Label != "" && (!p.inStep2 || !f.carried()) {
			p.focus = shown.ID
			return
		}
		p.Done.Text = why[f.Name]
	}
	p.focus = "try-said"
}

// did shows a call.
func (p *tryPage) did(in tryInput, done tried, again bool) {
	p.Done = &triedPart{verdict: done.verdict, Again: again, Challenge: done.challenge}
	if n, err := inquiry.Typed(in["number"]); err == nil {
		p.Done.Filter = phoneAddress(n.E164.E164(), "", "")
	}
	ch := done.challenge
	if in["do"] == doVerify && ch != nil && ch.Attempts >= ch.Allowed && ch.State != string(otp.Used) {
		p.Done.verdict.Word, p.Done.verdict.Text = "Locked", wordsAMS["VERIFY_TIMES_EXCEED_LIMIT"].Text
	}
	if done.sent.hidden != "" {
		p.Done.Calls = append(p.Done.Calls, done.shown(in, "masked", true))
	}
	p.Done.Calls = append(p.Done.Calls, done.shown(in, "call", false))
	delete(in, "code") // it was used: the field is for the next one
	if done.verdict.authID != "" {
		in["authentication-id"] = done.verdict.authID
	}
	sent := in["do"] == doSend && done.verdict.Mark == "good"
	p.Step2 = p.Step2 || sent
	switch live := ch != nil && ch.State == inquiry.Live; {
	case p.Step2 && live:
		p.focus = "code"
	case in["do"] == doVerify:
		p.focus = "try-new"
	default:
		p.focus = "try-said"
	}
}

// shown returns what the page shows of the call.
func (t tried) shown(in tryInput, id string, masked bool) shownCall {
	s := shownCall{ID: "try-" + id, Request: string(t.sent.bytes()), Answer: t.answer.all, Curl: t.sent.curl(),
		Masked: masked}
	if masked {
		s.Request, s.Curl = t.sent.mask(s.Request), t.sent.mask(s.Curl)
	}
	switch {
	case t.sent.single:
		s.Validity = "This client uses each nonce once: the command is refused, since the request has come."
	case !t.sent.until.IsZero():
		s.Validity = "The command is signed for this time: it is accepted until " +
			t.sent.until.UTC().Format("15:04:05") + " UTC."
	case t.sent.signed:
		s.Validity = "The command is signed. This client's requests are accepted at any time."
	default:
		s.Validity = "The command is not signed: it works at any time."
	}
	switch {
	case in["do"] == doVerify:
		s.Validity += " Each run is one more guess."
	case in["contract"] == contractUnimatrix:
		s.Validity += " A run after the cooldown sends the live code again."
	default:
		s.Validity += " Runs with the same id send nothing more."
	}
	return s
}

// AMS reports whether the AMS/DWS contract is chosen.
func (p tryPage) AMS() bool { return p.values["contract"] != contractUnimatrix }

// Chosen reports whether a client is chosen.
func (p tryPage) Chosen(client string) bool { return p.values["client"] == client }

// Send returns a field of the first form, and Check one of the second.
func (p tryPage) Send(name string) tryField { return p.field(name, false) }

// Check returns a field of the second form.
func (p tryPage) Check(name string) tryField { return p.field(name, true) }

func (p tryPage) field(name string, second bool) (found tryField) {
	for _, f := range tryFields {
		if f.Name == name {
			found = f
		}
	}
	found.ID, found.Value = "send-"+name, p.values[name]
	if second {
		found.ID, found.Only = "check-"+name, ""
	}
	if name == "code" {
		found.ID = "code" // the name that the page's autofill and the tests know
	}
	if found.Kind == "password" {
		found.Value = "" // never shown again
	}
	if p.inStep2 == second {
		found.Error = p.refused[name]
	}
	found.Focus = p.focus == found.ID
	return found
}

// Carried returns what the second form has of the first one.
func (p tryPage) Carried() (all []tryField) {
	for _, f := range tryFields {
		if f.carried() && p.values[f.Name] != "" {
			f.Value = p.values[f.Name]
			all = append(all, f)
		}
	}
	return append(all, tryField{Name: "form", Value: p.form})
}

// Keyed reports whether the second form asks for an access key.
func (p tryPage) Keyed() bool { return p.keyed || p.inStep2 && p.refused["access-key"] != "" }

// Rare reports whether the fields that are seldom used have something to show.
func (p tryPage) Rare() bool {
	for _, name := range []string{"request-id", "intent", "language", "amount", "currency", "payee"} {
		if p.Send(name).Error != "" || name != "request-id" && p.values[name] != "" {
			return true
		}
	}
	return false
}

// Focused reports whether the page begins at an element.
func (p tryPage) Focused(id string) bool { return p.focus == id }

// News returns what screen readers read. It differs from guess to guess.
func (t triedPart) News() string {
	news := t.Word + ". " + t.Text
	if t.Challenge != nil {
		news += fmt.Sprintf(" Guesses used: %d of %d.", t.Challenge.Attempts, t.Challenge.Allowed)
	}
	return news
}
