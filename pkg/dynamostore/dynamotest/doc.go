// Package dynamotest gives tests a DynamoDB: [Store] makes a store on a fresh table.
// [Table], [StreamTable] and [ClientsTable] make a table alone. All tables are made from
// template.yaml, so that tests use the deployed definitions.
//
// The tables are in an engine, which starts once for each test process and ends with it,
// in whatever way the process ends. `make tools` installs the engine. The environment
// variable DYNAMODB_ENDPOINT is the URL of another one, such as DynamoDB Local or AWS.
// Without either, tests are skipped with a large message; with CI=true they fail.
//
// [Wire] stands between a client and the engine. It counts requests, and loses, delays or
// refuses those that a [Plan] names.
package dynamotest
