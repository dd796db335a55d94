package awsfake

import (
	"bytes"
	"fmt"
	"net/http"
)

// Answer is the way in which a [Server] answers one request to its fake.
type Answer func(w http.ResponseWriter, r *http.Request, fake http.Handler)

// Calling returns a with a call of f before the answer, on the server's goroutine: at this moment a test cancels,
// crashes or moves the clock.
func (a Answer) Calling(f func(*http.Request)) Answer {
	return func(w http.ResponseWriter, r *http.Request, fake http.Handler) {
		f(r)
		a(w, r, fake)
	}
}

// RequestID is the AWS request id of every answer that has one.
const RequestID = "f187a3c1-376f-11df-8963-01868b7c937a"

// Serve gives the fake's own answer.
func Serve() Answer {
	return func(w http.ResponseWriter, r *http.Request, fake http.Handler) { fake.ServeHTTP(w, r) }
}

// Body answers with a status and any body, which need not be of the service's form. The fake does not see the request.
func Body(status int, body string) Answer {
	return func(w http.ResponseWriter, _ *http.Request, _ http.Handler) {
		w.WriteHeader(status)
		fmt.Fprint(w, body)
	}
}

// Redirect points the client back to the same server.
func Redirect(status int) Answer {
	return func(w http.ResponseWriter, r *http.Request, _ http.Handler) { http.Redirect(w, r, "/again", status) }
}

// Drop closes the connection when the head of the request has arrived. The fake does not see the request.
func Drop() Answer {
	return func(http.ResponseWriter, *http.Request, http.Handler) { panic(http.ErrAbortHandler) }
}

// DropAfter lets the fake do its work, and closes the connection before the answer.
func DropAfter() Answer {
	return func(_ http.ResponseWriter, r *http.Request, fake http.Handler) {
		served(r, fake)
		panic(http.ErrAbortHandler)
	}
}

// Cut gives a third of the fake's answer, and closes the connection although more was announced.
func Cut() Answer {
	return func(w http.ResponseWriter, r *http.Request, fake http.Handler) {
		body := served(r, fake)
		w.Header().Set("Content-Length", fmt.Sprint(len(body)))
		w.Write(body[:len(body)/3])
		http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	}
}

// Half gives a third of the fake's answer as if it were the whole: HTTP is in order, the document is not.
func Half() Answer {
	return func(w http.ResponseWriter, r *http.Request, fake http.Handler) {
		body := served(r, fake)
		w.Write(body[:len(body)/3])
	}
}

// Hang gives the fake's answer once release is closed; with nil it never does. It ends when the client goes away.
func Hang(release <-chan struct{}) Answer {
	return func(w http.ResponseWriter, r *http.Request, fake http.Handler) {
		body := served(r, fake) // net/http notices that the client went away only after the body was read
		select {
		case <-release:
			w.Write(body)
		case <-r.Context().Done():
			panic(http.ErrAbortHandler)
		}
	}
}

// served lets the fake do its work, and returns the body of its answer.
func served(r *http.Request, fake http.Handler) []byte {
	kept := &kept{header: http.Header{}}
	fake.ServeHTTP(kept, r)
	return kept.body.Bytes()
}

// kept is a response that is not sent.
type kept struct {
	header http.Header
	body   bytes.Buffer
}

func (k *kept) Header() http.Header         { return k.header }
func (k *kept) WriteHeader(int)             {}
func (k *kept) Write(p []byte) (int, error) { return k.body.Write(p) }
