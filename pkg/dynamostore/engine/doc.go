// Package engine runs the engine that speaks DynamoDB's protocol on this machine,
// which `make tools` installs: for tests and for the stand-ins of functions.
package engine
