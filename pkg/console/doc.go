// Package console shows on web pages what happens in Countersign: the messages as a phone shows them, a form that calls
// the contracts, the life of each challenge, the clients, the guard, the settings and the documented API.
//
// The pages are for the person at this machine. They are answered over loopback only, and a browser may ask for them
// only from the pages themselves, see [protect]. Numbers are masked in everything but the phone and what the person
// types.
//
// The server writes whole pages with html/template, from files in the program: there is no build step, and nothing is
// loaded from elsewhere. Each page works without JavaScript. web/console.js adds two things: it replaces the parts of a
// page that changed, see [Console.Changed], and it sends forms without leaving the page. That is one file of some
// two hundred lines. A library for it is larger, and is foreign code on a page that shows codes.
package console
