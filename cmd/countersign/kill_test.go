package main

import (
	"fmt"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
)

// TestKill: a server that is killed under load has kept every challenge that it has answered
// with success, and its message (P27).
func TestKill(t *testing.T) {
	data := newFolder(t)
	admin := onFolder(t, data)
	// The cooldown is longer than the test, and nobody answers these messages before the server is killed.
	admin.ok("client", "add", "demo", "--unsigned", "--country", "*", "--cooldown", "1h")
	admin.ok("guard", "mode", "demo", "off")
	answered := killUnderLoad(t, serveOn(t, data))
	again := serveOn(t, data)
	codes := map[string]string{}
	for _, m := range again.messages("") {
		codes[m.To] = m.Code
	}
	post := func(path, body string) string {
		text, err := again.tryBy(loader, path, body)
		if err != nil {
			t.Fatal(err)
		}
		return code(t, text)
	}
	for n, got := range answered {
		national := fmt.Sprintf("1%09d", n)
		sent := codes["+60"+national]
		if got != "SUCCESS" || sent == "" {
			t.Fatalf("challenge %d: answered %s, in the outbox %v", n, got, sent != "")
		}
		if got := post(initPath, initBody(fmt.Sprint("more", n), "60-"+national)); got != "TIMES_EXCEED_LIMIT" {
			t.Fatalf("challenge %d: its message is not counted: %s", n, got)
		}
		if got := post(verifyPath, verifyBody(fmt.Sprint("kill", n), sent)); got != "SUCCESS" {
			t.Fatalf("challenge %d: its code answered %s", n, got)
		}
	}
	t.Logf("%d acknowledged challenges survived", len(answered))
}

// killUnderLoad sends inits in parallel and kills the server after 500 answers. It returns
// the code of each answer, by the number of its challenge.
func killUnderLoad(t *testing.T, p *process) map[int]string {
	var mu sync.Mutex
	answered := map[int]string{}
	var next atomic.Int64
	var wg sync.WaitGroup
	enough := make(chan struct{})
	for range 16 {
		wg.Go(func() {
			for {
				n := int(next.Add(1))
				text, err := p.tryBy(loader, initPath, initBody(fmt.Sprint("kill", n), fmt.Sprintf("60-1%09d", n)))
				if err != nil || n > 100_000 {
					return // killed
				}
				mu.Lock()
				answered[n] = code(t, text)
				if len(answered) == 500 {
					close(enough)
				}
				mu.Unlock()
			}
		})
	}
	<-enough
	p.end(syscall.SIGKILL)
	wg.Wait()
	return answered
}
