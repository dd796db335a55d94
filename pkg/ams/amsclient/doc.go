// Package amsclient calls the AMS/DWS authentication API: the signed request, and
// every check that its reply must pass before it may be believed. It is the
// reference for merchants who write their own client in another language, so it is
// short: client.go makes the call, reply.go checks what comes back, requests.go has
// the bodies.
package amsclient
