// Package version holds the version number of this code.
package version

// Current is the version of this code, by Semantic Versioning 2.0.0. The command
// "countersign version" and the first log line of each process show it. A test
// compares it with the newest entry of CHANGELOG.md.
const Current = "0.17.0"
