// Package dynamostore keeps challenges, ledgers, and counters of traffic and of facts
// in one DynamoDB table ([Store]), and clients and users in another ([Documents]).
// What an item is shows in the first letter of its key: "C#" is a challenge, "N#" the
// ledger of a number, "T#" a client's traffic, and "S#" what is derived from the
// table's stream: counters of facts, the facts that they have, and how far a laptop
// has read (package streams).
//
// [New] makes a [Store] on a client from [NewClient]. A method that a call of a
// merchant waits for is one conditional write whose condition names every rule, one
// clause each; where the condition does not hold, the answer carries the item that
// refused it (ReturnValuesOnConditionCheckFailure), so that nothing is ever read
// first. Further writes follow where a spend left too many old sends, about every
// tenth (trim), where a refund's send is not the latest, and where a window of
// traffic begins ([Store.Take]). What follows the stream writes in transactions
// ([Store.Count]) and alone reads, a counter at a time ([Store.Tally]).
//
// The client repeats a request whose answer did not come. That is safe because
// a write carries a mark that its repetition meets: the owner of a challenge, the
// operation of a guess, the id of a send, the id of a fact. Only traffic has none,
// and may be counted twice, to the client's cost.
//
// A write may fail after it was applied: an error means that the outcome is not
// known. Errors say what was tried and what the table answered, and never carry
// the value of an attribute.
package dynamostore
