// Package guard bounds the messages that nobody answers: who rents numbers and earns from each message to them cannot
// make an operator pay for more than a budget.
//
// An [Entry] is the budget of a block of numbers, of a country, of all countries of a client that have no history yet,
// or of a source. It has the messages to new numbers that were not answered in the last 24 hours. A message goes out IF
// there is room in its entries, which is one conditional write for each of them ([Admit]). A right code gives the room
// back, and adds some ([Entry.Credit]). A number that answered in the last 180 days is known: it uses no room, since
// nobody earns from it, and its answers add a little.
//
// docs/guard.md explains the rules to whoever pays the bill.
package guard
