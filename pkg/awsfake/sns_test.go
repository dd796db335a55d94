package awsfake

import (
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// A request that the SDK would never send is refused as SNS refuses it. The tests of snssender test the rest.
func TestStrangeRequests(t *testing.T) {
	const publish = "Action=Publish&Version=2010-03-31&PhoneNumber=%2B606543216353&Message=hello"
	for name, c := range map[string]struct {
		form   string
		signed bool
		want   string
	}{
		"not signed":     {publish, false, "<Code>MissingAuthenticationToken</Code>"},
		"another action": {"Action=CreateTopic&Version=2010-03-31", true, "<Code>InvalidAction</Code>"},
		"no form":        {"%", true, "<Code>MalformedQueryString</Code>"},
		"no number": {
			strings.Replace(publish, "PhoneNumber", "TopicArn", 1), true, "<Code>InvalidParameter</Code>",
		},
		"in order": {publish, true, "<MessageId>"},
	} {
		t.Run(name, func(t *testing.T) {
			s := StartSNS(t)
			r, err := http.NewRequest("POST", s.URL, strings.NewReader(c.form))
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			if c.signed {
				r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=x")
			}
			answer, err := http.DefaultClient.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			defer answer.Body.Close()
			body, err := io.ReadAll(answer.Body)
			if err != nil || !strings.Contains(string(body), c.want) {
				t.Errorf("%s, %v, want %s", body, err, c.want)
			}
			if s.Count() != 1 {
				t.Errorf("counted %d requests, want 1", s.Count())
			}
		})
	}
}

func TestAttributes(t *testing.T) {
	form := url.Values{
		"MessageAttributes.entry.1.Name":              {"a"},
		"MessageAttributes.entry.1.Value.DataType":    {"String"},
		"MessageAttributes.entry.1.Value.StringValue": {"x y"},
		"MessageAttributes.entry.2.Name":              {"b"},
		"MessageAttributes.entry.2.Value.DataType":    {"Number"},
		"MessageAttributes.entry.2.Value.StringValue": {"0.5"},
	}
	got := attributes(form)
	if len(got) != 2 || got["a"] != (Attribute{"String", "x y"}) || got["b"] != (Attribute{"Number", "0.5"}) {
		t.Errorf("attributes = %v", got)
	}
}
