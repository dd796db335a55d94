// Package keyring keeps the keys that are stored outside the tables: the keys of codes,
// ledgers and sealed values, and the key that signs answers.
//
// There are four kinds of keys, see [Kind]. Each kind has versions: whole numbers from 1
// that only grow. The newest version whose time has come writes and signs. Older versions
// still read until they are retired, so a rotation turns away nobody.
//
// A process makes a [Ring] over a [Source] and asks it for keys at each operation. The
// source is a file on a laptop (package keyfile) and a secret in AWS (package
// secretsmanager). The operator changes the [Document] at rest by the Edit of either one.
// Running processes notice a change by themselves.
package keyring
