package unimatrix_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"countersign/pkg/gateway"
	"countersign/pkg/unimatrix"
)

// BenchmarkSignature checks signatures of an id that no SDK escapes, of an id that each SDK escapes in its own way, and
// of the longest query.
func BenchmarkSignature(b *testing.B) {
	_, all := vectors(b)
	raws := map[string]string{}
	for _, v := range all {
		raws[v.Name] = v.Query
	}
	long := plain("1795314304") + "&x=" + strings.Repeat("%2B", 2600)
	for name, raw := range map[string]string{
		"plain": raws["PHP style"], "special": raws["Node style, special key id"],
		"longest": sign(secret, long, long),
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if !unimatrix.Authentic(raw, [][]byte{[]byte(secret)}, time.Unix(1_795_314_304, 0)) {
					b.Fatal("refused")
				}
			}
		})
	}
}

func BenchmarkDecode(b *testing.B) {
	for name, text := range map[string]string{
		"minimal": sendText,
		"all fields": `{"to":"+12068800123","digits":4,"intent":"login","channel":"sms","code":"2048",` +
			`"ttl":600,"signature":"Acme","templateId":"pub_otp_en_basic"}`,
		"16 KiB":    padded(sendText, 16<<10),
		"many keys": sendText[:len(sendText)-1] + "," + manyKeys(1700) + "}",
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, ok := unimatrix.DecodeSend([]byte(text)); !ok {
					b.Fatal("refused")
				}
			}
		})
	}
}

// BenchmarkServe serves whole otp.send requests for one number. After the first, each is a re-send.
func BenchmarkServe(b *testing.B) {
	s := newService(b)
	quiet(s)
	r := gateway.Request{Method: "POST", Path: "/", Query: signed(secret, "1795314304"), Body: []byte(sendText)}
	b.ReportAllocs()
	for b.Loop() {
		if s.api.Serve(context.Background(), r).Status != 200 {
			b.Fatal("refused")
		}
	}
}
