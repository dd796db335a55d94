package main

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/alecthomas/kong"
)

// texts are the help texts of a file, by name. A tag such as help:"listen" names one,
// because a struct tag cannot be broken into lines.
type texts map[string]string

var allTexts = []texts{
	serveHelp, placeHelp, clientHelp, clientFlagsHelp, testNumberHelp, dltHelp, userHelp, keysHelp, callHelp,
	invokeHelp, messagesHelp, passwordHelp, callPasswordHelp, standinsHelp, sendersHelp, guardHelp,
	consoleHelp,
}

// named matches a tag that names a text.
var named = regexp.MustCompile(`^[a-z0-9_]+$`)

// fillHelp gives commands, arguments and flags the texts that their tags name.
func fillHelp(k *kong.Kong) error {
	all := texts{}
	for _, file := range allTexts {
		for name, text := range file {
			if all[name] != "" {
				return fmt.Errorf("two help texts are called %s", name)
			}
			all[name] = text
		}
	}
	fill := func(help *string) error {
		if !named.MatchString(*help) {
			return nil
		}
		text, ok := all[*help]
		if !ok {
			return fmt.Errorf("no help text is called %s", *help)
		}
		*help = text
		return nil
	}
	return kong.Visit(k.Model, func(node kong.Visitable, next kong.Next) (err error) {
		switch n := node.(type) {
		case *kong.Node:
			err = fill(&n.Help)
		case *kong.Value: // of a flag or of an argument
			err = fill(&n.Help)
		}
		return next(err)
	})
}

// flagHelp adds the default and the environment variable to the text of a flag.
func flagHelp(v *kong.Value) string {
	var more []string
	if v.HasDefault && v.Default != "" && (v.Flag == nil || v.Flag.PlaceHolder != "") { // kong shows the others
		more = append(more, "default "+v.Default)
	}
	for _, env := range v.Tag.Envs {
		more = append(more, "$"+env)
	}
	if more == nil {
		return v.Help
	}
	return strings.TrimSuffix(v.Help, ".") + " (" + strings.Join(more, ", ") + ")."
}
