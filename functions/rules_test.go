package functions

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// deps lists the packages of the module that pkg imports, itself included, and
// all others by their full path.
func deps(t *testing.T, pkg string) []string {
	t.Helper()
	text, err := exec.Command("go", "list", "-deps", pkg).Output()
	if err != nil {
		t.Fatalf("go list -deps %s: %v", pkg, err)
	}
	return strings.Fields(string(text))
}

// What a package may link says what it can do (see README, Layout).
func TestDependencies(t *testing.T) {
	const (
		sns, phones, sqlite, aws = "github.com/aws/aws-sdk-go-v2/service/sns", "countersign/pkg/phone/plan", "modernc.org/sqlite/lib", "github.com/aws/aws-sdk-go-v2/aws"
		outbox, keys             = "countersign/pkg/outbox", "countersign/pkg/keyring"
		dynamo, file             = "countersign/pkg/dynamostore", "countersign/pkg/sqlitestore"
		bus, lambdas             = "countersign/pkg/eventbus", "github.com/aws/aws-lambda-go/events"
		sender, ams, uni         = "countersign/pkg/snssender", "countersign/pkg/ams", "countersign/pkg/unimatrix"
		pool, standin            = "countersign/pkg/cognito", "countersign/pkg/standin"
		fakes                    = "countersign/pkg/awsfake"
		edits, people            = "countersign/pkg/clients/registry", "countersign/pkg/users"
		table, streams           = "github.com/aws/aws-sdk-go-v2/service/dynamodb", "github.com/aws/aws-sdk-go-v2/service/dynamodbstreams"
	)
	for pkg, barred := range map[string][]string{
		"countersign/functions/init":     {edits, sqlite, outbox, file, uni, bus, pool, standin, streams, fakes},
		"countersign/functions/otp":      {edits, sqlite, outbox, file, bus, pool, standin, streams, fakes},
		"countersign/functions/verify":   {edits, sns, phones, sqlite, outbox, file, sender, uni, bus, pool, standin, streams, fakes},
		"countersign/functions/cognito":  {edits, sqlite, outbox, file, uni, bus, standin, streams, fakes},
		"countersign/functions/changes":  {sns, phones, sqlite, outbox, file, sender, ams, uni, keys, pool, standin, streams, fakes},
		"countersign/pkg/ams":            {sns, phones, sqlite, aws, outbox, dynamo, file, sender, keys, uni},
		"countersign/pkg/unimatrix":      {sns, phones, sqlite, aws, outbox, dynamo, file, sender, keys, ams},
		"countersign/pkg/cognito":        {sns, phones, sqlite, aws, outbox, dynamo, file, sender, keys, ams, uni},
		"countersign/pkg/clients":        {edits, people, sns, phones, sqlite, aws, outbox, dynamo, file, sender, keys, ams, uni},
		"countersign/pkg/keyring":        {aws, dynamo, file, ams, uni, "countersign/pkg/clients"},
		"countersign/pkg/gateway":        {aws, "countersign/pkg/otp", ams, uni},
		"countersign/pkg/changes":        {sns, phones, sqlite, aws, lambdas, outbox, dynamo, file, sender, keys, ams, uni, bus},
		"countersign/pkg/changes/stream": {sns, phones, sqlite, aws, outbox, dynamo, file, sender, keys, ams, uni, bus},
		"countersign/pkg/eventbus":       {sns, phones, sqlite, outbox, dynamo, file, sender, keys, ams, uni, table, streams},
		"countersign/pkg/dynamostore":    {sns, streams, sqlite, file, sender, ams, uni, outbox, keys, lambdas, bus},
		"countersign/pkg/snssender":      {table, sqlite, dynamo, ams, uni, outbox, keys},
		"countersign/pkg/sqlitestore":    {aws, dynamo, ams, uni, outbox, keys, lambdas, bus},
		"countersign/pkg/telemetry":      {sns, phones, sqlite, aws, lambdas, outbox, dynamo, file, sender, keys, ams, uni, pool, "countersign/pkg/clients"},
		"countersign/pkg/standin":        {sns, phones, sqlite, outbox, file, sender, ams, uni, pool, bus, streams, "testing"},
		"countersign/pkg/awsclient":      {sns, table, sqlite, outbox, dynamo, file, sender, ams, uni, keys, bus, lambdas, "countersign/pkg/otp"},
		"countersign/cmd/countersign":    {"testing", "net/http/httptest"},
		"countersign/pkg/awsfake":        {sns, table, sqlite, outbox, dynamo, file, sender, ams, uni, keys, bus, "testing"},
		"countersign/pkg/localserver":    {"testing", bus, pool, standin, lambdas},
		"countersign/pkg/openstore":      {"testing", sns, phones, sender, ams, uni, outbox, bus, pool, standin, lambdas, keys},
		"countersign/pkg/outbox":         {aws, sqlite, ams, uni},
		"countersign/pkg/service":        {sns, phones, sqlite, aws, outbox, dynamo, file, sender, uni, pool, standin, streams},
		"countersign/pkg/service/sending": {
			sns, sqlite, aws, outbox, dynamo, file, sender, uni, pool, standin, streams,
		},
	} {
		have := deps(t, pkg)
		for _, b := range barred {
			if slices.Contains(have, b) {
				t.Errorf("%s links %s", pkg, b)
			}
		}
	}
	for _, dep := range deps(t, "countersign/pkg/otp") {
		if first, _, _ := strings.Cut(dep, "/"); strings.Contains(first, ".") || first == "countersign" && dep != "countersign/pkg/otp" {
			t.Errorf("pkg/otp links %s; it uses the standard library only", dep)
		}
	}
}

// Time and entropy are handed in: only wiring takes them from the system.
// math/rand has no place where codes are made (P13).
func TestClockAndEntropy(t *testing.T) {
	system := regexp.MustCompile(`\btime\.(Now|Since|Until|Sleep|After|NewTimer|Tick)\(|\brand\.(Reader|Read|Text|Int)\b|"math/rand`)
	comment := regexp.MustCompile(`//.*`)
	wiring := regexp.MustCompile(`^(cmd/|functions/[a-z]+/main\.go$|pkg/keyring/)`)
	allowed := map[string]string{
		"pkg/dynamostore/table.go":    "waits for an engine on a laptop to make its table",
		"pkg/standin/function.go":     "bounds real processes, by the machine's clock",
		"pkg/localserver/run.go":      "wires the server with the machine's clock and entropy",
		"pkg/localserver/greeting.go": "makes up a number and an id for the developer",
		"pkg/localserver/follow.go":   "waits between two looks at the changes, by the machine's clock",
		"pkg/localserver/sweep.go":    "sweeps by the machine's clock, as DynamoDB does",
		"pkg/localserver/terminal.go": "bounds the wait for a terminal that nobody reads, by the machine's clock",
		"pkg/snssender/client.go":     "idle connections are timed by the machine's clock, not by the service's",
	}
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		name := filepath.ToSlash(strings.TrimPrefix(path, "../"))
		switch {
		case err != nil:
			return err
		case d.IsDir() && strings.HasPrefix(d.Name(), ".") && path != "..":
			return filepath.SkipDir
		case !strings.HasSuffix(name, ".go"), strings.HasSuffix(name, "_test.go"), wiring.MatchString(name), strings.Contains(name, "test/"):
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
