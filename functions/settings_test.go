package functions

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"countersign/pkg/config"
)

// settings returns the variables of package config, without their prefix.
func (e environment) settings() map[string]string {
	found := map[string]string{}
	for name, value := range e.values() {
		if setting, ok := strings.CutPrefix(name, config.Prefix); ok {
			found[setting] = value
		}
	}
	return found
}

// settings returns the settings that the template sets, for all functions and for each one.
func settings(t *testing.T) (all map[string]string, own map[string]map[string]string) {
	t.Helper()
	var file struct {
		Resources map[string]struct {
			Type       string `yaml:"Type"`
			Properties struct {
				Environment environment `yaml:"Environment"`
			} `yaml:"Properties"`
		} `yaml:"Resources"`
	}
	readTemplate(t, &file)
	own = map[string]map[string]string{}
	for name, r := range file.Resources {
		if r.Type == "AWS::Serverless::Function" {
			own[name] = r.Properties.Environment.settings()
		}
	}
	return globals(t).settings(), own
}

// The template sets each setting that functions read from the parameter that the table of settings names, and sets no
// other variable of that prefix.
func TestTemplateHasSettings(t *testing.T) {
	all, own := settings(t)
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
			t.Errorf("template.yaml sets %s%s, which no process reads: add a row to the table in "+
				"pkg/config/settings.go", config.Prefix, name)
		}
	}
	for _, s := range config.Settings() {
		value, found := set[s.Name]
		switch wanted := s.Template != "" && s.Template != "-"; {
		case wanted && !found:
			t.Errorf("template.yaml lacks %s%s: add a parameter %s, and the variable under Globals or at each "+
				"function", config.Prefix, s.Name, s.Template)
		case wanted && !strings.Contains(value, s.Template):
			t.Errorf("template.yaml sets %s%s from %s, and its row in pkg/config/settings.go names %s",
				config.Prefix, s.Name, value, s.Template)
		case !wanted && found:
			t.Errorf("template.yaml sets %s%s: fill Template in its row in pkg/config/settings.go",
				config.Prefix, s.Name)
		}
	}
}

// The settings of senders reach all functions that send messages, and no other.
func TestSendersSettings(t *testing.T) {
	sending := []string{"InitFunction", "OtpFunction", "CognitoFunction"}
	all, own := settings(t)
	for _, s := range config.Settings() {
		if _, global := all[s.Name]; s.Sends && global {
			t.Errorf("%s%s is for functions that send messages: set it there, and not under Globals",
				config.Prefix, s.Name)
		}
		for function, variables := range own {
			if _, found := variables[s.Name]; s.Sends && found != slices.Contains(sending, function) {
				t.Errorf("%s has %s%s: %v, want %v", function, config.Prefix, s.Name, found, !found)
			}
		}
	}
}
