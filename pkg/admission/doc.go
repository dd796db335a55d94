// Package admission has the steps that requests of every contract take before and after their own work:
//
//   - [Door.Begin] starts the record of a request, [Door.Find] finds its client, [Door.Count] counts it
//     against the client's rate, [Recovered] turns a panic into a fault, and [Door.Write] writes the line.
//   - [Messages] decides whether a message may go to a number ([Messages.Recipient]) and fills in what a
//     challenge takes from its client and its recipient.
//
// Each contract has its own order of checks, its own words and its own codes.
package admission
