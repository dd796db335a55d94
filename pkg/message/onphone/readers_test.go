package onphone_test

import (
	"testing"

	"countersign/pkg/message/autofilltest"
	"countersign/pkg/message/onphone"
)

// Where the specification finds something else than Chromium in a message of Chromium's tests.
var specification = map[string]onphone.Found{
	"@localhost:8080 #123":                    {Host: "localhost:8080", Code: "123"}, // no origin, later
	"@//example.com #123":                     {Host: "//example.com", Code: "123"},
	"@ftp://example.com #123":                 {Host: "ftp://example.com", Code: "123"},
	"@a.com/?foo=123 #123":                    {Host: "a.com/?foo=123", Code: "123"},
	"@username@a.com #123":                    {Host: "username@a.com", Code: "123"},
	"@a.com @b.com #123":                      {}, // the host is followed by the code
	"@can-contain-CAPITAL.com #123":           {Host: "can-contain-CAPITAL.com", Code: "123"},
	"@example.com #cannot-contain-hashes#yes": {Host: "example.com", Code: "cannot-contain-hashes#yes"},
	"@top.com #123\n@embedded.com":            {}, // it is not the last line
	"@cannot-contain-% #123456":               {Host: "cannot-contain-%", Code: "123456"},
	"@cannot-contain-/ #123456":               {Host: "cannot-contain-/", Code: "123456"},
	"@cannot-contain-< #123456":               {Host: "cannot-contain-<", Code: "123456"},
	"@cannot-contain-> #123456":               {Host: "cannot-contain->", Code: "123456"},
	"@cannot-contain-@ #123456":               {Host: "cannot-contain-@", Code: "123456"},
	"@cannot-contain-[ #123456":               {Host: "cannot-contain-[", Code: "123456"},
	"@cannot-contain-] #123456":               {Host: "cannot-contain-]", Code: "123456"},
	"@cannot-contain-^ #123456":               {Host: "cannot-contain-^", Code: "123456"},
}

// Both readers find in each message of Chromium's tests what a browser finds, but for the messages above.
func TestOriginBound(t *testing.T) {
	cases, seen := autofilltest.Cases(t), 0
	if len(cases) < 30 {
		t.Fatalf("%d cases", len(cases))
	}
	for _, c := range cases {
		var want onphone.Found
		if c.Host != nil {
			want = onphone.Found{Host: *c.Host, Code: *c.Code}
		}
		if c.Embedded != nil {
			want.Embedded = *c.Embedded
		}
		if got, ok := onphone.Chromium(c.Text); got != want || ok != (c.Host != nil) {
			t.Errorf("Chromium: %q: %+v, want %+v", c.Text, got, want)
		}
		if other, differs := specification[c.Text]; differs {
			want, seen = other, seen+1
		}
		if got, ok := onphone.WICG(c.Text); got != want || ok != (want != onphone.Found{}) {
			t.Errorf("WICG: %q: %+v, want %+v", c.Text, got, want)
		}
	}
	if seen != len(specification) {
		t.Errorf("%d messages of the specification are in the cases, want %d", seen, len(specification))
	}
}

// What the SMS Retriever's rule takes: the examples of its page, and messages that lack something.
func TestRetriever(t *testing.T) {
	const hash = "FA+9qCX9VSu"
	for text, want := range map[string]string{
		"Your ExampleApp code is: 123478\n\nFA+9qCX9VSu":       "123478",
		"<#> 123478 is your code\nFA+9qCX9VSu":                 "123478",
		"123478 is your code\nFA+9qCX9VSu\n@a.example #123478": "123478",
		"123478 is your code\nFA+9qCX9VSv":                     "",
		"123478 is your code\nXFA+9qCX9VSu":                    "",
		"123 is your code\nFA+9qCX9VSu":                        "",
		"123456789 is your code\nFA+9qCX9VSu":                  "",
	} {
		if got, ok := onphone.Retriever(text, hash); got != want || ok != (want != "") {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}
