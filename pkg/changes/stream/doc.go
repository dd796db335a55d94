// Package stream reads the stream of the challenges table in DynamoDB, as Lambda
// delivers it.
package stream
