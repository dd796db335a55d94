package main

import (
	"fmt"
	"io"
	"math/big"
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
		for line := range t.lines {
			if n := t.missed.Swap(0); n > 0 {
				line += fmt.Sprintf("\n(%d lines were not shown)", n)
			}
			if _, err := io.WriteString(w, line+"\n"); err != nil {
				continue // nobody reads any more
			}
		}
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

// close prints what waits, unless nobody reads.
func (t *terminal) close() {
	close(t.lines)
	select {
	case <-t.done:
	case <-time.After(time.Second):
	}
}
