// Package report shows an operator what the guard counts and refuses, and why: by client, country and block of numbers.
//
// It reads entries by their keys and never a whole table. The keys of countries follow from the client's record; a
// country's entry names its blocks with the most refusals.
package report
