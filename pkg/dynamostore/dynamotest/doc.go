// Package dynamotest gives tests a DynamoDB to run on: [Store] is a store on a
// fresh table made from template.yaml, so that what is tested is what is deployed.
// [Table] and [ClientsTable] make the tables alone.
//
// The table lives in an engine that is started once for each test process and
// ends with it, however it ends. `make tools` installs it. DYNAMODB_ENDPOINT
// names another to be used instead, DynamoDB Local or the real one among them.
// Without either, tests are skipped, loudly; with CI=true they fail.
//
// [Wire] stands between a client and the engine, counts requests and loses,
// delays or refuses those that a [Plan] names.
package dynamotest
