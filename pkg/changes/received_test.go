package changes_test

import (
	"encoding/hex"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"countersign/pkg/changes"
	"countersign/pkg/changes/changestest"
	"countersign/pkg/otp"
)

func received(reason otp.Reason) *otp.Receipt {
	return &otp.Receipt{
		MessageID: "0123abcd-89ef-4000-8000-000000000001", Reason: reason, Network: "502-12", At: sentAt,
		Parts: 2, Price: 12_900,
		Reported: otp.Reported{Client: "demo", AuthID: strings.Repeat("1", 35), Region: "MY", Mask: "+*******6353"},
	}
}

// The receipts of a message give a fact for each state, with the same id each time, and none while the state stays.
func TestFactsOfReceipts(t *testing.T) {
	ids := map[string]otp.MessageState{}
	for _, is := range otp.Reasons() {
		facts := changes.Facts(changes.Change{Receipt: received(is)})
		if len(facts) != 1 {
			t.Fatalf("%s: %+v", is, facts)
		}
		valid(t, facts[0])
		f := facts[0]
		if state, known := ids[f.ID]; known && state != is.State() || f.State != is.State() || f.PriceUSD != 0.0129 {
			t.Errorf("%s: %+v has the id of %s", is, f, state)
		}
		ids[f.ID] = is.State()
		for _, was := range otp.Reasons() {
			again := changes.Facts(changes.Change{WasReceipt: received(was), Receipt: received(is)})
			if changed := was.State() != is.State(); len(again) == 1 != changed || changed && again[0].ID != f.ID {
				t.Errorf("%s, then %s: %+v", was, is, again)
			}
		}
	}
	of := changes.Facts(changes.Change{Receipt: received(otp.ReasonArrived)})[0]
	ours := image(func(c *otp.Challenge) { c.Messages, _ = hex.DecodeString("0123abcd89ef40008000000000000001") })
	if !of.Of(ours) || of.Of(image()) {
		t.Error("a receipt is of the challenge that names its message, and of no other one")
	}
	if len(ids) != 5 {
		t.Errorf("%d ids for five states", len(ids))
	}
	if got := changes.Facts(changes.Change{WasReceipt: received(otp.ReasonSpam), Swept: true}); len(got) != 0 {
		t.Errorf("a receipt that is swept gives %+v", got)
	}
}

// The schemas list the reasons of their states, and allow what a receipt of SNS lacks.
func TestSchemasOfReceipts(t *testing.T) {
	all, err := changestest.Schemas()
	if err != nil {
		t.Fatal(err)
	}
	for _, reason := range otp.Reasons() {
		r := received(reason)
		r.Client, r.AuthID, r.Network, r.Parts, r.Price, r.Region, r.Mask = "", "", "", 0, 0, "", ""
		f := changes.Facts(changes.Change{Receipt: r})[0]
		changestest.Valid(t, f)
		event, err := json.Marshal(f.Event())
		if err != nil {
			t.Fatal(err)
		}
		for kind := range all {
			if kind != string(f.Kind) && changestest.Against(t, kind, event) == nil {
				t.Errorf("%s matches the schema of %s too", reason, kind)
			}
		}
		f.Reason = "other"
		if event, err = json.Marshal(f.Event()); err != nil || changestest.Against(t, string(f.Kind), event) == nil {
			t.Errorf("%v, or %s.json allows any reason", err, f.Kind)
		}
	}
}

// A message that was accepted has the id that its service gave it. One without an id has none, not that of an earlier
// message.
func TestFactOfSentHasItsMessage(t *testing.T) {
	first, second := slices.Repeat([]byte{1}, 16), slices.Repeat([]byte{2}, 16)
	with := func(ids []byte) func(*otp.Challenge) { return func(c *otp.Challenge) { c.Messages = ids } }
	for name, c := range map[string]struct {
		was, is *otp.Challenge
		want    string
	}{
		"the first":          {image(), image(state(sent), with(first)), "01010101-0101-0101-0101-010101010101"},
		"several in a row":   {nil, image(state(sent), with(first)), "01010101-0101-0101-0101-010101010101"},
		"none":               {image(), image(state(sent)), ""},
		"none after another": {image(state(sent), with(first)), image(state(sent), again, with(first)), ""},
		"another": {
			image(state(sent), with(first)), image(state(sent), again, with(append(second, first...))),
			"02020202-0202-0202-0202-020202020202",
		},
	} {
		facts := changes.Facts(changes.Change{Was: c.was, Is: c.is})
		if len(facts) != 1 || facts[0].MessageID != c.want {
			t.Errorf("%s: %+v, want %q", name, facts, c.want)
		}
		valid(t, facts[0])
	}
}
