package localserver

import "fmt"

// The paths and the id of the requests that these tests send.
const (
	initPath   = "/ams/api/v1/customers/initAuthentication"
	verifyPath = "/v1/users/verifyAuthentication"
	docID      = "MDEDUCT001bd856ad81cec1e91a620c270bcba5a4223"
)

// publicKey is a test key of the AMS contract.
const publicKey = contracts + "ams-test-client.pub.pem"

// initBody is a request for a code by SMS. The number is such as 60-6543216353.
func initBody(id, number string) string {
	return fmt.Sprintf(`{"authenticationRequestId":%q,"authenticationMethod":"OTP","authenticationType":"SMS",`+
		`"identityType":"MOBILENO","identityValue":%q}`, id, number)
}

// verifyBody is a request that checks a code.
func verifyBody(id, code string) string {
	return fmt.Sprintf(`{"authenticationType":"OTP","authenticationRequestId":%q,"authenticationValue":%q}`, id, code)
}
