// Package awsclient has what the clients of AWS's services have in common here:
// calls that end in time, and nothing that other AWS settings of a machine could
// change.
//
// [Configure] is for services whose requests may come twice. A message to a phone
// may not: package snssender makes a client of its own, and takes [Keys] alone from
// here.
package awsclient
