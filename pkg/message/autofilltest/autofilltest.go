// Package autofilltest holds the messages of tests to the readers of package onphone.
package autofilltest

import (
	_ "embed"
	"encoding/json"
	"strings"
	"testing"

	"countersign/pkg/message"
	"countersign/pkg/message/onphone"
)

// Case is a message and what Chromium finds in it: nothing if Host is nil.
type Case struct {
	Text                 string
	Host, Code, Embedded *string
}

//go:embed testdata/origin-bound.json
var originBound []byte

// Cases returns the messages of Chromium's own tests.
func Cases(t testing.TB) []Case {
	t.Helper()
	var file struct{ Cases []Case }
	if err := json.Unmarshal(originBound, &file); err != nil {
		t.Fatal(err)
	}
	return file.Cases
}

// Check reports what a phone does not read as meant in the message of a code: "" if all readers find the code, and the
// site and the app, if it has them. A message without a site binds its code to none.
func Check(text, digits string, lines message.Autofill) string {
	want := onphone.Found{Host: lines.Site, Code: digits}
	if lines.Site == "" {
		want = onphone.Found{}
	}
	if found, ok := onphone.WICG(text); found != want || ok != (lines.Site != "") {
		return "by the specification: found " + found.Host + " " + found.Code
	}
	if found, ok := onphone.Chromium(text); found != want || ok != (lines.Site != "") {
		return "by Chromium's expression: found " + found.Host + " " + found.Code
	}
	if found, _ := onphone.Number(text); found != digits {
		return "the first number of four digits or more is not the code"
	}
	if lines.AndroidHash == "" {
		return ""
	}
	if found, ok := onphone.Retriever(text, lines.AndroidHash); !ok || found != digits {
		return "by the SMS Retriever's rule: found " + found
	}
	if lines.Site == "" && !strings.HasSuffix(text, "\n"+lines.AndroidHash) {
		return "the hash is not the end, as older versions of the SMS Retriever want it"
	}
	return ""
}
