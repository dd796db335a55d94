package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"slices"
	"strconv"
	"sync"
	"time"
)

// connections of a load run: as many as in the measurements of others.
const connections = 16

// figures of one load run.
type figures struct {
	Build          string // "before" or "now"
	Contract, Name string
	Calls          int
	Elapsed        time.Duration
	P50, P99, P999 time.Duration
	CPU            time.Duration // of the server for each call
	Wrong          int           // answers other than the expected one
	RSS            int           // of the server afterwards, in KiB
}

// PerSecond is the throughput.
func (f figures) PerSecond() float64 { return float64(f.Calls) / f.Elapsed.Seconds() }

// load sends requests over keep-alive connections until next returns nil or the time is
// over. next is called concurrently. Every answer must have want.
func load(addr, name string, length time.Duration, next func() []byte, want string) (figures, error) {
	f := figures{Name: name}
	var mu sync.Mutex
	var wg sync.WaitGroup
	var times []time.Duration
	var failed error
	begin := time.Now()
	for range connections {
		wg.Go(func() {
			took, wrong, err := drive(addr, begin.Add(length), next, []byte(want))
			mu.Lock()
			defer mu.Unlock()
			times, f.Wrong = append(times, took...), f.Wrong+wrong
			if err != nil {
				failed = err
			}
		})
	}
	wg.Wait()
	f.Elapsed, f.Calls = time.Since(begin), len(times)
	if failed != nil || f.Calls == 0 {
		return f, fmt.Errorf("%s: %d calls: %v", name, f.Calls, failed)
	}
	slices.Sort(times)
	f.P50, f.P99, f.P999 = times[len(times)/2], times[len(times)*99/100], times[len(times)*999/1000]
	return f, nil
}

// drive is one connection: a request, its answer, the next. It speaks HTTP/1.1 itself,
// because on two cores a full client would take most of the time that is measured. So it
// takes as much of them as wrk does; two threads that each poll eight connections would
// take more, as most of their polls find a single answer.
func drive(addr string, end time.Time, next func() []byte, want []byte) (took []time.Duration, wrong int, err error) {
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		return nil, 0, err
	}
	defer conn.Close()
	conn.SetDeadline(end.Add(10 * time.Second))
	in := bufio.NewReaderSize(conn, 4096)
	body := make([]byte, 0, 4096)
	for at := time.Now(); at.Before(end); {
		request := next()
		if request == nil {
			break
		}
		if _, err := conn.Write(request); err != nil {
			return took, wrong, err
		}
		if body, err = answer(in, body); err != nil {
			return took, wrong, err
		}
		if !bytes.Contains(body, want) {
			wrong++
		}
		now := time.Now()
		took = append(took, now.Sub(at))
		at = now
	}
	return took, wrong, nil
}

// answer reads one response of known length.
func answer(in *bufio.Reader, body []byte) ([]byte, error) {
	length := -1
	for {
		line, err := in.ReadSlice('\n')
		if err != nil {
			return nil, err
		}
		if len(line) <= 2 {
			break
		}
		if name, value, ok := bytes.Cut(line, []byte(": ")); ok && bytes.EqualFold(name, []byte("Content-Length")) {
			if length, err = strconv.Atoi(string(bytes.TrimSpace(value))); err != nil {
				return nil, err
			}
		}
	}
	if length < 0 {
		return nil, fmt.Errorf("an answer without Content-Length")
	}
	body = slices.Grow(body[:0], length)[:length]
	_, err := io.ReadFull(in, body)
	return body, err
}

// post returns a request with further header lines.
func post(path, headers, body string) []byte {
	return fmt.Appendf(nil, "POST %s HTTP/1.1\r\nHost: 127.0.0.1\r\n%s"+
		"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", path, headers, len(body), body)
}
