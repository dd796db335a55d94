// Package dynamostore keeps challenges, ledgers and counters of traffic in one
// DynamoDB table ([Store]), and clients and users in another ([Documents]).
//
// [New] makes a [Store] on a client from [NewClient]. Each method of it is
// one conditional write whose condition names every rule, one clause each; where
// the condition does not hold, the answer carries the item that refused it
// (ReturnValuesOnConditionCheckFailure), so nothing is ever read first. The one
// exception is a spend that has to drop old sends, about every tenth: see trim.
//
// The client repeats a request whose answer did not come. That is safe because
// every write carries a mark that its repetition meets: the owner of a challenge,
// the operation of a guess, the id of a send.
//
// A write may fail after it was applied: an error means that the outcome is not
// known. Errors say what was tried and what the table answered, and never carry
// the value of an attribute.
package dynamostore
