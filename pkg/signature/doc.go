// Package signature signs and verifies requests and replies of the AMS/DWS contract with RSA: the signed text, the
// Signature header, the keys, and the forms of a time. It does not depend on HTTP.
//
// One signed message and its check:
//
//	text := signature.Text("POST", uri, clientID, requestTime, body)
//	header, err := signature.Key{Version: "1", Private: key}.Sign(text)
//
//	h, err := signature.Parse(header)
//	ok := err == nil && h.Verify(public, text)
//
// The only algorithm is RSASSA-PKCS1-v1_5 with SHA-256. Everything here is safe for concurrent use.
package signature
