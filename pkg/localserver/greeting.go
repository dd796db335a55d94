package localserver

import (
	"crypto/rand"
	"fmt"
	"math/big"
	"net"
	"net/url"
	"strings"

	"countersign/pkg/loopback"
)

// page returns the address of the console in a browser on this machine, of a server at a URL. It is "" if the server is
// not on the loopback interface.
func page(at string) string {
	u, err := url.Parse(at)
	if err != nil {
		return ""
	}
	if net.ParseIP(u.Hostname()).IsUnspecified() { // all interfaces
		return "http://127.0.0.1:" + u.Port() + "/"
	}
	if !loopback.Is(u.Hostname()) {
		return ""
	}
	return at + "/"
}

// greeting returns the address of the console, and three commands that work as pasted: send a code, read it, verify
// it. Each start has another number, so that no limit of an earlier start applies.
func greeting(url string) string {
	number, _ := rand.Int(rand.Reader, big.NewInt(10_000))
	national := fmt.Sprintf("654321%04d", number)
	id := "DEMO" + strings.ToLower(rand.Text())
	begin := "Send"
	if pages := page(url); pages != "" {
		begin = "Open " + pages + " in a browser: it has a phone that shows the codes.\n\nOr send"
	}
	return "\n" + begin + fmt.Sprintf(` a code, read it off the outbox, verify it:

curl -s %[1]s/ams/api/v1/customers/initAuthentication -H 'Client-Id: demo' -H 'Content-Type: application/json' `+
		`-d '{"authenticationRequestId":"%[2]s","authenticationMethod":"OTP","authenticationType":"SMS",`+
		`"identityType":"MOBILENO","identityValue":"60-%[3]s"}'

curl -s '%[1]s/_dev/messages?to=%%2B60%[3]s'

curl -s %[1]s/v1/users/verifyAuthentication -H 'Client-Id: demo' -H 'Content-Type: application/json' `+
		`-d '{"authenticationType":"OTP","authenticationRequestId":"%[2]s",`+
		`"authenticationValue":"'$(curl -s '%[1]s/_dev/messages?to=%%2B60%[3]s' `+
		`| grep -o '"code":"[0-9]*' | head -n 1 | tr -dc 0-9)'"}'
`, url, id, national)
}
