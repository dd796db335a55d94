package clients

import (
	"context"
	"fmt"
	"strings"
	"time"

	"countersign/pkg/documents"
	"countersign/pkg/otp"
)

// MaxTestNumbers is the most test numbers of a client.
const MaxTestNumbers = 20

// TestNumber is a test number at rest: nothing is sent to it, and it has always the same
// code, see [otp.Test].
//
// Number and code are sealed, so that whoever has a dump of the table can neither ask for
// the code of the number nor pass with it. A digest of a code of six digits would be found
// by trying all of them by everybody who has its key.
type TestNumber struct {
	Mask   string           `json:"mask"`   // of the number
	Sealed documents.Sealed `json:"sealed"` // the number in E.164 form, a blank, and the code
	Until  time.Time        `json:"until"`  // the first instant at which it is an ordinary number
	Added  time.Time        `json:"added"`
}

// OpenTestNumber returns the number and the code of a test number of a client.
func (r Record) OpenTestNumber(
	ctx context.Context, sealer documents.Sealer, n TestNumber,
) (to otp.Phone, code otp.Code, err error) {
	plain, err := sealer.Open(ctx, string(n.Sealed), r.BoundTestNumber())
	if err != nil {
		return "", "", err
	}
	number, digits, _ := strings.Cut(string(plain), " ")
	return otp.Phone(number), otp.Code(digits), nil
}

// BoundTestNumber is the text that a client's test numbers are sealed with, see [Record.Bound].
func (r Record) BoundTestNumber() string { return DocumentKey(r.ID) + "#testnumber" }

// testNumbers opens the test numbers of a record.
func (r Record) testNumbers(ctx context.Context, sealer documents.Sealer) (map[otp.Phone]otp.Test, error) {
	if len(r.TestNumbers) == 0 {
		return nil, nil
	}
	all := make(map[otp.Phone]otp.Test, len(r.TestNumbers))
	for i, n := range r.TestNumbers {
		to, code, err := r.OpenTestNumber(ctx, sealer, n)
		if err != nil {
			return nil, fmt.Errorf("testNumbers[%d] cannot be opened: remove it by client test-number remove and add "+
				"it anew, or bring back the key that it was sealed under: %w", i, err)
		}
		all[to] = otp.Test{Code: code, Until: otp.MillisOf(n.Until)}
	}
	return all, nil
}

// Test returns the test number of the client with a number in E.164 form, and the zero Test
// for a number that is none, or none any more.
func (c *Client) Test(to otp.Phone, now otp.Millis) otp.Test {
	if t := c.TestNumbers[to]; now < t.Until {
		return t
	}
	return otp.Test{}
}

// testNumbers checks the test numbers of a record.
func (p *parser) testNumbers() {
	p.few("testNumbers", len(p.record.TestNumbers), MaxTestNumbers)
	for i, n := range p.record.TestNumbers {
		p.want(n.Sealed != "" && n.Sealed != documents.SealedWord, at("testNumbers", i), n.Sealed,
			"a value that the registry has sealed: add the test number anew")
		p.want(!n.Until.IsZero(), at("testNumbers", i)+".until", n.Until, "the time at which the test number ends")
	}
}
