package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"

	"countersign/pkg/standin"
)

// runSizes prints the sizes of function init and verify as they are deployed, of this tree and of the folder before.
func runSizes(dir, before, commit string) error {
	fmt.Printf("| linux/arm64 | %s | now | growth |\n|---|--:|--:|--:|\n", commit)
	for _, function := range []string{"init", "verify"} {
		var sizes []int
		for _, root := range []string{before, "."} {
			out := filepath.Join(dir, "size")
			what := []string{"-o", out, "./functions/" + function}
			cmd := exec.Command("go", slices.Concat([]string{"build"}, standin.BuildFlags, what)...)
			cmd.Dir, cmd.Env = root, append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOARCH=arm64")
			if text, err := cmd.CombinedOutput(); err != nil {
				return fmt.Errorf("build %s in %s: %w\n%s", function, root, err, text)
			}
			info, err := os.Stat(out)
			if err != nil {
				return err
			}
			sizes = append(sizes, int(info.Size()))
		}
		was, is := sizes[0], sizes[1]
		fmt.Printf("| %s | %.2f MB | %.2f MB | %.2f MB |\n", function, mb(was), mb(is), mb(is-was))
	}
	return nil
}
