package main

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
)

// wrongCode returns the i-th of all codes but the right one.
func wrongCode(right string, i int) string {
	if code := fmt.Sprintf("%06d", i); code < right {
		return code
	}
	return fmt.Sprintf("%06d", i+1)
}

// together posts n bodies at once and counts the codes.
func (p *process) together(n int, path string, body func(int) string) map[string]int {
	p.t.Helper()
	var mu sync.Mutex
	var wg sync.WaitGroup
	counts := map[string]int{}
	for i := range n {
		wg.Go(func() {
			text, err := p.try(path, body(i))
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				p.t.Error(err)
				return
			}
			counts[code(p.t, text)]++
		})
	}
	wg.Wait()
	return counts
}

// TestParallelGuesses sends guesses and inits at the same time through the AMS contract: a
// code verifies once, five guesses are five, and a number gets one message (P1, P2).
func TestParallelGuesses(t *testing.T) {
	onEachServer(t, func(t *testing.T, p *process) {
		p.post(initPath, initBody("right", "60-1111111111"))
		right := p.messages("+601111111111")[0].Code
		got := p.together(200, verifyPath, func(int) string { return verifyBody("right", right) })
		if got["SUCCESS"] != 1 || got["AUTHENTICATION_REQUEST_ID_INVALID"] != 199 {
			t.Errorf("200 right guesses: %v", got)
		}
		p.post(initPath, initBody("wrong", "60-1111111112"))
		right = p.messages("+601111111112")[0].Code
		got = p.together(1000, verifyPath, func(i int) string { return verifyBody("wrong", wrongCode(right, i)) })
		if got["VERIFY_UNMATCHED"] != 4 || got["VERIFY_TIMES_EXCEED_LIMIT"] != 996 {
			t.Errorf("1,000 wrong guesses: %v", got)
		}
		if got := code(t, p.post(verifyPath, verifyBody("wrong", right))); got != "VERIFY_TIMES_EXCEED_LIMIT" {
			t.Errorf("the right code when locked: %s", got)
		}
		got = p.together(50, initPath, func(i int) string { return initBody(fmt.Sprint("i", i), "60-1111111113") })
		if got["SUCCESS"] != 1 || got["TIMES_EXCEED_LIMIT"] != 49 || len(p.messages("+601111111113")) != 1 {
			t.Errorf("50 inits of one number: %v", got)
		}
	})
}

// unimatrix posts as the demo client through the Unimatrix contract. It may run in parallel.
func (p *process) unimatrix(action, body string) string {
	p.t.Helper()
	url := p.url + "/?accessKeyId=demo&action=" + action
	resp, err := browser.Post(url, "application/json", strings.NewReader(body))
	if err != nil {
		p.t.Error(err)
		return ""
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		p.t.Errorf("%s answered %d %s, %v", action, resp.StatusCode, text, err)
	}
	return string(text)
}

// guesses checks n codes of a number at once, and counts the valid ones.
func (p *process) guesses(n int, to string, code func(int) string) (valid int) {
	var mu sync.Mutex
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			got := p.unimatrix("otp.verify", fmt.Sprintf(`{"to":%q,"code":%q}`, to, code(i)))
			mu.Lock()
			defer mu.Unlock()
			if strings.Contains(got, `"valid":true`) {
				valid++
			} else if !strings.Contains(got, `"valid":false`) {
				p.t.Errorf("a guess answered %s", got)
			}
		})
	}
	wg.Wait()
	return valid
}

// TestParallelGuessesUnimatrix: through the Unimatrix contract too, a code verifies once and
// five guesses are five (P1, P2).
func TestParallelGuessesUnimatrix(t *testing.T) {
	onEachServer(t, func(t *testing.T, p *process) {
		const first, second = "+601111111111", "+601111111112"
		p.unimatrix("otp.send", `{"to":"`+first+`"}`)
		right := p.messages(first)[0].Code
		if got := p.guesses(200, first, func(int) string { return right }); got != 1 {
			t.Errorf("200 right guesses: %d are valid, want 1", got)
		}
		p.unimatrix("otp.send", `{"to":"`+second+`"}`)
		right = p.messages(second)[0].Code
		if got := p.guesses(1000, second, func(i int) string { return wrongCode(right, i) }); got != 0 {
			t.Errorf("1,000 wrong guesses: %d are valid", got)
		}
		if got := p.guesses(1, second, func(int) string { return right }); got != 0 {
			t.Error("the right code is valid after all attempts")
		}
	})
}
