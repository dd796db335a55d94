package dynamostore

import "countersign/pkg/awsclient"

// Describe returns the error of one call on a table, see [awsclient.Fault].
func Describe(operation, table string, err error) error {
	return awsclient.Fault(operation+" on table "+table, err)
}
