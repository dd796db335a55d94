package main

import (
	"bufio"
	"fmt"
	"io"
	"math/big"
	"strings"
	"sync/atomic"
	"time"
)

var tenThousand = big.NewInt(10_000)

// terminal prints lines without ever holding up a call: whoever started the
// server may have stopped reading its output.
type terminal struct {
	lines  chan string
	done   chan struct{}
	missed atomic.Int64
}

func newTerminal(w io.Writer) *terminal {
	t := &terminal{lines: make(chan string, 1024), done: make(chan struct{})}
	go func() {
		defer close(t.done)
		out := bufio.NewWriter(w)
		for line := range t.lines {
			if n := t.missed.Swap(0); n > 0 {
				fmt.Fprintf(out, "(%d lines were not shown)\n", n)
			}
			out.WriteString(line + "\n")
			if len(t.lines) == 0 {
				out.Flush() // an error means that nobody reads any more
			}
		}
		out.Flush()
	}()
	return t
}

// say prints a line, or drops it where too many wait. Not after close.
func (t *terminal) say(line string) {
	select {
	case t.lines <- line:
	default:
		t.missed.Add(1)
	}
}

// Write is say for a logger, which writes whole lines.
func (t *terminal) Write(line []byte) (int, error) {
	t.say(strings.TrimSuffix(string(line), "\n"))
	return len(line), nil
}

// close prints what waits, unless nobody reads.
func (t *terminal) close() {
	close(t.lines)
	select {
	case <-t.done:
	case <-time.After(time.Second):
	}
}
