package config

import (
	"slices"
	"strings"
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

// InForce is a setting as a process has it.
type InForce struct {
	Setting
	// Value is "" for none, for a setting that is not used, and for a hidden one.
	Value string
	Origin
	// Ignored: the variable or the flag has a value that is not in force.
	Ignored bool
}

// Settings returns the settings of the process, in the order of the table.
func (p Process) Settings() (all []InForce) {
	for _, s := range table {
		f := p.inForce(s)
		if s.Hidden {
			f.Value = ""
		}
		all = append(all, f)
	}
	return all
}

func (p Process) inForce(s Setting) InForce {
	flag, flagged := p.Flags[s.Name]
	set := flagged || given(p.Getenv, s.Name)
	own, has := p.own(s.Name)
	switch {
	case has && own.Origin != FromProcess:
		return InForce{s, own.Value, own.Origin, set}
	case flagged:
		return InForce{s, flag, FromFlag, false}
	case set:
		return InForce{s, s.value(p.Getenv), FromEnvironment, false}
	case has:
		return InForce{s, own.Value, own.Origin, false}
	}
	return InForce{s, s.Default, FromDefault, false}
}

func (p Process) own(name string) (Own, bool) {
	i := slices.IndexFunc(p.Own, func(o Own) bool { return o.Name == name })
	if i < 0 {
		return Own{}, false
	}
	return p.Own[i], true
}

// Value returns a variable as [Load] has to see it, in place of the environment: with the values of the process.
func (p Process) Value(variable string) string {
	value := p.Getenv(variable)
	name, ours := strings.CutPrefix(variable, Prefix)
	if own, has := p.own(name); ours && has && own.Origin != Unused {
		if own.Origin == Fixed || strings.TrimSpace(value) == "" {
			return own.Value
		}
	}
	return value
}
