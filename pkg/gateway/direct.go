package gateway

import "github.com/go-json-experiment/json"

// object reads a request object: text, of which e is the outline. Contracts
// ignore members that they do not document, but those that mark other shapes
// (Records, detail-type, httpMethod, rawPath, requestContext) it must not have.
func (e *event) object(text []byte) Request {
	r := Request{Direct: true, Method: "POST", Body: text}
	json.Unmarshal(e.ClientID, &r.Client) // not a string: no client
	return r
}

// inner reads a request object inside of another event. It is false for anything
// else.
func inner(text []byte) (r Request, ok bool) {
	e, shape := parse(text)
	if shape != direct {
		return r, false
	}
	return e.object(text), true
}
