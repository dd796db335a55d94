package dynamostore

import "countersign/pkg/awsclient"

// Describe makes the error of one call on a table, see [awsclient.Fault]. Package streams uses it too.
func Describe(operation, table string, err error) error {
	return awsclient.Fault(operation+" on table "+table, err)
}
