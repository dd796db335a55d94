package awsfake

import (
	"encoding/json"
	"io"
	"net/http"
)

// Fail answers with an error of a service that speaks JSON. Its message quotes the request, as AWS's do at times.
func Fail(status int, code string) Answer {
	return func(w http.ResponseWriter, r *http.Request, _ http.Handler) {
		text, _ := io.ReadAll(r.Body)
		failJSON(w, status, code, string(text))
	}
}

func failJSON(w http.ResponseWriter, status int, code, message string) {
	answerJSON(w, status, map[string]string{"__type": code, "message": message})
}

func answerJSON(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	w.Header().Set("X-Amzn-Requestid", RequestID)
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(body)
}
