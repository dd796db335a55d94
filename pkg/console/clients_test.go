package console

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"countersign/pkg/clients"
	"countersign/pkg/filetest"
	"countersign/pkg/phone/plan"
)

// Canaries are values of a client that no page may have.
const (
	canarySecret    = "canary-hmac-secret-0123456789"
	canaryAccessKey = "canary_access_key_0123456789"
	canaryCode      = "739182"
	canaryNumber    = "+12025550187"
	canaryIdentity  = "+60129876543"
)

// full adds a client that has everything, and returns its record.
func (s *site) full(t *testing.T) clients.Record {
	t.Helper()
	key := filetest.Read(t, "../ams/testdata/contracts/ams-test-client.pub.pem")
	two := 2
	r := clients.Record{
		ID: "shop", Keys: []clients.Key{{PEM: string(key)}}, Unimatrix: "hmac", Networks: []string{"192.0.2.0/24"},
		APIs: []string{"ams"}, Countries: []string{"MY", "GB", "IN"}, PerMinute: 600, Brand: "Shop <b>",
		Limits:  clients.Limits{PerDay: new(4), Attempts: &two},
		Texts:   map[string]string{"en": "{code} is your <i>code</i>."},
		Senders: map[string]clients.Sender{"GB": {Identity: canaryIdentity, Registered: true}},
		DLT:     []clients.Registration{{Language: "hi", Template: "1107160000000000001"}},
		Guard: clients.Guard{Rules: []clients.GuardRule{
			{Prefix: "+60123456789", Verdict: clients.Block}, {Countries: []string{"TH"}, Verdict: clients.Block},
		}},
	}
	if err := s.registry.Add(t.Context(), r, []byte(canarySecret), canaryAccessKey); err != nil {
		t.Fatal(err)
	}
	n, _ := plan.Lookup(canaryNumber)
	if err := s.registry.AddTestNumber(t.Context(), "shop", n, canaryCode, testNow.Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	r, err := s.registry.Get(t.Context(), "shop")
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// canaries are what no page may have of a client.
func canaries(r clients.Record) []string {
	all := []string{
		canarySecret, canaryAccessKey, canaryCode, canaryNumber[1:], canaryIdentity[1:], "60123456789",
		string(r.Secrets[0].Sealed), string(r.TestNumbers[0].Sealed), string(r.AccessKeys[0].Digest),
	}
	return append(all, strings.Fields(r.Keys[0].PEM)[3])
}

// TestClient: the page about a client has its facts, each limit with whose it is, the commands, and no secret.
func TestClient(t *testing.T) {
	onEachSite(t, func(t *testing.T, s *site) {
		r := s.full(t)
		s.Now = func() time.Time { return testNow.Add(12 * 24 * time.Hour) }
		page := s.get(t, 200, "/console/clients?client=shop")
		wants(t, page, "status active, added 2026-11-27 12:30:00", "networks 192.0.2.0/24", "countries MY, GB, IN",
			"public key 1 SHA-256 ", "12 days countersign client remove-key shop 1",
			"Unimatrix access key "+r.AccessKeys[0].Digest.Fingerprint(), "HMAC secret the newest",
			"countersign client rotate-secret shop", "guesses at one code 2 its own",
			"messages to a number in 24 hours 4 its own", "messages to a number in an hour 4, as its day has no more",
			"digits of a code 6 the deployment's countersign client set shop --digits 6",
			"requests in a minute 600 its own", "brand Shop <b> its own countersign client set shop --brand 'Shop <b>'",
			"hi, plain: 1107160000000000001", "test numbers +1******0187, until 2026-11-27 13:30:00, over",
			"GB=+60*****6543", "blocked +60*****6789, until it is removed", "{code} is your <i>code</i>.",
			"countersign client set shop --country MY,GB", "enforce, 150 unanswered messages in new countries")
		lacks(t, page, canaries(r)...)
		if strings.Contains(page, "<i>code") || strings.Contains(page, "Shop <b>") {
			t.Error("a value is taken for HTML")
		}
		for _, path := range []string{"/console/clients", "/console/guard?all=1", "/console/settings"} {
			lacks(t, s.get(t, 200, path), canaries(r)...)
		}
		if strings.Contains(s.log.String(), "canary") {
			t.Errorf("the log has a secret: %s", s.log)
		}
		if strings.Contains(page, "those of this command") != (s.Local == nil) {
			t.Error("the page must say whose environment the values are of, where it is not the server's")
		}
	})
}

// TestWarnings: the page warns as the commands do, and of what only a look at the record shows.
func TestWarnings(t *testing.T) {
	s := localSite(t)
	open, off := clients.Record{ID: "open", Unsigned: true}, clients.Record{ID: "off", Countries: []string{"MY"}}
	own := clients.Record{ID: "own-id", Unimatrix: "simple", Countries: []string{"MY"}}
	s.add(t, open)
	s.add(t, off)
	if err := s.registry.Add(t.Context(), own, nil, "own-id"); err != nil {
		t.Fatal(err)
	}
	if err := s.registry.Disable(t.Context(), "off"); err != nil {
		t.Fatal(err)
	}
	for id, want := range map[string][]string{
		"open": {
			"warning Client open is unsigned: anyone who knows this id", "It can send nothing: client set --country",
		},
		"off":    {"disabled", "warning It is disabled", "It cannot call over HTTP", "countersign client enable off"},
		"own-id": {"which log lines and events show, is its access key"},
		"demo":   {"of the local server alone", "It has no record in the store", "warning Client demo is unsigned"},
	} {
		page := s.get(t, 200, "/console/clients?client="+id)
		wants(t, page, want...)
		if id == "demo" {
			lacks(t, page, "countersign client set demo", "0001", "from before access keys")
		}
	}
	wants(t, s.get(t, 200, "/console/clients"), "There are 4 clients", "demo of the local server alone",
		"disabled cannot call", "active unsigned", "active its id is its access key")
	s.Config.Countries = []string{"MY"}
	s.add(t, clients.Record{ID: "wide", Countries: []string{"GB", "MY"}})
	wants(t, s.get(t, 200, "/console/clients?client=wide"), "countries in force MY")
}

// TestStrangeIDs: an id that a stranger chose is neither HTML nor another id, and its command is one word of a shell.
func TestStrangeIDs(t *testing.T) {
	onEachSite(t, func(t *testing.T, s *site) {
		ids := []string{
			`<script>alert(1)</script>`, `a"b'c`, "x; rm -rf ~", "с\u202eadmin", "a&client=b", "ключ", "100%", "--help",
		}
		for _, id := range ids {
			r := clients.Record{ID: id, Unimatrix: "simple", Countries: []string{"MY"}}
			if err := s.registry.Add(t.Context(), r, nil, "access key of "+id); err != nil {
				t.Fatal(err)
			}
		}
		list := s.get(t, 200, "/console/clients")
		for _, id := range ids {
			wants(t, list, shownID(id))
			page := s.get(t, 200, clientLink(id))
			wants(t, page, "Client "+shownID(id))
			guard := s.get(t, 200, "/console/guard?"+strings.TrimPrefix(clientLink(id), "/console/clients?"))
			wants(t, guard, shownID(id))
			lacks(t, strings.ReplaceAll(page, "<script src", ""), "\u202e")
			if strings.Contains(page, "<script>") {
				t.Errorf("%q is taken for HTML", id)
			}
		}
		wants(t, s.get(t, 200, clientLink("x; rm -rf ~")), "countersign client disable 'x; rm -rf ~'")
		wants(t, s.get(t, 200, clientLink(`a"b'c`)), `countersign client disable 'a"b'\''c'`)
		for _, id := range []string{"с\u202eadmin", "--help"} {
			wants(t, s.get(t, 200, clientLink(id)), "countersign client disable ID")
		}
	})
}

// TestBrokenRecord: a record that cannot be read hides no other one, and says so on its page.
func TestBrokenRecord(t *testing.T) {
	onEachSite(t, func(t *testing.T, s *site) {
		s.add(t, clients.Record{ID: "shop", Countries: []string{"MY"}})
		s.breakRecord(t, "torn")
		list := s.get(t, 200, "/console/clients")
		wants(t, list, "shop", "The record of torn cannot be read.")
		page := s.get(t, 200, "/console/clients?client=torn")
		wants(t, page, "The record of this client cannot be read, and its requests fail.")
		lacks(t, list+page, "secretly")
	})
}

// TestFindClients: a part of an id finds clients, whatever its case; one that does not exist is a refusal.
func TestFindClients(t *testing.T) {
	s := localSite(t)
	wants(t, s.get(t, 200, "/console/clients"), "There is 1 client.")
	for i := range 120 {
		s.add(t, clients.Record{ID: fmt.Sprintf("client-%03d", i), Countries: []string{"MY"}})
	}
	first := s.get(t, 200, "/console/clients")
	wants(t, first, "There are 121 clients. Shown: 1 to 50", "client-049", "Next clients")
	lacks(t, first, "client-050", "Previous clients")
	last := s.get(t, 200, "/console/clients?page=3")
	wants(t, last, "Shown: 101 to 121", "demo", "Previous clients")
	found := s.get(t, 200, "/console/clients?find=CLIENT-01")
	wants(t, found, "10 of 121 clients have this in their id.", "client-010", "client-019")
	lacks(t, found, "client-020", "Next clients")
	wants(t, s.get(t, 200, "/console/clients?find=CLIENT&page=2"), "120 of 121", "Shown: 51 to 100")
	wants(t, s.get(t, 200, "/console/clients?find=%3Cb%3E"), "No client has this in its id.")
	for _, id := range []string{"nobody", "%00", "%ff%fe", strings.Repeat("x", 5000), "%3Cb%3E"} {
		page := s.get(t, 422, "/console/clients?client="+id)
		wants(t, page, "There is no client of this id.")
	}
	for _, page := range []string{"-1", "0", "x", "99999999999999999999", "4"} {
		s.get(t, 200, "/console/clients?page="+page)
	}
	empty := newSite(t, s.Place, "", "", nil)
	if ids := empty.get(t, 200, "/console/clients"); slices.Contains(strings.Fields(words(ids)), "demo") {
		t.Error("the command has no demo client")
	}
}
