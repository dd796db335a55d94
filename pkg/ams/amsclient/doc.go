// Package amsclient calls the AMS/DWS authentication API: it signs requests, and makes every check that a
// reply must pass before it can be trusted. It is the reference for merchants who write a client in another
// language, so it is short: client.go makes the call, reply.go checks the reply, requests.go has the bodies,
// password.go those with a password.
package amsclient
