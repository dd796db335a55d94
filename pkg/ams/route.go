package ams

import "strings"

// The APIs that are served, by their path after the prefix.
const (
	apiCustomersInit  = "/v1/customers/initAuthentication"
	apiUsersInit      = "/v1/users/initAuthentication"
	apiUsersVerify    = "/v1/users/verifyAuthentication"
	apiTrigger        = "/v1/security/triggerChallenge"
	apiSecurityVerify = "/v1/security/verifyAuthentication"
)

// prefixes under which each API is served alike. The last one is no prefix.
var prefixes = []string{"/ams/sandbox/api", "/ams/api", ""}

// route returns the API of a path, "" when there is none. Paths are compared
// byte by byte: what was signed is what is served.
func route(path string) string {
	for _, prefix := range prefixes {
		rest, ok := strings.CutPrefix(path, prefix)
		if !ok {
			continue
		}
		switch rest {
		case apiCustomersInit, apiUsersInit, apiTrigger, apiUsersVerify, apiSecurityVerify:
			return rest
		}
	}
	return ""
}

// familyOf returns the spelling that a path is answered in.
func familyOf(path string) family {
	if strings.Contains(path, "/users/") {
		return older
	}
	return newer
}

// Serves reports whether a path is this contract's to answer, if only by
// INVALID_API.
func Serves(path string) bool {
	return strings.HasPrefix(path, "/ams/") || strings.HasPrefix(path, "/v1/")
}

// Sends reports whether a path is for [Init], the rest being for [Verify].
func Sends(path string) bool {
	switch route(path) {
	case apiCustomersInit, apiUsersInit, apiTrigger:
		return true
	}
	return false
}
