package console

import (
	"reflect"
	"strings"
	"testing"

	"countersign/pkg/changes"
	"countersign/pkg/otp"
)

// TestChallengeShowsItsEvents: the page of a challenge has each text that its events carry, and so has the page of one
// that the table does not have any more.
func TestChallengeShowsItsEvents(t *testing.T) {
	onEachPast(t, func(p *past) {
		c := otp.Challenge{
			State: otp.Delivered, Max: 5, ExpiresAt: otp.MillisOf(p.now) + 1000, TTL: p.now.Unix() + 1000,
			Owner: "owner", Op: "op", Seed: []byte("seed"), Code: []byte("code"), Guess: []byte("guess"),
			Fingerprint: []byte("print"), Encrypted: []byte("number"),
		}
		texts := map[string]string{}
		for _, part := range []any{&c.Reported, &c.Marks} {
			for field, v := range reflect.ValueOf(part).Elem().Fields() {
				if v.Kind() == reflect.String {
					texts[field.Name] = "canary-" + field.Name
					v.SetString(texts[field.Name])
				}
			}
		}
		texts["Client"], texts["AuthID"] = "acme", "2026112"+strings.Repeat("7", 28)
		c.Client, c.AuthID = texts["Client"], texts["AuthID"]
		c.Key = otp.KeyOfAuthID(c.Client, c.AuthID)
		shows := func(page string) {
			p.t.Helper()
			for name, text := range texts {
				if !strings.Contains(page, text) {
					p.t.Errorf("the page of a challenge does not show %s, which its events carry: it is a field of "+
						"Life, set in LifeOf and goneStory of pkg/inquiry, and a row of challenge.html in "+
						"pkg/console/web", name)
				}
			}
		}
		if p.local() {
			p.facts = []changes.Event{changes.Facts(changes.Change{Is: &c})[0].Event()}
			page := p.page(c.AuthID)
			wants(p.t, page, "The challenge itself is deleted.")
			shows(page)
		}
		if w, err := p.Store.Reserve(p.t.Context(), c, nil, otp.MillisOf(p.now)); err != nil || !w.Applied {
			p.t.Fatal(w, err)
		}
		shows(p.page(c.AuthID))
	})
}
