package ams_test

import (
	"bytes"
	"encoding/json"
	"reflect"
	"testing"

	"countersign/docs/openapitest"
	"countersign/pkg/otp"
)

// others are another value of each described field of a request, as JSON.
var others = map[string]map[string]string{
	"CustomerInitRequest": {
		"authenticationRequestId": `"another"`,
		"authenticationMethod":    `"none"`,
		"authenticationType":      `"LOGIN"`,
		"identityType":            `"EMAIL"`,
		"identityValue":           `"60-6543216354"`,
		"env":                     `{"language":"de"}`,
		"payment":                 bill,
	},
	"UserInitRequest": {
		"authenticationRequestId":   `"another"`,
		"authenticationType":        `"PASSWORD"`,
		"authenticationChannelType": `"EMAIL"`,
		"userIdentityType":          `"MOBILENO"`,
		"userIdentityValue":         `"another"`,
		"payment":                   bill,
	},
}

// reached is what became of an init: its result, its challenge, and its message.
type reached struct {
	code, text string
	challenge  *otp.Challenge
}

// Each described field of each init changes the result, the challenge or the message. A field that is read and lost on
// its way to the challenge changes none of them.
func TestEveryFieldOfAnInitCounts(t *testing.T) {
	for name, init := range map[string]struct{ schema, path, body string }{
		"to a number": {"CustomerInitRequest", initPath, initBody("id")},
		"to a user":   {"UserInitRequest", usersInit, usersBody("id", "token")},
		"a password":  {"CustomerInitRequest", initPath, askBody("id", "PAYMENT")},
	} {
		before := reach(t, init.path, init.body, "", "")
		if before.challenge == nil {
			t.Fatalf("%s: %s, and no challenge", name, before.code)
		}
		for field := range openapitest.Load().Object("components", "schemas", init.schema, "properties") {
			value := others[init.schema][field]
			switch {
			case name == "a password" && field == "env": // it is about messages
			case value == "":
				t.Errorf("docs/openapi.yaml describes %s of %s: add another value of it to others in "+
					"pkg/ams/reach_test.go, which shows that it reaches the challenge", field, init.schema)
			case reflect.DeepEqual(reach(t, init.path, init.body, field, value), before):
				t.Errorf("%s: %s %s changes neither the result nor the challenge nor the message: it is lost on its "+
					"way from the request to the Start or the Ask", name, field, value)
			}
		}
	}
}

// reach sends an init with one field changed to a service whose random bytes are always the same.
func reach(t *testing.T, path, text, field, value string) reached {
	t.Helper()
	s, users := withUsers(t)
	s.withPasswords(s.init.Messages.Issuer.Challenges.(spy).Store.Documents())
	s.init.Messages.Issuer.Rand = bytes.NewReader(bytes.Repeat([]byte{7}, 1024))
	addUser(t, users, "u", "60-6543216353", "token")
	addUser(t, users, "v", "60-6543216354", "another")
	body := map[string]json.RawMessage{}
	must(t, json.Unmarshal([]byte(text), &body))
	if field != "" {
		body[field] = json.RawMessage(value)
	}
	changed, err := json.Marshal(body)
	must(t, err)
	got := reached{code: parse(t, s.post(path, string(changed))).Result.Code}
	got.text, _ = s.text.Load().(string)
	var id string
	must(t, json.Unmarshal(body["authenticationRequestId"], &id))
	c, err := s.init.Messages.Issuer.Challenges.Challenge(t.Context(), otp.ChallengeKey("demo", id))
	must(t, err)
	if c != nil {
		c.Fingerprint = nil // it is of the request
		got.challenge = c
	}
	return got
}
