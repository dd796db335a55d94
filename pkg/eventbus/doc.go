// Package eventbus puts facts on Amazon EventBridge as events.
//
// An event has the source "countersign", the kind of the fact as its detail-type, and the fact as its detail. Both the
// bus and this package may deliver an event more than once. The detail has an id, so that a consumer who keeps the ids
// can drop repeats. Errors never hold the content of an event.
package eventbus
