// Package telemetry tells the operator of each request, in one line of the log
// that is written when the request is over. In Lambda the line is a JSON object,
// and CloudWatch makes metrics of it (embedded metric format): it is log and
// metrics in one, and there is neither an agent nor a call to a service.
//
// A [Request] collects what the line says. [Begin] puts it into the context, and
// whoever learns something on the way adds it: the contracts, and [Store] and
// [Sender] around the ports. [Lines] writes it.
//
// There is no code, number, token, signature or body in a line (P14), and nothing
// that a caller chose except the id of a client that exists.
package telemetry
