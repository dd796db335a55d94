package gateway

import "github.com/go-json-experiment/json"

// object reads a request object: text, whose outline is e. Contracts ignore members that they do not
// document, but members that mark other shapes (Records, detail-type, httpMethod, rawPath, requestContext)
// are refused.
func (e *event) object(text []byte) Request {
	r := Request{Direct: true, Method: "POST", Body: text}
	json.Unmarshal(e.ClientID, &r.Client) // if it is not a string, there is no client
	return r
}

// inner reads a request object inside another event. ok is false for anything else.
func inner(text []byte) (r Request, ok bool) {
	e, shape := parse(text)
	if shape != direct {
		return r, false
	}
	return e.object(text), true
}
