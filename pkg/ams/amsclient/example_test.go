package amsclient_test

import (
	"context"
	"crypto/rsa"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"countersign/pkg/ams/amsclient"
	"countersign/pkg/signature"
)

// A merchant sends a code to a user's phone and checks the digits that the user typed.
func Example() {
	private, public, err := keys()
	if err != nil {
		fmt.Println(err)
		return
	}
	server := demoServer() // yours is "https://otp.example.com"
	defer server.Close()
	client := &amsclient.Client{
		URL:     server.URL,
		ID:      "TEST_5X00000000000000",
		Key:     signature.Key{Version: "1", Private: private},
		Servers: map[string]*rsa.PublicKey{"1": public},
		Now:     time.Now,
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()

	// Choose an id for each code and store it before the call. If the answer is unknown or lost, call again with
	// the same id.
	id := "MDEDUCT001bd856ad81cec1e91a620c270bcba5a4223"
	sent, err := client.Init(ctx, amsclient.InitRequest{
		AuthenticationRequestID: id,
		AuthenticationMethod:    "OTP", AuthenticationType: "SMS",
		IdentityType: "MOBILENO", IdentityValue: "60-6543216353",
	})
	var refused *amsclient.ReplyError
	switch {
	case errors.As(err, &refused):
		fmt.Println("not the server's answer, alert your operators:", refused)
		return
	case err != nil || sent.Retry():
		fmt.Println("unknown, call again with the same id")
		return
	case sent.Result.Status == "F":
		fmt.Println("no code was sent:", sent.Result.Code)
		return
	}
	fmt.Println("a code is on its way to", sent.ActionForm.ChallengeRenderValue)

	for _, typed := range []string{"123456", "493817"} {
		checked, err := client.Verify(ctx, amsclient.VerifyRequest{
			AuthenticationType:      "OTP",
			AuthenticationRequestID: id,
			AuthenticationValue:     typed,
		})
		switch {
		case err != nil || checked.Retry():
			fmt.Println("unknown, try again")
		case checked.Passed():
			fmt.Println("the user has the phone")
		default:
			fmt.Println("not passed:", checked.Result.Code)
		}
	}
	// Output:
	// a code is on its way to +60******6353
	// not passed: VERIFY_UNMATCHED
	// the user has the phone
}

// keys reads your own key, whose public half the server has under version 1, and the server's public key, which its
// operator gave you.
func keys() (*rsa.PrivateKey, *rsa.PublicKey, error) {
	mine, err := os.ReadFile(contracts + "ams-test-client.key.pem")
	if err != nil {
		return nil, nil, err
	}
	private, err := signature.ParsePrivateKey(mine)
	if err != nil {
		return nil, nil, err
	}
	theirs, err := os.ReadFile(contracts + "ams-test-server.pub.pem")
	if err != nil {
		return nil, nil, err
	}
	public, err := signature.ParsePublicKey(theirs)
	return private, public, err
}

// demoServer stands in for the service: it refuses the first guess and accepts the second.
func demoServer() *server {
	answers := []string{
		bodyOf("ams-example-response.http"),
		`{"isPassed":false,"result":{"resultCode":"VERIFY_UNMATCHED","resultMessage":"The verification code ` +
			`is invalid.","resultStatus":"F"}}`,
		strings.Replace(ok, "{", `{"isPassed":true,`, 1),
	}
	return start(func(string) string {
		next := answers[0]
		answers = answers[1:]
		return next
	})
}
