// Package keyring keeps the keys that live outside the tables: what codes,
// ledgers and sealed values are keyed with, and what signs the answers.
//
// There are four kinds of keys, see [Kind], each with versions: whole numbers
// from 1 that only grow. The newest version whose time has come writes and
// signs, older ones are read until they are retired, so that a rotation turns
// away nobody.
//
// A process makes a [Ring] over a [Source], which is a [File] on a laptop and
// package secretsmanager in AWS, and asks it for keys at each operation. An
// administrator changes the [Document] at rest by [Edit], or by its counterpart
// in secretsmanager; running processes notice by themselves.
package keyring
