package signature

// Text returns the bytes that are signed, as Alipay's pages and SDKs have them:
//
//	METHOD SP URI LF CLIENT "." TIME "." BODY
//
// A request and its reply are signed in the same way: the reply has the request's method and uri, and its own
// time and body. uri is path and query as they are on the request line, neither decoded nor encoded again.
// client and time are the header values as they came.
//
// The text does not mark where a part ends. So a verifier must restrict client to an alphabet without "." and
// line feed.
func Text(method, uri, client, time string, body []byte) []byte {
	b := make([]byte, 0, len(method)+len(uri)+len(client)+len(time)+len(body)+4)
	b = append(b, method...)
	b = append(b, ' ')
	b = append(b, uri...)
	b = append(b, '\n')
	b = append(b, client...)
	b = append(b, '.')
	b = append(b, time...)
	b = append(b, '.')
	return append(b, body...)
}
