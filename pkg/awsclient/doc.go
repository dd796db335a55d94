// Package awsclient configures the clients of AWS's services: their calls end in time, and the other AWS settings of a
// machine do not change them.
//
// [Configure] is for services whose requests may arrive twice. A message to a phone may not: the senders make clients
// of their own with [OnceTransport], [OnceClient] and [MarkedKeys], and use [Keys] and [Ahead].
package awsclient
