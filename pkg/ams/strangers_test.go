package ams_test

import (
	"context"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"countersign/pkg/clients"
	"countersign/pkg/gateway"
	"countersign/pkg/signature"
	"countersign/pkg/strictjson"
)

// stranger is a kind of request without proof of identity.
type stranger struct {
	path, body string
	edit       edit
	named      bool // it names a client that exists
}

func strangers(t *testing.T, s *service) map[string]stranger {
	t.Helper()
	header1, err := signature.Key{Version: "1", Private: privateKey(t, "ams-test-client.key.pem")}.Sign([]byte("x"))
	if err != nil {
		t.Fatal(err)
	}
	as := func(id string, further ...edit) edit {
		return func(r *gateway.Request) {
			r.Headers["client-id"], r.Headers["signature"] = []string{id}, []string{header1}
			r.Headers["request-time"] = []string{fmt.Sprint(s.now.UnixMilli())}
			for _, e := range further {
				e(r)
			}
		}
	}
	get := func(r *gateway.Request) { r.Method = "GET" }
	long := func(r *gateway.Request) { r.Body = []byte(strings.Repeat(" ", strictjson.MaxBody+1)) }
	s.clients["keyless"] = &clients.Client{ID: "keyless", Countries: []string{"*"}}
	s.clients["inside"] = &clients.Client{ID: "inside", Unsigned: true, Networks: documentation}
	return map[string]stranger{
		"an unknown client":            {initPath, docRequest, as("nobody"), false},
		"an unknown client at verify":  {verifyPath, docVerify, as("nobody"), false},
		"an unknown path":              {"/ams/nothing", docRequest, as(merchant), false},
		"another method":               {initPath, docRequest, as(merchant, get), false},
		"a bad signature":              {initPath, docRequest, as(merchant), true},
		"no signature":                 {initPath, docRequest, as(merchant, header("signature")), true},
		"an unreadable signature":      {initPath, docRequest, as(merchant, header("signature", "x")), true},
		"no time":                      {verifyPath, docVerify, as(merchant, header("request-time")), true},
		"a client without keys":        {initPath, docRequest, as("keyless"), true},
		"a body that is too long":      {initPath, docRequest, as(merchant, long), true},
		"unsigned, from other address": {initPath, docRequest, as("inside"), true},
	}
}

// documentation is a network that no request of these tests comes from.
var documentation = []netip.Prefix{netip.MustParsePrefix("203.0.113.0/24")}

// signatures sends so many requests of a stranger, each with another query, and counts the answers that are signed.
func (s *service) signatures(c stranger, n int) (count int) {
	for i := range n {
		query := func(r *gateway.Request) { r.Query = fmt.Sprintf("n=%d-%d", s.now.UnixNano(), i) }
		if s.post(c.path, c.body, c.edit, query).Headers["signature"] != "" {
			count++
		}
	}
	return count
}

// Whatever a stranger sends, a process signs ten answers a second for those who name a client, and ten for all others.
// The answers to clients that prove their identity are signed all the same, refusals included.
func TestStrangersBuyNoSignatures(t *testing.T) {
	for name := range strangers(t, trusted(t)) {
		t.Run(name, func(t *testing.T) {
			s := trusted(t)
			all := strangers(t, s)
			for second := range 2 {
				s.now = s.now.Add(time.Second)
				if n := s.signatures(all[name], 100); n != 10 {
					t.Errorf("second %d: %d answers are signed, want 10", second, n)
				}
			}
			other := all["an unknown client"]
			if !all[name].named {
				other = all["no signature"]
			}
			if n := s.signatures(other, 100); n != 10 {
				t.Errorf("%d answers to the other kind are signed, want 10", n)
			}
			s.provenAreSigned(15)
		})
	}
}

// provenAreSigned checks that the answers to a merchant are signed: successes, refusals, and those that come before
// the client is admitted.
func (s *service) provenAreSigned(n int) {
	s.t.Helper()
	sign := signed(s.t, s, privateKey(s.t, "ams-test-client.key.pem"))
	now := s.now
	for i := range n {
		query := func(r *gateway.Request) { r.Query = fmt.Sprint("q=", i) }
		late := func(*gateway.Request) { s.now = now.Add(time.Hour) }
		for kind, resp := range map[string]gateway.Response{
			"refused": s.post(initPath, "{}", query, sign), "checked": s.post(verifyPath, docVerify, query, sign),
			"off": s.post(verifyPath, docVerify, query, sign, late),
		} {
			if s.now = now; resp.Headers["signature"] == "" {
				s.t.Fatalf("%s %d is not signed: %s", kind, i, resp.Body)
			}
		}
	}
}

// A client whose address is wrong has proved its identity. While its record cannot be read, it counts as a stranger.
func TestRefusalsBeforeAdmission(t *testing.T) {
	s := trusted(t)
	sign := signed(t, s, privateKey(t, "ams-test-client.key.pem"))
	s.clients[merchant].Networks = documentation
	for i := range 30 {
		query := func(r *gateway.Request) { r.Query = fmt.Sprint("q=", i) }
		if got := s.post(initPath, docRequest, query, sign); got.Headers["signature"] == "" {
			t.Fatalf("answer %d is not signed: %s", i, got.Body)
		}
	}
	for _, err := range []error{clients.ErrBusy, errBroken} {
		s := trusted(t)
		s.init.Clients = failing{err}
		if n := s.signatures(stranger{initPath, docRequest, client("nobody"), false}, 100); n != 10 {
			t.Errorf("%v: %d answers are signed, want 10", err, n)
		}
	}
}

type failing struct{ err error }

func (f failing) Find(context.Context, string) (*clients.Client, error) { return nil, f.err }

// FindAccessKey implements [clients.Directory]. No request of this contract has an access key.
func (f failing) FindAccessKey(context.Context, string) (*clients.Client, error) { return nil, f.err }
