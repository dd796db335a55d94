package signature

// Text returns the bytes that are signed, as Alipay's pages and SDKs have them:
//
//	METHOD SP URI LF CLIENT "." TIME "." BODY
//
// A request and its reply are signed alike: the reply keeps the request's method
// and uri, and has its own time and body. uri is path and query as they are on
// the request line, neither decoded nor encoded again; client and time are the
// header values as they are.
//
// The text alone does not tell where one part ends, so that whoever verifies must
// hold client to an alphabet without "." and line feed.
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
