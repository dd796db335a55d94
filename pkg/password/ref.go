package password

import (
	"slices"
	"strings"
)

// refOf returns the reference to a password of an account, which the challenge stores that asks for it.
func refOf(k Kind, key string) string { return string(k) + " " + key }

// KindOf returns the kind of the password that a reference of [Accounts.Find] names.
func KindOf(ref string) Kind {
	k, _, _ := strings.Cut(ref, " ")
	return Kind(k)
}

// parseRef takes a reference apart.
func parseRef(ref string) (k Kind, key string, ok bool) {
	kind, key, _ := strings.Cut(ref, " ")
	return Kind(kind), key, slices.Contains(Kinds(), Kind(kind)) && strings.HasPrefix(key, Prefix)
}
