// Package eventbus hands facts to Amazon EventBridge.
//
// An event has the source "countersign", the kind of the fact as its detail-type,
// and the fact as its detail, with its id inside: the bus may deliver an event more
// than once, and so may this package, and whoever keeps the ids that it has seen
// hears of every fact once. Errors never hold what was sent.
package eventbus
