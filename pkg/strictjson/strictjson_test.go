package strictjson_test

import (
	"encoding/json"
	"testing"

	"github.com/go-json-experiment/json/jsontext"

	"countersign/pkg/strictjson"
)

// body has a string, an object with a string, and an object of numbers with any names.
type body struct {
	code, inner string
	numbers     map[string]string
}

func (b *body) decode(text string) strictjson.Broken {
	b.numbers = map[string]string{}
	str := func(to *string) strictjson.Reader {
		return strictjson.Scalar(func(kind jsontext.Kind, text string) string {
			if kind != '"' {
				return "must be a string"
			}
			*to = text
			return ""
		})
	}
	return strictjson.Decode([]byte(text), strictjson.Fields{
		"code":   str(&b.code),
		"object": strictjson.Object(strictjson.Fields{"inner": str(&b.inner)}),
		"map": strictjson.Map(2, "at most 2", func(name string) strictjson.Reader {
			return strictjson.Scalar(func(kind jsontext.Kind, text string) string {
				if kind != '0' {
					return "must be a number"
				}
				b.numbers[name] = text
				return ""
			})
		}),
	})
}

func TestDecode(t *testing.T) {
	for text, want := range map[string]body{
		`{}`:                           {},
		` {"code":"1"} `:               {code: "1"},
		`{"c\u006fde":"\u0031"}`:       {code: "1"},
		`{"code":null,"object":null}`:  {},
		`{"other":[{"code":1,"x":2}]}`: {},
		`{"object":{"inner":"x","code":1},"map":{"a":1e2,"b":2}}`: {
			inner: "x", numbers: map[string]string{"a": "1e2", "b": "2"},
		},
	} {
		var got body
		if broken := got.decode(text); broken != (strictjson.Broken{}) {
			t.Errorf("%s breaks the rule %v, want none", text, broken)
		}
		if got.code != want.code || got.inner != want.inner || len(got.numbers) != len(want.numbers) {
			t.Errorf("%s is read as %+v, want %+v", text, got, want)
		}
		for name, number := range want.numbers {
			if got.numbers[name] != number {
				t.Errorf("%s: %s is %s, want %s", text, name, got.numbers[name], number)
			}
		}
	}
}

func TestBroken(t *testing.T) {
	const (
		object  = "body: must be a JSON object"
		strict  = "body: must be one JSON object in UTF-8, each name once, no lone surrogates"
		trailer = "body: must end after the JSON object"
	)
	for text, want := range map[string]string{
		"": object, "[]": object, "null": object, `"{}"`: object, "\xef\xbb\xbf{}": object,
		"{": strict, `{"x":1,"x":1}`: strict, `{"code":"1","c\u006fde":"1"}`: strict, `{"x":{"y":1,"y":2}}`: strict,
		`{"x":"\ud800"}`: strict, "{\"x\":\"\xff\"}": strict, `{"x":1,}`: strict, `{'x':1}`: strict,
		"{}x": trailer, "{}{}": trailer, "{}\x00": trailer,
		`{"code":1}`:                             "code: must be a string",
		`{"code":{"x":[]}}`:                      "code: must be a string",
		`{"Code":"1"}`:                           "code: must be spelled in this case",
		`{"CODE":null}`:                          "code: must be spelled in this case",
		`{"code":1,"Object":{}}`:                 "object: must be spelled in this case", // before other rules
		`{"code":1,"object":1}`:                  "code: must be a string",               // the first
		`{"object":1,"code":1}`:                  "object: must be an object",
		`{"object":{"inner":1}}`:                 "object: inner: must be a string",
		`{"object":{"Inner":"x"}}`:               "object: inner: must be spelled in this case",
		`{"object":{"x":1,"x":1}}`:               strict,
		`{"map":[]}`:                             "map: must be an object",
		`{"map":{"a":"1"}}`:                      "map: must be a number",
		`{"map":{"a":1,"b":2,"c":null}}`:         "map: at most 2",
		`{"map":{"a":"1","b":2,"c":3},"code":1}`: "map: must be a number",
	} {
		var got body
		if broken := got.decode(text); broken.String() != want {
			t.Errorf("%s breaks the rule %q, want %q", text, broken, want)
		}
	}
}

// FuzzDecode decodes any body. A body that breaks no rule has the same values in encoding/json.
func FuzzDecode(f *testing.F) {
	for _, seed := range []string{
		`{}`, `{"code":"1"}`, `{"x":"\ud800"}`, `{"code":"1","code":"2"}`, `{"map":{"a":1}}`,
		"\xef\xbb\xbf{}", `{"object":{"inner":"é"}}`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var got body
		if broken := got.decode(text); broken != (strictjson.Broken{}) {
			return
		}
		var want map[string]json.RawMessage // which matches names exactly
		if err := json.Unmarshal([]byte(text), &want); err != nil {
			t.Fatalf("%q is accepted: %v", text, err)
		}
		var code string
		if json.Unmarshal(want["code"], &code); code != got.code {
			t.Errorf("%q: code is %q, want %q", text, got.code, code)
		}
	})
}

// A value that is read by Any has a size and a depth, and is JSON without a name given twice.
func TestAny(t *testing.T) {
	const strict = "body: must be one JSON object in UTF-8, each name once, no lone surrogates"
	for text, want := range map[string]string{
		`1`: "", `-480`: "", `"x"`: "", `true`: "", `null`: "", `{}`: "", `[]`: "", ` [ 1 , 2 ] `: "",
		`[[{"a":1}]]`: "",
		`[[[]]]`:      "", `[[],[],[{"a":[]}]]`: "any: too large", `[[[[]]]]`: "any: too large",
		`"12345678901234567890123456789"`: "any: too large", `123456789012345678901234567890123`: "any: too large",
		`{"a":1,"a":2}`: strict, `[{"a":1,"\u0061":2}]`: strict, `["\ud800"]`: strict, `[1,]`: strict, `nul`: strict,
	} {
		broken := strictjson.Decode([]byte(`{"any":`+text+`,"b":1}`), strictjson.Fields{
			"any": strictjson.Any(30, 3, "too large"),
		})
		if broken != (strictjson.Broken{}) && broken.String() != want || broken == (strictjson.Broken{}) && want != "" {
			t.Errorf("%s breaks %q, want %q", text, broken, want)
		}
	}
}
