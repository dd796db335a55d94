// Package signature is what both ends of the AMS/DWS contract do with RSA: the
// text to sign, the Signature header, the keys, and the forms of a time. It knows
// no HTTP.
//
// One signed message and its check:
//
//	text := signature.Text("POST", uri, clientID, requestTime, body)
//	header, err := signature.Key{Version: "1", Private: key}.Sign(text)
//
//	h, err := signature.Parse(header)
//	ok := err == nil && h.Verify(public, text)
//
// The algorithm is RSASSA-PKCS1-v1_5 with SHA-256 and no other. Everything here is
// safe for concurrent use.
package signature
