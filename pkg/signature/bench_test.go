package signature_test

import (
	"testing"

	"countersign/pkg/signature"
)

func BenchmarkSign(b *testing.B) {
	k := signature.Key{Version: "1", Private: private(b, "ams-test-server.key.pem")}
	text := file(b, "ams-example-response.tosign")
	b.ReportAllocs()
	for b.Loop() {
		if _, err := k.Sign(text); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkSignerHit(b *testing.B) {
	k := signature.Key{Version: "1", Private: private(b, "ams-test-server.key.pem")}
	text := file(b, "ams-example-response.tosign")
	s := signature.NewSigner(1024)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := s.Sign(k, text); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkVerify(b *testing.B) {
	v, key := vectors(b)[0], public(b, "ams-test-client.pub.pem")
	h, err := signature.Parse(v.SignatureHeader)
	if err != nil {
		b.Fatal(err)
	}
	text := v.text()
	b.ReportAllocs()
	for b.Loop() {
		if !h.Verify(key, text) {
			b.Fatal("does not verify")
		}
	}
}

func BenchmarkParse(b *testing.B) {
	v := vectors(b)[0]
	b.ReportAllocs()
	for b.Loop() {
		if _, err := signature.Parse(v.SignatureHeader); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkParseTime(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, ok := signature.ParseTime("2019-04-04T12:08:56.253+05:30"); !ok {
			b.Fatal("not read")
		}
	}
}
