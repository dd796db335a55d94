package ams_test

import (
	"testing"
	"time"

	"countersign/pkg/otp"
)

// The fingerprint of a request without optional fields never changes: a repeat after a deployment is the same request
// as before it. The challenges of this test are made with the fields that the first release fingerprinted.
func TestFingerprintIsFrozen(t *testing.T) {
	for _, c := range []struct {
		path, body, file string
		fields           []string
	}{
		{
			"/v1/customers/initAuthentication",
			`{"authenticationRequestId":"before","authenticationMethod":"OTP","authenticationType":"SMS",` +
				`"identityType":"MOBILENO","identityValue":"60-6543216353"}`,
			"init.go",
			[]string{"/v1/customers/initAuthentication", "OTP", "SMS", "MOBILENO", "60-6543216353"},
		},
		{
			"/v1/users/initAuthentication", usersBody("before", "token"), "users.go",
			[]string{"/v1/users/initAuthentication", "OTP", "SMS", "WALLET_TOKEN", "token"},
		},
	} {
		s, users := withUsers(t)
		addUser(t, users, "u", "60-6543216353", "token")
		before, err := s.init.Messages.Issuer.Init(t.Context(), otp.Start{
			Client: "demo", ID: "before", Fingerprinted: c.fields, To: "+606543216353", Mask: "+60******6353",
			Policy: otp.DefaultPolicy(), Text: func(code string, _ time.Duration) string { return code },
		})
		if err != nil || before.Outcome != otp.Sent {
			t.Fatal(before, err)
		}
		got := parse(t, s.post(c.path, c.body)).Result
		if got.Code != "SUCCESS" || s.sends.Load() != 1 {
			t.Errorf("%s answered a repeat with %+v and %d messages, want SUCCESS and the first message only: "+
				"in pkg/ams/%s, append a new optional field only if it was given: "+
				"a repeat across a deployment must stay the same", c.path, got, s.sends.Load(), c.file)
		}
	}
}
