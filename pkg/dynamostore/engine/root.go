package engine

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
)

// ModuleRoot returns the folder of Countersign's go.mod, at or above the working
// folder. Tests work in the folder of their package.
func ModuleRoot() (string, error) {
	from, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for dir := from; ; dir = filepath.Dir(dir) {
		text, err := os.ReadFile(filepath.Join(dir, "go.mod"))
		if err == nil && bytes.HasPrefix(text, []byte("module countersign\n")) {
			return dir, nil
		}
		if dir == filepath.Dir(dir) {
			return "", fmt.Errorf("no go.mod of Countersign in or above %s: run this in Countersign's folder", from)
		}
	}
}
