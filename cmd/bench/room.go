package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"

	"countersign/pkg/clients"
)

// room gives the client demo of a data folder room for messages that nobody answers, so that a run measures how a
// message is counted, and not how it is refused. A binary of before the guard counts none, and needs nothing.
func room(binary, data string) error {
	if exec.Command(binary, "guard", "mode", "--help").Run() != nil {
		return nil
	}
	key := filepath.Join(data, "bench.key") // the id, as that of the built-in client
	if err := os.WriteFile(key, []byte("demo"), 0o600); err != nil {
		return err
	}
	for _, command := range [][]string{
		{
			"client", "add", "demo", "--unsigned", "--country", "*", "--unimatrix", "simple", "--access-key-file", key,
			"--data", data,
		},
		{"guard", "mode", "demo", "enforce", "--new-countries", strconv.Itoa(clients.MaxNewCountries), "--data", data},
	} {
		if text, err := exec.Command(binary, command...).CombinedOutput(); err != nil {
			return errors.Join(fmt.Errorf("%q: %w\n%s", command, err, text), os.Remove(key))
		}
	}
	return os.Remove(key)
}
