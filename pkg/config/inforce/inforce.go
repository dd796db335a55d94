// Package inforce has the settings of a process as they are in force, and where each value comes from, for the person
// who runs a local server or a console.
package inforce

import (
	"slices"
	"strings"

	"countersign/pkg/config"
)

// Origin is where the value of a setting comes from.
type Origin string

const (
	FromFlag        Origin = "flag"        // of the command; it has precedence over the variable
	FromEnvironment Origin = "environment" // the variable
	FromDefault     Origin = "default"     // the table's
	FromProcess     Origin = "process"     // a default of this process, which differs from the table's
	Fixed           Origin = "fixed"       // this process has no other value, whatever is set
	Unused          Origin = "unused"      // this process does not read the setting
)

// Own is what a process makes of a setting beside the table.
type Own struct {
	Name   string
	Value  string
	Origin Origin // FromProcess, Fixed or Unused
}

// Process is a process with settings.
type Process struct {
	Getenv func(string) string
	Flags  map[string]string // the values that flags of its command gave, by the name of the setting
	Own    []Own
}

// Setting is a setting as a process has it.
type Setting struct {
	config.Setting
	// Value is "" for none, for a setting that is not used, and for a hidden one.
	Value string
	Origin
	// Ignored: the variable or the flag has a value that is not in force.
	Ignored bool
}

// Settings returns the settings of the process, in the order of the table.
func (p Process) Settings() (all []Setting) {
	for _, s := range config.Settings() {
		f := p.inForce(s)
		if s.Hidden {
			f.Value = ""
		}
		all = append(all, f)
	}
	return all
}

func (p Process) inForce(s config.Setting) Setting {
	flag, flagged := p.Flags[s.Name]
	given := strings.TrimSpace(p.Getenv(config.Prefix + s.Name))
	set := flagged || given != ""
	own, has := p.own(s.Name)
	switch {
	case has && own.Origin != FromProcess:
		return Setting{s, own.Value, own.Origin, set}
	case flagged:
		return Setting{s, flag, FromFlag, false}
	case set:
		return Setting{s, given, FromEnvironment, false}
	case has:
		return Setting{s, own.Value, own.Origin, false}
	}
	return Setting{s, s.Default, FromDefault, false}
}

func (p Process) own(name string) (Own, bool) {
	i := slices.IndexFunc(p.Own, func(o Own) bool { return o.Name == name })
	if i < 0 {
		return Own{}, false
	}
	return p.Own[i], true
}

// Value returns a variable as [config.Load] has to see it, in place of the environment: with the values of the process.
func (p Process) Value(variable string) string {
	value := p.Getenv(variable)
	name, ours := strings.CutPrefix(variable, config.Prefix)
	if own, has := p.own(name); ours && has && own.Origin != Unused {
		if own.Origin == Fixed || strings.TrimSpace(value) == "" {
			return own.Value
		}
	}
	return value
}
