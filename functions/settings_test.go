package functions

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v4"

	"countersign/pkg/config"
)

// environments returns the variables of package config that the template sets, first
// for all functions and then for each one.
func environments(t *testing.T) (all map[string]string, own map[string]map[string]string) {
	t.Helper()
	type variables struct {
		Variables map[string]yaml.Node `yaml:"Variables"`
	}
	var file struct {
		Globals struct {
			Function struct {
				Environment variables `yaml:"Environment"`
			} `yaml:"Function"`
		} `yaml:"Globals"`
		Resources map[string]struct {
			Type       string `yaml:"Type"`
			Properties struct {
				Environment variables `yaml:"Environment"`
			} `yaml:"Properties"`
		} `yaml:"Resources"`
	}
	readTemplate(t, &file)
	values := func(nodes map[string]yaml.Node) map[string]string {
		found := map[string]string{}
		for name, value := range nodes {
			if setting, ok := strings.CutPrefix(name, config.Prefix); ok {
				found[setting] = first(value).Value
			}
		}
		return found
	}
	own = map[string]map[string]string{}
	for name, r := range file.Resources {
		if r.Type == "AWS::Serverless::Function" {
			own[name] = values(r.Properties.Environment.Variables)
		}
	}
	return values(file.Globals.Function.Environment.Variables), own
}

// The template sets each setting that functions read, from what the table of settings
// names, and no other variable.
func TestTemplateHasSettings(t *testing.T) {
	all, own := environments(t)
	set := maps.Clone(all)
	for function, variables := range own {
		for name, value := range variables {
			if was, twice := set[name]; twice && was != value {
				t.Errorf("%s sets %s%s from %s, and others from %s", function, config.Prefix, name, value, was)
			}
			set[name] = value
		}
	}
	for name := range set {
		if _, ok := config.Find(name); !ok {
			t.Errorf("template.yaml sets %s%s, which no process reads: add a row to the table in pkg/config/settings.go",
				config.Prefix, name)
		}
	}
	for _, s := range config.Settings() {
		value, found := set[s.Name]
		switch wanted := s.Template != "" && s.Template != "-"; {
		case wanted && !found:
			t.Errorf("template.yaml lacks %s%s: add a parameter %s, and the variable under Globals or at each function",
				config.Prefix, s.Name, s.Template)
		case wanted && !strings.Contains(value, s.Template):
			t.Errorf("template.yaml sets %s%s from %s, and its row in pkg/config/settings.go names %s",
				config.Prefix, s.Name, value, s.Template)
		case !wanted && found:
			t.Errorf("template.yaml sets %s%s: fill Template in its row in pkg/config/settings.go", config.Prefix, s.Name)
		}
	}
}

// The settings of senders reach all functions that send messages, and no other.
func TestSendersSettings(t *testing.T) {
	sending := []string{"InitFunction", "OtpFunction", "CognitoFunction"}
	all, own := environments(t)
	for _, s := range config.Settings() {
		if _, global := all[s.Name]; s.Sends && global {
			t.Errorf("%s%s is for functions that send messages: set it there, and not under Globals", config.Prefix, s.Name)
		}
		for function, variables := range own {
			if _, found := variables[s.Name]; s.Sends && found != slices.Contains(sending, function) {
				t.Errorf("%s has %s%s: %v, want %v", function, config.Prefix, s.Name, found, !found)
			}
		}
	}
}
