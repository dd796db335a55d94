package signature_test

import (
	"bufio"
	"bytes"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"countersign/pkg/filetest"
	"countersign/pkg/signature"
)

const contracts = "../ams/testdata/contracts/"

func file(t testing.TB, name string) []byte {
	t.Helper()
	return filetest.Read(t, contracts+name)
}

func public(t testing.TB, name string) *rsa.PublicKey {
	t.Helper()
	key, err := signature.ParsePublicKey(file(t, name))
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func private(t testing.TB, name string) *rsa.PrivateKey {
	t.Helper()
	key, err := signature.ParsePrivateKey(file(t, name))
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// vector is a vector of ams-signature-vectors.json.
type vector struct {
	Name, Method, URI, ClientID, RequestTime, Body, SignatureHeader, Expect string

	Clock int64
}

func vectors(t testing.TB) []vector {
	t.Helper()
	var f struct{ Vectors []vector }
	if err := json.Unmarshal(file(t, "ams-signature-vectors.json"), &f); err != nil || len(f.Vectors) == 0 {
		t.Fatalf("%d vectors, %v", len(f.Vectors), err)
	}
	return f.Vectors
}

func request(t testing.TB, name string) *http.Request {
	t.Helper()
	r, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(file(t, name))))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// The request and the reply of the worked example have the signed text and the signature of the contract.
func TestWorkedExample(t *testing.T) {
	r := request(t, "ams-example-request.http")
	body, _ := io.ReadAll(r.Body)
	compare(
		t, "ams-example-request", "ams-test-client",
		signature.Text(r.Method, r.RequestURI, r.Header.Get("Client-Id"), r.Header.Get("Request-Time"), body),
		r.Header,
	)

	w, err := http.ReadResponse(bufio.NewReader(bytes.NewReader(file(t, "ams-example-response.http"))), r)
	if err != nil {
		t.Fatal(err)
	}
	body, _ = io.ReadAll(w.Body)
	compare(
		t, "ams-example-response", "ams-test-server",
		signature.Text(r.Method, r.RequestURI, w.Header.Get("client-id"), w.Header.Get("response-time"), body),
		w.Header,
	)
	if _, ok := signature.ParseTime(w.Header.Get("response-time")); !ok {
		t.Errorf("time %q", w.Header.Get("response-time"))
	}
}

func compare(t *testing.T, example, pair string, text []byte, headers http.Header) {
	t.Helper()
	if want := file(t, example+".tosign"); !bytes.Equal(text, want) {
		t.Errorf("%s: text\n%q, want\n%q", example, text, want)
	}
	got, err := signature.Key{Version: "1", Private: private(t, pair+".key.pem")}.Sign(text)
	if err != nil {
		t.Fatal(err)
	}
	h, err := signature.Parse(got)
	want := strings.TrimSpace(string(file(t, example+".sig.b64")))
	if err != nil || base64.StdEncoding.EncodeToString(h.Signature) != want {
		t.Errorf("%s: signed %s, %v, want %s", example, got, err, want)
	}
	if sent := strings.ReplaceAll(headers.Get("Signature"), ", ", ","); got != sent { // the example request has spaces
		t.Errorf("%s: header %s, want %s", example, got, sent)
	}
	if !h.Verify(public(t, pair+".pub.pem"), text) {
		t.Errorf("%s does not verify", example)
	}
}

// A flipped bit anywhere in the text or the signature fails to verify.
func TestEveryBitCounts(t *testing.T) {
	key := public(t, "ams-test-client.pub.pem")
	k := signature.Key{Version: "1", Private: private(t, "ams-test-client.key.pem")}
	parts := []string{
		"POST", "/ams/api/v1/users/verifyAuthentication?trace=a%20b", "TEST_5X00000000000000",
		"1685599933871", `{"authenticationValue":"123456"}`,
	}
	text := func(p []string) []byte { return signature.Text(p[0], p[1], p[2], p[3], []byte(p[4])) }
	header, err := k.Sign(text(parts))
	if err != nil {
		t.Fatal(err)
	}
	h, err := signature.Parse(header)
	if err != nil || !h.Verify(key, text(parts)) {
		t.Fatalf("the text itself does not verify: %v", err)
	}
	for n, part := range parts { // method, path and query, client, time, body
		for i := range part {
			for bit := range 8 {
				changed := []byte(part)
				changed[i] ^= 1 << bit
				p := append([]string(nil), parts...)
				p[n] = string(changed)
				if h.Verify(key, text(p)) {
					t.Errorf("part %d as %q verifies", n, changed)
				}
			}
		}
	}
	for i := range h.Signature {
		for bit := range 8 {
			changed := signature.Header{Signature: bytes.Clone(h.Signature)}
			changed.Signature[i] ^= 1 << bit
			if changed.Verify(key, text(parts)) {
				t.Errorf("a signature with bit %d of byte %d flipped verifies", bit, i)
			}
		}
	}
	for _, changed := range []signature.Header{
		{}, {Signature: h.Signature[1:]}, {Signature: append([]byte{0}, h.Signature...)},
		{Signature: append(bytes.Clone(h.Signature), 0)},
	} {
		if changed.Verify(key, text(parts)) {
			t.Errorf("a signature of %d bytes verifies", len(changed.Signature))
		}
	}
	whole := text(parts)
	for _, changed := range [][]byte{nil, whole[1:], whole[:len(whole)-1], append(bytes.Clone(whole), '\n')} {
		if h.Verify(key, changed) {
			t.Errorf("%q verifies", changed)
		}
	}
	if h.Verify(nil, whole) || h.Verify(public(t, "ams-test-server.pub.pem"), whole) {
		t.Error("the signature verifies without a key or with another one")
	}
}
