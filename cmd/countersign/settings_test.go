package main

import (
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
