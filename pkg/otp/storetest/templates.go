package storetest

import (
	"testing"

	"countersign/pkg/otp"
)

// testTemplates: a text that is registered goes out with the id of its own registration, and not with the one that the
// origin has for all texts. A re-send chooses its text by the country that the challenge stores.
func testTemplates(t *testing.T, o Opener) {
	w := newWorld(o.Open(t))
	origins := func(region string) otp.Origin {
		return otp.Origin{Identity: "ACMEIN " + region, EntityID: "entity", TemplateID: "of all texts"}
	}
	r := start("id", phone)
	r.Region, r.Origins, r.Template = "IN", origins, "of the init"
	first := w.init(t, r, otp.Sent)
	resend := again("", first)
	resend.Origins = origins
	for _, template := range []string{"of the re-send", ""} {
		w.Clock.Advance(cooldown)
		resend.Wording = func(region string, _ otp.Payment) (otp.Text, string, error) {
			if region != "IN" {
				t.Errorf("the text of a re-send is that for %q", region)
			}
			return resend.Text, template, nil
		}
		w.resend(t, resend, otp.Sent)
	}
	want := []string{"of the init", "of the re-send", "of all texts"}
	for n, m := range w.Inbox.Messages() {
		if m.Origin != (otp.Origin{Identity: "ACMEIN IN", EntityID: "entity", TemplateID: want[n]}) {
			t.Errorf("message %d comes from %+v, want the template %s", n, m.Origin, want[n])
		}
	}
	w.messages(t, len(want))
}
