package localserver

import (
	"bufio"
	"fmt"
	"io"
	"strings"
	"sync/atomic"
	"time"

	"countersign/pkg/outbox"
)

// terminal prints lines without delaying any call, even if nobody reads the output.
type terminal struct {
	lines  chan string
	ended  chan struct{} // closed by close
	done   chan struct{} // closed when the last line is printed
	missed atomic.Int64
}

func newTerminal(w io.Writer) *terminal {
	t := &terminal{lines: make(chan string, 1024), ended: make(chan struct{}), done: make(chan struct{})}
	go t.print(bufio.NewWriter(w))
	return t
}

// lull is the pause after lines were printed. Those that come meanwhile share a write: under load, one for each
// message takes as long as what its line costs besides.
const lull = 5 * time.Millisecond

// print writes the lines. It flushes once for all lines that wait.
func (t *terminal) print(out *bufio.Writer) {
	defer close(t.done)
	ended := t.ended
	for {
		select {
		case line := <-t.lines:
			if n := t.missed.Swap(0); n > 0 {
				fmt.Fprintf(out, "(%d lines were not shown)\n", n)
			}
			out.WriteString(line + "\n")
		case <-ended:
			ended = nil
		}
		if len(t.lines) > 0 {
			continue
		}
		out.Flush() // an error means that the reader is gone
		if ended == nil {
			return
		}
		time.Sleep(lull)
	}
}

// say prints a line, or drops it if too many wait. A line after close may be lost.
func (t *terminal) say(line string) {
	select {
	case t.lines <- line:
	default:
		t.missed.Add(1)
	}
}

// sayMessage prints a message.
func (t *terminal) sayMessage(e outbox.Entry) { t.say("SMS to " + e.To + ": " + e.Body) }

// sayReceipt prints the receipt of a message.
func (t *terminal) sayReceipt(e outbox.Entry) {
	t.say("SMS to " + e.To + " " + string(e.Receipt.State) + ": " + e.Receipt.Reason)
}

// Write is say for a logger. A logger writes whole lines.
func (t *terminal) Write(line []byte) (int, error) {
	t.say(strings.TrimSuffix(string(line), "\n"))
	return len(line), nil
}

// close prints the lines that wait, unless nobody reads them.
func (t *terminal) close() {
	close(t.ended)
	select {
	case <-t.done:
	case <-time.After(time.Second):
	}
}
