// Package pattern compiles regular expressions when they are first needed. A function that
// starts would wait for them otherwise, and most of its calls need few.
package pattern

import (
	"regexp"
	"sync"
)

// Matches returns a function that reports whether a text matches a regular expression. It
// panics at the first use if the expression is malformed, so a test has to use each one.
// The function may be called concurrently.
func Matches(expression string) func(text string) bool {
	compiled := sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(expression) })
	return func(text string) bool { return compiled().MatchString(text) }
}
