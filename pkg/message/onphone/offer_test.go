package onphone_test

import (
	"strings"
	"testing"

	"countersign/pkg/message/onphone"
)

// What phones offer of messages with and without the lines for autofill, and of texts that are not of this service.
func TestRead(t *testing.T) {
	const hash = "FA+9qCX9VSu"
	for text, want := range map[string]onphone.Offer{
		"425502 is your Acme code.": {Code: "425502"},
		"425502 هو رمزكم لدى Acme، وصلاحيته 5 دقائق.":               {Code: "425502"},
		"425502 is your Acme code.\n@example.com #425502":           {Code: "425502", Site: "example.com"},
		"425502 is your Acme code.\n" + hash:                        {Code: "425502", Hash: hash},
		"425502 is your Acme code.\n" + hash + "\n@example.com #42": {Code: "42", Site: "example.com", Hash: hash},
		"425502 is your Acme code.\n\n" + hash + "\n":               {Code: "425502", Hash: hash},
		"425502 is it\r\n" + hash + "\r\n@example.com #425502":      {Code: "425502", Site: "example.com", Hash: hash},
		"425502 is your Countersign code.":                          {Code: "425502"}, // a word of 11 letters
		hash:                                                        {},
		hash + "\n@example.com #425502":                             {Code: "425502", Site: "example.com"},
		"@example.com #425502\nis your code":                        {Code: "425502"}, // not for iOS
		"Your code is 425502 @localhost:80 #425502":                 {Code: "425502"},
		"Meet me at 10:30":                                          {},
		"":                                                          {},
		"\n\n":                                                      {},
		"your code is 1234567890":                                   {},
		"425502" + strings.Repeat(" – код", 20) + "\n" + hash:       {Code: "425502"}, // more than 140 bytes
	} {
		if got := onphone.Read(text); got != want {
			t.Errorf("%q: %+v, want %+v", text, got, want)
		}
	}
}
