package standin

import (
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
)

// BuildFlags are those of `make build`: no net/rpc entry point, no paths, no symbols.
var BuildFlags = []string{"-tags", "lambda.norpc", "-trimpath", "-ldflags", "-s -w"}

// Build builds packages of the module at root as Lambda wants them, but for this machine's own processor and system.
// out is the binary of one package, or a folder for the binaries of several, each under the last part of its path.
func Build(root, out string, pkgs ...string) error {
	cmd := exec.Command("go", slices.Concat([]string{"build"}, BuildFlags, []string{"-o", out}, pkgs)...)
	cmd.Dir, cmd.Env = root, append(os.Environ(), "CGO_ENABLED=0")
	if text, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("go build %s: %w\n%s", strings.Join(pkgs, " "), err, text)
	}
	return nil
}
