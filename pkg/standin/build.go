package standin

import (
	"fmt"
	"os"
	"os/exec"
)

// BuildFlags are those of `make build`: no net/rpc entry point, no paths, no symbols.
var BuildFlags = []string{"-tags", "lambda.norpc", "-trimpath", "-ldflags", "-s -w"}

// Build builds a package of the module at root as Lambda wants it, but for this
// machine's own processor and system, to the file binary.
func Build(root, pkg, binary string) error {
	cmd := exec.Command("go", append(append([]string{"build"}, BuildFlags...), "-o", binary, pkg)...)
	cmd.Dir, cmd.Env = root, append(os.Environ(), "CGO_ENABLED=0")
	if text, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("go build %s: %w\n%s", pkg, err, text)
	}
	return nil
}
