package main

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"countersign/pkg/filetest"
)

// TestBurst: somebody asks for a code for each of 2,000 adjacent numbers, a hundred at a time. Without the guard all
// messages go out, with it those of one block.
func TestBurst(t *testing.T) {
	for mode, want := range map[string]int{"off": 2000, "enforce": 8} {
		t.Run(mode, func(t *testing.T) {
			data := t.TempDir()
			for _, args := range [][]string{
				{"client", "add", "demo", "--unsigned", "--country", "MY", "--data", data},
				{"guard", "mode", "demo", mode, "--data", data},
			} {
				if text, err := exec.Command(binary, args...).CombinedOutput(); err != nil {
					t.Fatalf("%q: %v\n%s", args, err, text)
				}
			}
			p := serveOn(t, data)
			began := time.Now()
			burst(t, p.url, 2000)
			took := time.Since(began)
			lines := filetest.Read(t, filepath.Join(data, "outbox.jsonl"))
			got := bytes.Count(lines, []byte(`"code":`))
			if got != want {
				t.Errorf("%d messages went out, want %d", got, want)
			}
			t.Logf("guard %s: %d of 2000 messages in %v", mode, got, took.Round(10*time.Millisecond))
		})
	}
}

// burst asks for a code for each of so many adjacent numbers.
func burst(t *testing.T, url string, numbers int) {
	next := make(chan int)
	var callers sync.WaitGroup
	for range 100 {
		callers.Go(func() {
			for n := range next {
				body := fmt.Sprintf(`{"authenticationMethod":"OTP","authenticationType":"SMS",`+
					`"identityType":"MOBILENO","identityValue":"60-12345%04d",`+
					`"authenticationRequestId":"burst-%d"}`, n, n)
				r, err := http.NewRequest("POST", url+"/v1/customers/initAuthentication", strings.NewReader(body))
				if err != nil {
					t.Error(err)
					continue
				}
				r.Header.Set("Client-Id", "demo")
				r.Header.Set("Content-Type", "application/json")
				answer, err := http.DefaultClient.Do(r)
				if err != nil {
					t.Error(err)
					continue
				}
				text, _ := io.ReadAll(answer.Body)
				answer.Body.Close()
				if !bytes.Contains(text, []byte("SUCCESS")) && !bytes.Contains(text, []byte("TIMES_EXCEED_LIMIT")) {
					t.Errorf("number %d: %s", n, text)
				}
			}
		})
	}
	for n := range numbers {
		next <- n
	}
	close(next)
	callers.Wait()
}
