// Package telemetry writes one line to the log when a request is over. In Lambda the line is a JSON object,
// and CloudWatch makes metrics of it (embedded metric format). One line is both log and metrics, without an
// agent and without a call to a service.
//
// A [Request] is the record that becomes the line. [Begin] puts it into the context. The contracts add to it,
// and so do [Store] and [Sender], which wrap the ports. [Lines] writes it.
//
// A line has no code, password, number, token, signature or body (P14), and nothing that a caller chose except the id
// of a client that exists.
package telemetry
