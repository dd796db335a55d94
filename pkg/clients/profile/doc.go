// Package profile describes a client for people: its record line by line, and what is wrong with it. The commands and
// the console have these words, which never have a secret.
package profile
