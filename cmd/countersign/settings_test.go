package main

import (
	"maps"
	"strings"
	"testing"

	"github.com/alecthomas/kong"

	"countersign/pkg/config"
)

// flags returns every flag of every command that an environment variable sets, by the
// name of its setting.
func flags(t *testing.T) map[string][]*kong.Flag {
	t.Helper()
	parser, err := kong.New(&cli, kong.PostBuild(fillHelp))
	if err != nil {
		t.Fatal(err)
	}
	all := map[string][]*kong.Flag{}
	err = kong.Visit(parser.Model, func(node kong.Visitable, next kong.Next) error {
		if flag, ok := node.(*kong.Flag); ok {
			for _, variable := range flag.Envs {
				setting := strings.TrimPrefix(variable, config.Prefix)
				all[setting] = append(all[setting], flag)
			}
		}
		return next(nil)
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// TestFlagsOfSettings: a flag that a variable sets has the name and the default of its row in
// the table of settings, and each row with a flag has one.
func TestFlagsOfSettings(t *testing.T) {
	all := flags(t)
	for name, found := range all {
		s, ok := config.Find(name)
		if !ok {
			t.Errorf("--%s reads %s%s: add a row to the table in pkg/config/settings.go",
				found[0].Name, config.Prefix, name)
			continue
		}
		for _, flag := range found {
			if "--"+flag.Name != s.Flag || flag.Default != s.Default {
				t.Errorf("--%s of %s has the default %q, and its row in pkg/config/settings.go has %s and %q",
					flag.Name, name, flag.Default, s.Flag, s.Default)
				break
			}
		}
	}
	for _, s := range config.Settings() {
		if s.Flag != "" && all[s.Name] == nil {
			t.Errorf("%s%s has the flag %s in pkg/config/settings.go, and no command has it: "+
				`add it with the tag env:"%[1]s%[2]s"`, config.Prefix, s.Name, s.Flag)
		}
	}
}

// TestClientFlagsOfSettings: client set has the flags that the table of settings names.
func TestClientFlagsOfSettings(t *testing.T) {
	parser, err := kong.New(&cli, kong.PostBuild(fillHelp))
	if err != nil {
		t.Fatal(err)
	}
	of := 0
	for _, s := range config.Settings() {
		if s.Client == "" {
			continue
		}
		of++
		if _, err := parser.Parse([]string{"client", "set", "acme", s.Client + "="}); err != nil &&
			strings.Contains(err.Error(), "unknown flag") {
			t.Errorf("%s: %v", s.Name, err)
		}
	}
	if of < 11 {
		t.Errorf("clients may have values of their own of %d settings", of)
	}
}

// TestSettingsOfFlags: the server knows which values its flags gave, and which variables.
func TestSettingsOfFlags(t *testing.T) {
	t.Setenv("COUNTERSIGN_VERBOSE", "true")
	parser, err := kong.New(&cli, kong.PostBuild(fillHelp))
	if err != nil {
		t.Fatal(err)
	}
	k, err := parser.Parse([]string{"serve", "--listen=127.0.0.1:0", "--allow-host", "a", "--allow-host=b"})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{"LISTEN": "127.0.0.1:0", "ALLOW_HOST": "a,b"}
	if got := givenFlags(k); !maps.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}
