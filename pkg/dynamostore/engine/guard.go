package engine

import (
	"bufio"
	"context"
	"errors"
	"io"
	"strings"
	"time"
)

// guard runs the engine beside a read of a pipe that nobody writes. The system closes
// that when this process ends, in whatever way, and the guard asks the engine to end.
// SIGTERM tells it to wait no longer for that. It is deaf to Ctrl-C, and to the end of
// a terminal, which are told to all processes there: it has to outlive the engine. And
// it lets go of what the engine says, so that this ends where the engine does.
const guard = `trap '' INT HUP
"$0" "$@" </dev/null >/dev/null & trap 'kill -9 $!; wait $!' TERM
exec 2>&-; read -r _; kill $!; wait $!`

// listening waits until the engine says that it listens, or what it said last.
func listening(said io.Reader) error {
	ready := make(chan error, 1)
	go func() {
		ready <- listen(said)
		io.Copy(io.Discard, said) // or the engine would block on a full pipe
	}()
	patience, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	select {
	case err := <-ready:
		return err
	case <-patience.Done():
		return errors.New("it did not say within 10 s that it listens")
	}
}

func listen(said io.Reader) error {
	last := "it ended before it listened"
	lines := bufio.NewScanner(said)
	for lines.Scan() {
		if last = lines.Text(); strings.Contains(last, "listening") {
			return nil
		}
	}
	return errors.New(last)
}
