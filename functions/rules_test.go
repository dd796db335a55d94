package functions

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// Only the wiring takes time and entropy from the system; all other code gets them as arguments. No code uses
// math/rand, from which codes could be guessed (P13).
func TestClockAndEntropy(t *testing.T) {
	system := regexp.MustCompile(
		`\btime\.(Now|Since|Until|Sleep|After|NewTimer|Tick)\(|\brand\.(Reader|Read|Text|Int)\b|"math/rand`,
	)
	comment := regexp.MustCompile(`//.*`)
	wiring := regexp.MustCompile(`^(cmd/|functions/[a-z]+/main\.go$|pkg/keyring/)`)
	allowed := map[string]string{
		"pkg/dynamostore/batch.go":    "waits before it asks again for what DynamoDB left out of an operator's read",
		"pkg/dynamostore/table.go":    "waits for an engine on a laptop to make its table",
		"pkg/standin/function.go":     "bounds real processes, by the machine's clock",
		"pkg/localserver/run.go":      "wires the server with the machine's clock and entropy",
		"pkg/localserver/greeting.go": "makes up a number and an id for the developer",
		"pkg/localserver/follow.go":   "waits between two looks at the changes, by the machine's clock",
		"pkg/localserver/sweep.go":    "sweeps by the machine's clock, as DynamoDB does",
		"pkg/localserver/terminal.go": "bounds the wait for a terminal that nobody reads, by the machine's clock",
		"pkg/console/live.go":         "waits between two events to a person's page, by the machine's clock",
		"pkg/awsclient/ahead.go":      "idle connections are timed by the machine's clock, not by the service's",
		"pkg/awsclient/once.go":       "idle connections are timed by the machine's clock, not by the service's",
	}
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		name := filepath.ToSlash(strings.TrimPrefix(path, "../"))
		switch {
		case err != nil:
			return err
		case d.IsDir() && strings.HasPrefix(d.Name(), ".") && path != "..":
			return filepath.SkipDir
		case !strings.HasSuffix(name, ".go"),
			strings.HasSuffix(name, "_test.go"),
			wiring.MatchString(name),
			strings.Contains(name, "test/"):
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if found := system.Find(comment.ReplaceAll(text, nil)); found != nil && allowed[name] == "" {
			t.Errorf("%s uses %s: hand it in", name, found)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}
