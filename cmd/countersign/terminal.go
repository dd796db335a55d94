package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"golang.org/x/term"

	"countersign/pkg/password"
)

// typedPassword reads a password that a person types without an echo, twice if it is a new one. From a standard input
// that is no terminal it reads one line.
func typedPassword(ctx context.Context, what string, isNew bool) (password.Clear, error) {
	if !term.IsTerminal(int(os.Stdin.Fd())) {
		text, err := readSecret("-")
		return password.Clear(text), err
	}
	first, err := typed(ctx, what)
	if err != nil || !isNew {
		return first, err
	}
	second, err := typed(ctx, what+" again")
	if err == nil && first != second {
		err = errors.New("the two are not the same: nothing is changed")
	}
	return first, err
}

// typed reads a line from the terminal. The end of ctx, which is Ctrl-C, restores the echo.
func typed(ctx context.Context, what string) (password.Clear, error) {
	fd := int(os.Stdin.Fd())
	before, err := term.GetState(fd)
	if err != nil {
		return "", err
	}
	fmt.Fprintf(os.Stderr, "%s: ", what)
	defer fmt.Fprintln(os.Stderr)
	type line struct {
		text []byte
		err  error
	}
	done := make(chan line, 1)
	go func() {
		text, err := term.ReadPassword(fd)
		done <- line{text, err}
	}()
	select {
	case got := <-done:
		return password.Clear(got.text), got.err
	case <-ctx.Done():
		return "", errors.Join(errors.New("interrupted: nothing is changed"), term.Restore(fd, before))
	}
}
