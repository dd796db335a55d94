package main

import (
	"encoding/json"
	"os"
	"path/filepath"

	"countersign/pkg/keyring"
)

// keysBefore takes the kinds out of the keyring in a data folder that functions of before version 0.15.0 cannot read.
func keysBefore(data string) error {
	path := filepath.Join(data, "keys.json")
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	var kinds map[keyring.Kind]json.RawMessage
	if err := json.Unmarshal(text, &kinds); err != nil {
		return err
	}
	delete(kinds, keyring.Pepper)
	delete(kinds, keyring.Encrypt)
	if text, err = json.Marshal(kinds); err != nil {
		return err
	}
	return os.WriteFile(path, text, 0o600)
}
