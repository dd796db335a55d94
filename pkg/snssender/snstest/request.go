package snstest

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// Request is what one request said.
type Request struct {
	PhoneNumber string
	Message     string
	Attributes  map[string]Attribute // by name
	Form        url.Values           // all of it, decoded
	Conn        string               // address of the client's end: the same for requests on one connection
	Signed      bool                 // it has a signature; whether it is right is not checked
}

// Attribute is a message attribute.
type Attribute struct{ Type, Value string }

// read takes the request in.
func read(r *http.Request) (Request, error) {
	if err := r.ParseForm(); err != nil {
		return Request{}, err
	}
	return Request{
		PhoneNumber: r.PostForm.Get("PhoneNumber"),
		Message:     r.PostForm.Get("Message"),
		Attributes:  attributes(r.PostForm),
		Form:        r.PostForm,
		Conn:        r.RemoteAddr,
		Signed:      strings.HasPrefix(r.Header.Get("Authorization"), "AWS4-HMAC-SHA256 "),
	}, nil
}

// attributes reads MessageAttributes.entry.1.Name and so on.
func attributes(form url.Values) map[string]Attribute {
	all := map[string]Attribute{}
	for i := 1; ; i++ {
		entry := fmt.Sprintf("MessageAttributes.entry.%d.", i)
		name := form.Get(entry + "Name")
		if name == "" {
			return all
		}
		all[name] = Attribute{form.Get(entry + "Value.DataType"), form.Get(entry + "Value.StringValue")}
	}
}

// fault is the code of the error that SNS gives to a request like this one
// whatever else there is to it; "" means none.
func (r Request) fault() string {
	switch {
	case !r.Signed:
		return "MissingAuthenticationToken"
	case r.Form.Get("Action") != "Publish" || r.Form.Get("Version") != "2010-03-31":
		return "InvalidAction"
	}
	return ""
}
