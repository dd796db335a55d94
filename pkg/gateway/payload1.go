package gateway

import "net/url"

// payload1 reads an event of API Gateway's payload 1.0, whose query is decoded.
func (e *event) payload1() Request {
	r := Request{Method: *e.HTTPMethod, Path: e.Path, Headers: lower(e.Headers, e.Multi)}
	r.Query = url.Values(e.MultiQuery).Encode()
	if c := e.RequestContext; c.Identity != nil {
		r.SourceIP = c.Identity.SourceIP
	}
	r.Body, r.Garbled = e.body()
	return r
}
