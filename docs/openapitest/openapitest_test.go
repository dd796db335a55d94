package openapitest_test

import (
	"encoding/json"
	"net/http"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"countersign/docs/openapitest"
	"countersign/pkg/filetest"
)

// The answers of the functions to HTTP events, which are kept in events/, are
// described too.
func TestEventsAreDescribed(t *testing.T) {
	files, err := filepath.Glob("../../events/*.answer.json")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, file := range files {
		var event struct {
			RawPath, RawQueryString, Path, HTTPMethod string
			RequestContext                            struct{ HTTP struct{ Method string } }
		}
		var answer struct {
			StatusCode        int
			Headers           map[string]string
			MultiValueHeaders map[string][]string // for a load balancer that asks for it
			Body              string
		}
		// Events of other kinds have another shape.
		json.Unmarshal(filetest.Read(t, strings.TrimSuffix(file, ".answer.json")+".json"), &event)
		json.Unmarshal(filetest.Read(t, file), &answer)
		if answer.StatusCode == 0 {
			continue
		}
		n++
		header := http.Header{}
		for name, value := range answer.Headers {
			header.Set(name, value)
		}
		for name, values := range answer.MultiValueHeaders {
			header.Set(name, values[0])
		}
		uri, method := event.RawPath+"?"+event.RawQueryString, event.RequestContext.HTTP.Method
		if event.Path != "" {
			uri, method = event.Path, event.HTTPMethod
		}
		if answer.StatusCode == http.StatusNotFound {
			uri = "/" // described there
		}
		if err := openapitest.Answer(method, uri, answer.StatusCode, header, []byte(answer.Body)); err != nil {
			t.Errorf("%s: %v", filepath.Base(file), err)
		}
	}
	if n < 20 {
		t.Errorf("%d answers are compared, want at least 20", n)
	}
}

// Answer refuses whatever differs from the description.
func TestUndescribedAnswers(t *testing.T) {
	const (
		verify       = "/ams/api/v1/users/verifyAuthentication"
		success      = `{"resultCode":"SUCCESS","resultMessage":"success.","resultStatus":"S"}`
		good         = `{"isPassed":true,"result":` + success + `}`
		noClient     = `{"result":{"resultCode":"INVALID_CLIENT","resultMessage":"Invalid client.","resultStatus":"F"}}`
		noAPI        = `{"result":{"resultCode":"INVALID_API","resultMessage":"x","resultStatus":"F"}}`
		missing      = `{"code":"104001","message":"MissingParams"}`
		unidentified = `{"code":"104110","message":"MissingAccessKeyId"}`
	)
	jsonType := http.Header{"Content-Type": {"application/json; charset=UTF-8"}}
	signed := http.Header{"Content-Type": {"application/json"}, "Client-Id": {"demo"}}
	uni := http.Header{"Content-Type": {"application/json"}, "X-Uni-Request-Id": {strings.Repeat("0", 32)}}
	limited := uni.Clone()
	limited.Set("Retry-After", "0")
	for name, c := range map[string]struct {
		uri    string
		status int
		header http.Header
		body   string
		good   bool
	}{
		"as described":            {verify, 200, jsonType, good, true},
		"another status":          {verify, 500, jsonType, good, false},
		"no type":                 {verify, 200, http.Header{}, good, false},
		"no JSON":                 {verify, 200, jsonType, "no", false},
		"half signed":             {verify, 200, signed, good, false},
		"passed as text":          {verify, 200, jsonType, strings.Replace(good, "true", `"true"`, 1), false},
		"not passed, and SUCCESS": {verify, 200, jsonType, strings.Replace(good, "true", "false", 1), false},
		"one field more":          {verify, 200, jsonType, strings.Replace(good, "{", `{"code":"425502",`, 1), false},
		"another code":            {verify, 200, jsonType, noClient, false},
		"another path's code":     {"/v1/nothing", 200, jsonType, noAPI, true},
		"unimatrix":               {"/?action=otp.send", 400, uni, missing, true},
		"no request id":           {"/?action=otp.send", 400, jsonType, missing, false},
		"a code of 401":           {"/?action=otp.send", 400, uni, unidentified, false},
		"code as a number":        {"//", 400, uni, `{"code":104001,"message":"MissingParams"}`, false},
		"success without data":    {"/", 200, uni, `{"code":"0","message":"Success"}`, false},
		"data with an error":      {"/", 500, uni, `{"code":"101000","message":"Internal","data":{}}`, false},
		"no wait":                 {"/", 429, uni, `{"code":"105300","message":"LimitExceed"}`, false},
		"a wait of nothing":       {"/", 429, limited, `{"code":"105300","message":"LimitExceed"}`, false},
	} {
		if err := openapitest.Answer("POST", c.uri, c.status, c.header, []byte(c.body)); (err == nil) != c.good {
			t.Errorf("%s: error %v, want an error: %t", name, err, !c.good)
		}
	}
}

// The list has every code of the source documents, if these are beside the repository.
func TestDocumentedCodesAreAll(t *testing.T) {
	files, _ := filepath.Glob("../../../shared/seeds/*.txt")
	if len(files) == 0 {
		t.Log("the source documents are not beside the repository")
		return
	}
	word := regexp.MustCompile(`[A-Z]+(?:_[A-Z]+)+`)
	for _, file := range files {
		for _, found := range word.FindAllString(string(filetest.Read(t, file)), -1) {
			// One of the documents has lost the white space behind its codes.
			known := slices.ContainsFunc(openapitest.Codes, func(code string) bool {
				return strings.HasPrefix(found, code) && len(found)-len(code) <= 2
			})
			if !known && found != "PAYMENT_PASSWORD" && found != "YOUR_ACCESS_KEY_ID" {
				t.Errorf("%s has %s, which is not in the list", filepath.Base(file), found)
			}
		}
	}
}
