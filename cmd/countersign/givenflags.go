package main

import (
	"fmt"
	"strings"

	"github.com/alecthomas/kong"

	"countersign/pkg/config"
)

// givenFlags returns the values of the flags on the command line that have a setting, by its name.
func givenFlags(k *kong.Context) map[string]string {
	given := map[string]string{}
	for _, p := range k.Path {
		if p.Flag == nil || p.Resolved {
			continue
		}
		value := k.FlagValue(p.Flag)
		text := fmt.Sprint(value)
		if list, ok := value.([]string); ok {
			text = strings.Join(list, ",")
		}
		for _, variable := range p.Flag.Envs {
			given[strings.TrimPrefix(variable, config.Prefix)] = text
		}
	}
	return given
}
