package localserver

import (
	"bytes"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"countersign/pkg/clients"
)

// The start warns of a client from before access keys, whose id still finds it. Other clients cause no warning.
func TestWarnOfShownKeys(t *testing.T) {
	s := stage(t, captures{})
	for id, more := range map[string]string{
		"old":     `"unimatrix":"simple","countries":["*"]`,
		"oldHmac": `"unimatrix":"hmac","secrets":[{"sealed":"1.a","added":"2026-11-22T02:25:27Z"}]`,
		"ams":     `"apis":["ams"]`, "broken": `"unimatrix":5`,
	} {
		text := fmt.Sprintf(`{"id":%q,"status":"active","added":"2026-11-22T02:25:27Z",%s}`, id, more)
		ok, err := s.store.Documents().Put(t.Context(), clients.DocumentKey(id), []byte(text), 0)
		if !ok || err != nil {
			t.Fatal(ok, err)
		}
	}
	var log bytes.Buffer
	err := warnOfShownKeys(t.Context(), s.store.Documents(), slog.New(slog.NewTextHandler(&log, nil)))
	got := log.String()
	if err != nil || strings.Count(got, "\n") != 1 || !strings.Contains(got, "client=old\n") ||
		!strings.Contains(got, "client add-access-key") {
		t.Errorf("%v, logged\n%s", err, got)
	}
	post := func(key string) string {
		_, answer, _ := s.send(t, "/?action=otp.verify&accessKeyId="+key, `{"to":"+606543216353","code":"123456"}`)
		return answer
	}
	for _, key := range []string{"demo", "old"} {
		if answer := post(key); !strings.Contains(answer, `"valid":false`) {
			t.Errorf("%s: %s", key, answer)
		}
	}
	if answer := post("ams"); !strings.Contains(answer, "104111") {
		t.Errorf("the id of a client without Unimatrix: %s", answer)
	}
}
