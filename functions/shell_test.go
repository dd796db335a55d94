package functions

import (
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v4"
)

// The output Shell gives the commands each table and the keyring of the stack, as the functions have them: else a
// command works on the table of the default name, which is another stack's or none.
func TestShellNamesTheStacksResources(t *testing.T) {
	var file struct {
		Resources map[string]yaml.Node `yaml:"Resources"`
		Outputs   struct {
			Shell struct {
				Value yaml.Node `yaml:"Value"`
			} `yaml:"Shell"`
		} `yaml:"Outputs"`
	}
	readTemplate(t, &file)
	shell := file.Outputs.Shell.Value.Content[0].Value
	var want []string
	for name, value := range globals(t).values() {
		if _, ok := file.Resources[value]; ok {
			if value == "Keyring" {
				value = "Keys" // or the one that KeyringArn names
			}
			want = append(want, name+"=${"+value+"}")
		}
	}
	if len(want) < 3 {
		t.Fatalf("only %q are of the stack", want)
	}
	for _, assignment := range want {
		if !slices.Contains(strings.Fields(shell), assignment) {
			t.Errorf("Shell has no %s: %q", assignment, shell)
		}
	}
}
