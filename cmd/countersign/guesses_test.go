package main

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
)

// A code verifies once and five guesses are five, through the Unimatrix contract
// over HTTP (P1, P2).
func TestParallelGuessesUnimatrix(t *testing.T) {
	on(t, func(t *testing.T, p *process) {
		post := func(action, body string) string {
			resp, err := browser.Post(p.url+"/?accessKeyId=demo&action="+action, "application/json",
				strings.NewReader(body))
			if err != nil {
				t.Error(err)
				return ""
			}
			defer resp.Body.Close()
			text, _ := io.ReadAll(resp.Body)
			if resp.StatusCode != 200 {
				t.Errorf("%d %s", resp.StatusCode, text)
			}
			return string(text)
		}
		together := func(n int, body func(int) string) (passed int) {
			var mu sync.Mutex
			var wg sync.WaitGroup
			for i := range n {
				wg.Go(func() {
					got := post("otp.verify", body(i))
					mu.Lock()
					defer mu.Unlock()
					if strings.Contains(got, `"valid":true`) {
						passed++
					} else if !strings.Contains(got, `"valid":false`) {
						t.Error(got)
					}
				})
			}
			wg.Wait()
			return passed
		}
		guess := func(to, code string) string { return fmt.Sprintf(`{"to":%q,"code":%q}`, to, code) }
		post("otp.send", `{"to":"+601111111111"}`)
		right := p.messages("+601111111111")[0].Code
		if got := together(200, func(int) string { return guess("+601111111111", right) }); got != 1 {
			t.Errorf("200 right guesses: %d passed", got)
		}
		// All but one of a thousand are wrong; the right one comes sixth at the
		// earliest, and so never.
		post("otp.send", `{"to":"+601111111112"}`)
		right = p.messages("+601111111112")[0].Code
		wrong := func(i int) string {
			code := fmt.Sprintf("%06d", i)
			if code >= right {
				code = fmt.Sprintf("%06d", i+1)
			}
			return guess("+601111111112", code)
		}
		if got := together(1000, wrong); got != 0 {
			t.Errorf("1,000 wrong guesses: %d passed", got)
		}
		if got := post("otp.verify", guess("+601111111112", right)); !strings.Contains(got, `"valid":false`) {
			t.Errorf("the right code when used up: %s", got)
		}
	})
}
