package engine

import (
	"bufio"
	"context"
	"errors"
	"io"
	"strings"
	"time"
)

// guard is a shell script that runs the engine and reads a pipe to which nobody writes.
// The system closes the pipe when this process ends, in whatever way; the guard then
// asks the engine to end. On SIGTERM it kills the engine. It ignores Ctrl-C and the end
// of the terminal, which reach all processes of the terminal, since it has to outlive
// the engine. It closes its own standard error, so that a reader of the engine's
// standard error sees the end when the engine ends.
const guard = `trap '' INT HUP
"$0" "$@" </dev/null >/dev/null & trap 'kill -9 $!; wait $!' TERM
exec 2>&-; read -r _; kill $!; wait $!`

// listening waits for the engine's line with the word "listening". If the engine ends before that,
// the error is its last line.
func listening(stderr io.Reader) error {
	ready := make(chan error, 1)
	go func() {
		ready <- listen(stderr)
		io.Copy(io.Discard, stderr) // otherwise the engine would block on a full pipe
	}()
	patience, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	select {
	case err := <-ready:
		return err
	case <-patience.Done():
		return errors.New("it did not listen within 10 s")
	}
}

func listen(stderr io.Reader) error {
	last := "it ended before it listened"
	lines := bufio.NewScanner(stderr)
	for lines.Scan() {
		if last = lines.Text(); strings.Contains(last, "listening") {
			return nil
		}
	}
	return errors.New(last)
}
