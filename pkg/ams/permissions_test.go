package ams_test

import (
	"net/netip"
	"testing"

	"countersign/pkg/gateway"
)

// The permissions of a client are checked after its signature and before the fields of the body.
func TestPermissions(t *testing.T) {
	s := trusted(t)
	c := s.clients[merchant]
	sign := signed(t, s, privateKey(t, "ams-test-client.key.pem"))
	from := func(ip string) edit { return func(r *gateway.Request) { r.SourceIP = ip } }
	c.Networks = []netip.Prefix{netip.MustParsePrefix("203.0.113.0/24")}
	s.refused("ACCESS_DENIED", initPath, "not JSON", sign, from("198.51.100.7"))
	s.refused("ACCESS_DENIED", initPath, "not JSON", sign, from(""))
	noBody := func(r *gateway.Request) { r.Body = nil }
	s.refused("INVALID_SIGNATURE", initPath, docRequest, from("198.51.100.7"), sign, noBody)
	forwarded := header("x-forwarded-for", "203.0.113.7")
	s.refused("ACCESS_DENIED", initPath, docRequest, sign, from("198.51.100.7"), forwarded)
	s.refused("PARAM_ILLEGAL", initPath, "not JSON", sign, from("203.0.113.7"))
	if got := parse(t, s.direct(merchant, "{}")).Result.Code; got != "PARAM_ILLEGAL" {
		t.Errorf("a request object, which has no address: %s", got)
	}
	c.Networks, c.APIs = nil, []string{"customers/initAuthentication"}
	s.refused("ACCESS_DENIED", "/ams/api"+verifyPath, "not JSON", sign)
	s.refused("ACCESS_DENIED", securityPath, "not JSON", sign)
	s.expect("SUCCESS", initPath, docRequest, sign)
	c.APIs = []string{"unimatrix"}
	s.refused("ACCESS_DENIED", initPath, docRequest, sign)
	c.APIs = []string{"ams"}
	s.expect("SUCCESS", initPath, docRequest, sign)
}
