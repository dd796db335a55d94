package gateway

// payload2 reads an event of API Gateway's payload 2.0, which Function URLs have
// too.
func (e *event) payload2() Request {
	c := e.RequestContext.HTTP
	r := Request{Method: c.Method, Path: *e.RawPath, Query: e.RawQueryString, Headers: lower(e.Headers, nil), SourceIP: c.SourceIP}
	r.Body, r.Garbled = e.body()
	return r
}
