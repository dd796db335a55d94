package main

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/alecthomas/kong"

	"countersign/pkg/clients"
	"countersign/pkg/clients/profile"
)

var word = regexp.MustCompile(`'[^']*'|\S+`)

// TestChangesOfFacts: the commands that the console shows beside the facts of a client exist, with their flags.
func TestChangesOfFacts(t *testing.T) {
	yes, now := true, time.Now()
	all := map[string]bool{}
	for _, r := range []clients.Record{{}, {
		Status: clients.StatusDisabled, Once: true, CustomCodes: &yes, ClearPasswords: &yes,
		Keys: []clients.Key{{Version: "1"}}, AccessKeys: []clients.AccessKey{{}}, Secrets: make([]clients.Secret, 2),
		DLT: []clients.Registration{{Language: "hi"}}, TestNumbers: []clients.TestNumber{{Until: now}},
	}} {
		for _, f := range profile.Of(r, "", now) {
			all[f.Change] = true
		}
	}
	delete(all, "")
	if len(all) < 30 {
		t.Errorf("%d commands", len(all))
	}
	for command := range all {
		cli.Client = clientCommands{}
		parser, err := kong.New(&cli, kong.PostBuild(fillHelp))
		if err != nil {
			t.Fatal(err)
		}
		args := word.FindAllString(strings.ReplaceAll(command, "ID", "acme"), -1)
		for i := range args {
			args[i] = strings.Trim(args[i], "'")
		}
		if _, err := parser.Parse(args); err != nil {
			t.Errorf("countersign %s: %v", command, err)
		}
	}
}
