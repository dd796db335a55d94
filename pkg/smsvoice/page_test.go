package smsvoice

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"countersign/pkg/otp"
)

// The table in docs/senders.md has every refusal of the service, with the answer and the alarm that its rule gives.
func TestPageHasEveryRefusal(t *testing.T) {
	page, err := os.ReadFile("../../docs/senders.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(page), "| meaning |")
	type row struct{ answer, alarm string }
	found := map[string]row{}
	for line := range strings.Lines(table) {
		cells := strings.Split(line, "|")
		if len(cells) != 6 {
			continue
		}
		for _, name := range regexp.MustCompile("`([A-Za-z_]+)`").FindAllStringSubmatch(cells[2], -1) {
			found[name[1]] = row{strings.TrimSpace(cells[3]), strings.TrimSpace(cells[4])}
		}
	}
	for refusal, r := range rules {
		name := refusal.detail
		if name == "" {
			name = refusal.code
		}
		want := row{"U", "no"}
		if r.Delivery == otp.Refused {
			want.answer = "F"
		}
		if r.Operator {
			want.alarm = "yes"
		}
		got, ok := found[name]
		delete(found, name)
		if !ok && refusal.detail == "" && common[refusal.code] {
			continue
		}
		if got != want {
			t.Errorf("docs/senders.md has %+v for %s, want %+v", got, name, want)
		}
	}
	if len(found) > 0 {
		t.Errorf("docs/senders.md has refusals that no rule has: %v", found)
	}
}

// common are the codes of all AWS services, which the page leaves out.
var common = map[string]bool{
	"AccessDenied": true, "NotAuthorized": true, "OptInRequired": true, "IncompleteSignature": true,
	"IncompleteSignatureException": true, "InvalidClientTokenId": true, "InvalidSignatureException": true,
	"MissingAuthenticationToken": true, "MissingAuthenticationTokenException": true, "SignatureDoesNotMatch": true,
	"UnrecognizedClientException": true, "InvalidAction": true, "UnknownOperationException": true,
	"SerializationException": true, "ValidationError": true, "Throttling": true, "ThrottledException": true,
	"TooManyRequestsException": true, "InternalFailure": true, "ServiceUnavailable": true,
	"ServiceUnavailableException": true, "ExpiredToken": true, "ExpiredTokenException": true, "RequestExpired": true,
}
