package gateway

// payload2 reads an event of API Gateway's payload 2.0 or of a Function URL.
func (e *event) payload2() Request {
	c := e.RequestContext.HTTP
	r := Request{Method: c.Method, Path: *e.RawPath, Query: e.RawQueryString, SourceIP: c.SourceIP}
	r.Headers = lower(e.Headers, nil)
	r.Body, r.Garbled = e.body()
	return r
}
