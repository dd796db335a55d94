// Package dynamostore keeps challenges, ledgers, budgets, receipts and traffic in one
// DynamoDB table ([Store]), and clients and users in another ([Documents]). The first
// letter of a key is the kind of its item: "C#" is a challenge, "N#" the ledger of a
// number, "G#" a budget of the guard, "M#" the receipt of a message, "T#" the traffic of a
// client, and "S#~" the position of a laptop in the table's stream (package streams). Older
// tables have further items under "S#", which nothing reads and which DynamoDB deletes at
// their TTL.
//
// [New] makes a [Store] on a client from [NewClient]. Each method that changes an item is
// one conditional write. Its condition names every rule, one clause each. A refused write
// returns the item that refused it (ReturnValuesOnConditionCheckFailure), so nothing is
// read first but the ledger and the budgets of a message to count ([Store.Look]). A budget
// without room makes the first write the last one. Where all have room, the budgets count
// the message at the same time as the ledger.
// There are further writes in four cases: a spend that leaves too many old sends, about
// every tenth, drops them (trim); a refund of a send that is not the latest looks for it;
// the first call in a window of traffic begins the window ([Store.Take]); and a message
// to a new number is counted in two budgets.
//
// The client repeats a request whose answer did not come. That is safe because each
// write carries a mark that its repetition meets: the owner of a challenge, the
// operation of a guess, the id of a send, the rank of a receipt. Only traffic and budgets
// have none, and may be counted twice, to the client's cost; what a budget gets back is
// not repeated ([Store.Uncharge]).
//
// A write may fail after it was applied: an error means that the outcome is not
// known. An error names the operation and DynamoDB's answer, and never carries the
// value of an attribute.
package dynamostore
