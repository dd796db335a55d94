package awsfake

import (
	"io"
	"net/http"
	"strings"
	"testing"
)

// The fake holds requests to the service's model.
func TestModelOfSMSVoice(t *testing.T) {
	const good = `{"DestinationPhoneNumber":"+606543216353","MessageBody":"hello","TimeToLive":300}`
	with := func(member, value string) string {
		return strings.Replace(good, "{", `{"`+member+`":`+value+`,`, 1)
	}
	for name, c := range map[string]struct{ body, want string }{
		"in order":            {good, `"MessageId"`},
		"no number":           {`{"MessageBody":"hello"}`, `"DestinationPhoneNumber"`},
		"a letter":            {strings.Replace(good, "+60", "+6a", 1), `"DestinationPhoneNumber"`},
		"no text":             {strings.Replace(good, "hello", " \\n", 1), `"MessageBody"`},
		"a long text":         {strings.Replace(good, "hello", strings.Repeat("a", 1601), 1), `"MessageBody"`},
		"a short life":        {strings.Replace(good, "300", "4", 1), `"TimeToLive"`},
		"a long life":         {strings.Replace(good, "300", "259201", 1), `"TimeToLive"`},
		"a type":              {with("MessageType", `"URGENT"`), `"MessageType"`},
		"a price in integers": {with("MaxPrice", `"1"`), `"MaxPrice"`},
		"a price of decimals": {with("MaxPrice", `"1.234567"`), `"MaxPrice"`},
		"an identity":         {with("OriginationIdentity", `"Acme Inc"`), `"OriginationIdentity"`},
		"a configuration set": {with("ConfigurationSetName", `"a+b"`), `"ConfigurationSetName"`},
		"a protect rule":      {with("ProtectConfigurationId", `""`), `"ProtectConfigurationId"`},
		"a country": {
			with("DestinationCountryParameters", `{"US_ID":"1"}`), `"DestinationCountryParameters"`,
		},
		"an id that is long": {
			with("DestinationCountryParameters", `{"IN_ENTITY_ID":"`+strings.Repeat("1", 65)+`"}`),
			`"DestinationCountryParameters"`,
		},
		"a space in a key":     {with("Context", `{"a b":"1"}`), `"Context"`},
		"a space after":        {with("Context", `{"a":"1 "}`), `"Context"`},
		"six pairs":            {with("Context", `{"a":"1","b":"1","c":"1","d":"1","e":"1","f":"1"}`), `"Context"`},
		"a member it lacks":    {with("MessageAttributes", `{}`), `SerializationException`},
		"a number as a number": {strings.Replace(good, `"+606543216353"`, "606543216353", 1), `SerializationException`},
	} {
		t.Run(name, func(t *testing.T) {
			s := StartSMSVoice(t)
			r, err := http.NewRequest("POST", s.URL, strings.NewReader(c.body))
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set("Content-Type", "application/x-amz-json-1.0")
			r.Header.Set("X-Amz-Target", "PinpointSMSVoiceV2.SendTextMessage")
			r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=x")
			answer, err := http.DefaultClient.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			defer answer.Body.Close()
			body, err := io.ReadAll(answer.Body)
			if err != nil || !strings.Contains(string(body), c.want) {
				t.Errorf("%s, %v, want %s", body, err, c.want)
			}
			if taken := len(s.Requests()) == 1; taken != (name == "in order") {
				t.Errorf("taken: %v", taken)
			}
		})
	}
}
