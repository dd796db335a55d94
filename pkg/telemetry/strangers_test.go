package telemetry_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"countersign/pkg/telemetry"
)

// Strangers get one line in ten seconds, and the metric counts each of them.
func TestStrangers(t *testing.T) {
	d := newDesk(t)
	flood := func(n int) {
		for range n {
			d.post("another", "/v1/customers/initAuthentication", "canary")
			d.post("nobody"+number, "/v1/customers/initAuthentication", "canary")
		}
	}
	flood(500)
	d.one("the first", map[string]any{
		"level": "INFO", "client": "", "strangers": 1, "refusals": "", "faults": "", "result": "INVALID_CLIENT",
	})
	for range 2 { // a client whose signature is refused has a line of its own among them
		d.post("signed", "/v1/customers/initAuthentication", "canary")
	}
	d.one("a client that signs wrongly", map[string]any{
		"client": "signed", "strangers": 1000, "result": "INVALID_SIGNATURE",
		"detail": "not_base64: signature must be standard base64 with padding, percent-encoded",
	})
	d.now = d.now.Add(telemetry.SampleEvery)
	flood(1)
	d.one("the next", map[string]any{"strangers": 2})
	flood(10)
	d.send("one", number)
	d.one("a client among them", map[string]any{"client": "demo", "outcome": "sent", "strangers": 21, "faults": 0})
	d.send("one", number)
	d.one("afterwards", map[string]any{"strangers": ""})
	d.lines.Every = 0
	d.post("nobody"+number, "/v1/customers/initAuthentication", "canary")
	d.one("nobody", map[string]any{"client": "", "strangers": 1, "result": "INVALID_CLIENT"})
	d.post("demo", "/v1/canary", "canary")
	d.one("no API", map[string]any{"api": "none", "result": "INVALID_API"})
}

// The line that counts strangers has the addresses that most of them came from, whatever else they sent, and no line
// has the address of a client.
func TestStrangersFrom(t *testing.T) {
	var out bytes.Buffer
	log, lines := slog.New(slog.NewJSONHandler(&out, nil)), &telemetry.Lines{Stack: "prod", Every: 10 * time.Second}
	now := time.UnixMilli(1_795_317_208_457)
	write := func(source string, admitted bool) {
		ctx, r := telemetry.Begin(t.Context(), now)
		r.Source, r.Admitted = source, admitted
		lines.Write(ctx, log, r, now)
	}
	want := func(name, from string) {
		t.Helper()
		var line struct{ StrangersFrom string }
		if err := json.Unmarshal(out.Bytes(), &line); err != nil || line.StrangersFrom != from {
			t.Errorf("%s: %q (%v), want %q", name, line.StrangersFrom, err, from)
		}
		out.Reset()
	}
	write("192.0.2.1", false)
	want("the first", "192.0.2.1 1")
	for i := range 1000 {
		write("198.51.100.7", false)
		write(fmt.Sprintf("2001:db8:0:1::%x", i), false)
		write("::ffff:203.0.113.9", false)
		write("203.0.113.9", false)
		write("", false)
		write("no address\n", false)
	}
	for range 3 {
		write("192.0.2.8", false)
	}
	write("192.0.2.200", true)
	want("a client", "203.0.113.9 2000, 198.51.100.7 1000, 2001:db8:0:1::/64 1000")
	write("192.0.2.200", true)
	want("afterwards", "")
	for i := range 100_000 {
		write(fmt.Sprintf("10.%d.%d.%d", i>>16, i>>8&255, i&255), false)
		if i%10 == 0 {
			write("192.0.2.99", false)
		}
	}
	now = now.Add(10 * time.Second)
	write("192.0.2.99", false)
	_, after, _ := strings.Cut(out.String(), `"strangersFrom":"`)
	from, _, _ := strings.Cut(after, `"`) // the line's time has a "10." too, now and then
	if !strings.HasPrefix(from, "192.0.2.99 ") || strings.Count(from, "10.") > 2 {
		t.Errorf("the source of one request in eleven is lost: %s", out.String())
	}
}

// Parallel strangers are each counted once.
func TestStrangersAtOnce(t *testing.T) {
	var out bytes.Buffer
	log, lines := slog.New(slog.NewJSONHandler(&out, nil)), &telemetry.Lines{Stack: "prod", Every: time.Second}
	start := time.UnixMilli(1_795_317_208_457)
	const callers, each = 16, 50
	var all sync.WaitGroup
	for range callers {
		all.Go(func() {
			for n := range each {
				now := start.Add(time.Duration(n) * 100 * time.Millisecond)
				ctx, r := telemetry.Begin(t.Context(), now)
				lines.Write(ctx, log, r, now)
			}
		})
	}
	all.Wait()
	ctx, r := telemetry.Begin(t.Context(), start)
	r.Admitted = true
	lines.Write(ctx, log, r, start)
	total, written := 0, 0
	for text := range strings.Lines(out.String()) {
		var line struct{ Strangers int }
		if err := json.Unmarshal([]byte(text), &line); err != nil {
			t.Fatal(err)
		}
		total, written = total+line.Strangers, written+1
	}
	if total != callers*each || written > 8 {
		t.Errorf("%d strangers in %d lines, want %d in few", total, written, callers*each)
	}
}
