package ams_test

import (
	"os"
	"strings"
	"testing"
)

// An object that repeats a name is refused, at any depth and in members that are ignored too. The pages state that.
func TestEachNameOnce(t *testing.T) {
	s := newService(t)
	for _, body := range []string{
		initWith(`{`, `{"a":1,"a":1,`), initWith(`{`, `{"a":{"b":1,"b":1},`),
		initWith(`{`, `{"a":[{"b":1,"\u0062":2}],`),
		initWith(`"env":{`, `"env":{"x":1,"x":1,`), initWith(`"env":{`, `"env":{"x":{"y":[],"y":[]},`),
		initWith(`"authenticationType"`, `"authenticationType":"SMS","authenticationType"`),
	} {
		got := s.refused("PARAM_ILLEGAL", initPath, body)
		if !strings.HasSuffix(got.Result.Message, "each name once, no lone surrogates") {
			t.Errorf("%s: %s", body, got.Result.Message)
		}
	}
	for _, page := range []string{"../../docs/contracts.md", "../../docs/openapi.yaml"} {
		text, err := os.ReadFile(page)
		if err != nil || !strings.Contains(string(text), "**Each name once:**") {
			t.Errorf("%s does not state that each name stands once: %v", page, err)
		}
	}
}
