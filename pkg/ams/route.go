package ams

import (
	"slices"
	"strings"

	"countersign/pkg/gateway"
)

// The APIs, by their path after the prefix.
const (
	apiCustomersInit  = "/v1/customers/initAuthentication"
	apiUsersInit      = "/v1/users/initAuthentication"
	apiUsersVerify    = "/v1/users/verifyAuthentication"
	apiTrigger        = "/v1/security/triggerChallenge"
	apiSetPassword    = "/v1/security/setPassword"
	apiSecurityVerify = "/v1/security/verifyAuthentication"
)

var apis = []string{apiCustomersInit, apiUsersInit, apiTrigger, apiSetPassword, apiUsersVerify, apiSecurityVerify}

// prefixes of the paths; each API is the same under each. The last one is none.
var prefixes = []string{"/ams/sandbox/api", "/ams/api", ""}

// route returns the API of a path, "" if there is none. Paths are compared byte by byte, because the
// signature covers their bytes.
func route(path string) string {
	for _, prefix := range prefixes {
		rest, ok := strings.CutPrefix(path, prefix)
		if !ok {
			continue
		}
		if slices.Contains(apis, rest) {
			return rest
		}
	}
	return ""
}

// Path returns the path of a request as its API is found by it: without the prefix of a gateway in front, unless the
// path has an API as it is.
func Path(r gateway.Request) string {
	if route(r.Path) != "" {
		return r.Path
	}
	return r.Route()
}

// prefixed returns for the log why a path has no API though it ends as one that has: a gateway in front adds something,
// see [gateway.Prefixes]. It is "" for every other path.
func prefixed(path string) string {
	for _, api := range apis {
		if strings.HasSuffix(path, api) && route(path) == "" {
			return "path: must begin at " + api + ", after a prefix of the contract; " +
				"a prefix that a gateway adds is to be named in PathPrefix"
		}
	}
	return ""
}

// familyOf returns the spelling of the answers to a path.
func familyOf(path string) family {
	if strings.Contains(path, "/users/") {
		return older
	}
	return newer
}

// Serves reports whether this contract answers a path, at least by INVALID_API: also a path with a prefix that nobody
// has named, so that the answer is of the caller's contract and the log line names the setting.
func Serves(path string) bool {
	return strings.HasPrefix(path, "/ams/") || strings.HasPrefix(path, "/v1/") || prefixed(path) != ""
}

// Sends reports whether a path is for [Init]; all others are for [Verify].
func Sends(path string) bool {
	switch route(path) {
	case apiCustomersInit, apiUsersInit, apiTrigger, apiSetPassword:
		return true
	}
	return false
}
