package receipts

import (
	"bytes"
	"encoding/json"
	"fmt"
	"iter"
	"strings"
	"testing"

	"countersign/pkg/otp"
)

// number is in every report of the tests.
const number = "+60123456789"

// quiet fails the test if a report shows more of the number than its mask.
func quiet(t testing.TB, r Report) {
	t.Helper()
	text := fmt.Sprintf("%+v %v", r, r.Err)
	if r.Receipt != nil {
		text += fmt.Sprintf("%+v", *r.Receipt)
	}
	if strings.Contains(text, "0123456789"[1:]) || strings.Contains(text, number[1:]) {
		t.Errorf("the number is shown: %s", text)
	}
}

// What cannot be read is an error that names the fault, and nothing else.
func TestBrokenReports(t *testing.T) {
	edited := func(path, value string) []byte { return published(with(t, delivered, path, value)) }
	for name, c := range map[string]struct {
		call []byte
		want string
	}{
		"nothing":                   {nil, "neither"},
		"no JSON":                   {[]byte(number), "neither"},
		"another event of Lambda":   {[]byte(`{"Records":[]}`), "neither"},
		"a record of a table":       {[]byte(`{"Records":[{"eventSource":"aws:dynamodb"}]}`), "neither from SNS nor"},
		"a message of a queue":      {queued("x"), "not a JSON object"},
		"no event":                  {published(number), "not a JSON object"},
		"another object":            {published(`{"number":"` + number + `"}`), "neither an eventType"},
		"a list":                    {published(`["` + number + `"]`), "not a JSON object"},
		"no base64":                 {[]byte(`{"awslogs":{"data":"!` + number + `"}}`), "neither"},
		"no gzip":                   {[]byte(`{"awslogs":{"data":"AAAA"}}`), "gzip"},
		"no piece of a log":         {zipped([]byte(number)), "broken"},
		"a piece that is too large": {zipped(bytes.Repeat([]byte(" "), maxText+1)), "8 MB"},
		"a piece that is cut off":   {zipped([]byte(`{"logEvents":[{"message":"` + number)), "broken"},
		"no id":                     {edited("messageId", `""`), "message id"},
		"an id with capitals":       {edited("messageId", `"`+strings.ToUpper(id)+`"`), "message id"},
		"a number as the id":        {edited("messageId", `"`+number+`"`), "message id"},
		"no time":                   {edited("eventTimestamp", "0"), "30 days"},
		"a time to come":            {edited("eventTimestamp", "17957808001230"), "30 days"},
		"a time that overflows":     {edited("eventTimestamp", "9223372036854775807"), "30 days"},
		"a time in the wrong type":  {edited("eventTimestamp", `"`+number+`"`), "another type"},
		"an event without a type":   {edited("eventType", number[1:]), "another type"},
		"a line in the wrong type":  {logged(with(t, failure, "status", number[1:])), "another type"},
		"a line of another status":  {logged(with(t, failure, "status", `"`+number+`"`)), "SUCCESS nor FAILURE"},
		"a line without an id":      {logged(with(t, failure, "notification.messageId", `null`)), "message id"},
		"a line without a time":     {logged(with(t, failure, "notification.timestamp", `"`+number+`"`)), "30 days"},
	} {
		r := report(t, c.call)
		if r.Err == nil || r.Receipt != nil || !strings.Contains(r.Err.Error(), c.want) {
			t.Errorf("%s: %+v, want an error about %q", name, r, c.want)
		}
		quiet(t, r)
	}
	if r := report(t, published(validated+" for AWS End User Messaging")); r.Err != nil || r.Note == "" {
		t.Errorf("a topic that is validated: %+v", r)
	}
}

// What a report has beside its message is left out where it cannot be.
func TestDoubtfulFields(t *testing.T) {
	for _, c := range []struct{ path, value, want string }{
		{"isoCountryCode", `"Malaysia"`, "Region:"}, {"mcc", `"000"`, "Network:"}, {"mcc", `5021234`, "Network:"},
		{"mnc", `null`, "Network:"}, {"mnc", `"` + number + `"`, "Network:"},
		{"destinationPhoneNumber", `"x"`, "Mask:"},
		{"destinationPhoneNumber", `"60123456789"`, "Mask:"}, {"totalMessageParts", `-1`, "Parts:0"},
		{"totalMessageParts", `101`, "Parts:0"}, {"totalMessagePrice", `-0.1`, "Price:0"},
		{"totalMessagePrice", `1e300`, "Price:0"}, {"context", `{"client":"` + number + ` x"}`, "Client:"},
		{"context", `{"client":"~` + number + `"}`, "Client:"},
		{"context", `{"authenticationId":"` + number + `"}`, "AuthID:"},
		{"context", `{"client":"` + strings.Repeat("c", 65) + `"}`, "Client:"}, {"context", `null`, "Client:"},
		{"context", `{"client":"~LPJNul-wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ"}`, "Client:~LPJNul"},
		{"mcc", `502`, "Network:502-12"}, {"mnc", `4`, "Network:502-04"}, {"mnc", `"004"`, "Network:502-004"},
	} {
		r := report(t, published(with(t, delivered, c.path, c.value)))
		if r.Receipt == nil {
			t.Errorf("%s %s: %+v", c.path, c.value, r)
			continue
		}
		text := fmt.Sprintf("%+v", *r.Receipt)
		empty := strings.Contains(text, c.want+" ") || strings.Contains(text, c.want+"}")
		if !empty && (strings.HasSuffix(c.want, ":") || !strings.Contains(text, c.want)) {
			t.Errorf("%s %s: %s, want %q", c.path, c.value, text, c.want)
		}
		if c.path != "context" {
			quiet(t, r)
		}
	}
}

// A field of another type than documented, which AWS may give it some day, costs that field alone.
func TestFieldsOfOtherTypes(t *testing.T) {
	needed := map[string]bool{
		"eventType": true, "eventTimestamp": true, "messageId": true,
		"notification.messageId": true, "notification.timestamp": true, "status": true,
	}
	tried := 0
	try := func(report, path string, call func(...string) []byte) {
		for _, value := range []string{`null`, `7.5`, `60123456789`, `"60123456789"`, `""`, `true`, `[]`, `[7]`,
			`{"client":60123456789}`} {
			got := Read(call(with(t, report, path, value)), now)
			for _, r := range got {
				quiet(t, r)
			}
			if !needed[path] && (len(got) != 1 || got[0].Receipt == nil) {
				t.Errorf("%s %s: %+v", path, value, got)
			}
			tried++
		}
	}
	for path := range members(t, delivered) {
		try(delivered, path, published)
	}
	for path := range members(t, failure) {
		try(failure, path, logged)
	}
	if tried < 250 {
		t.Errorf("only %d reports", tried)
	}
	// One reference of another type leaves the other one.
	r := report(t, published(with(t, delivered, "context", `{"client":7,"authenticationId":"`+auth+`"}`)))
	if r.Receipt == nil || r.Receipt.Client != "" || r.Receipt.AuthID != auth {
		t.Errorf("%+v", r)
	}
}

// members returns the paths of all fields of a report.
func members(t *testing.T, report string) iter.Seq[string] {
	return func(yield func(string) bool) {
		var whole map[string]json.RawMessage
		if err := json.Unmarshal([]byte(report), &whole); err != nil {
			t.Fatal(err)
		}
		for name, text := range whole {
			var inner map[string]json.RawMessage
			if json.Unmarshal(text, &inner) != nil || name == "context" {
				inner = map[string]json.RawMessage{"": nil}
			}
			for of := range inner {
				if !yield(strings.TrimSuffix(name+"."+of, ".")) {
					return
				}
			}
		}
	}
}

// Whatever comes, the function does not fail; a receipt has a known reason, and nothing shows a number.
func FuzzRead(f *testing.F) {
	for _, seed := range [][]byte{published(delivered), logged(failure), []byte(delivered), []byte(failure), {}} {
		f.Add(seed)
	}
	f.Add(compressed([]byte(`{"messageType":"DATA_MESSAGE","logEvents":[{"message":"{}"}]}`)))
	f.Fuzz(func(t *testing.T, text []byte) {
		for _, call := range [][]byte{text, published(string(text)), piecewise(text)} {
			for _, r := range Read(call, now) {
				if r == (Report{}) {
					t.Error("a report without anything is returned")
				}
				if r.Receipt == nil {
					quiet(t, r)
					continue
				}
				if r.Receipt.State() == "" || !otp.IsMessageID(r.Receipt.MessageID) || len(r.Receipt.Network) > 7 ||
					len(r.Receipt.Client) > 64 || len(r.Receipt.AuthID) > 35 || len(r.Receipt.Mask) > 16 {
					t.Errorf("%+v", r.Receipt)
				}
				if shown := strings.Trim(strings.TrimLeft(r.Receipt.Mask, "+0123456789"), "*"); len(shown) > 4 {
					t.Errorf("the mask %s shows too much", r.Receipt.Mask)
				}
				if _, err := json.Marshal(r.Receipt); err != nil {
					t.Error(err)
				}
			}
		}
	})
}
