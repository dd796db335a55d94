package standin

import (
	"context"
	"encoding/json"
	"net/http"
)

// Secrets stands in for AWS Secrets Manager with one secret, whatever name it is
// asked for by.
type Secrets struct {
	// Read returns the secret's text. It must be safe for concurrent use.
	Read func(context.Context) ([]byte, error)
}

// ServeHTTP implements [http.Handler] in Secrets Manager's JSON protocol, with the
// one operation that functions may use.
func (s Secrets) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	var asked struct{ SecretID string }
	if r.Header.Get("X-Amz-Target") != "secretsmanager.GetSecretValue" || json.NewDecoder(r.Body).Decode(&asked) != nil {
		w.WriteHeader(http.StatusBadRequest)
		json.NewEncoder(w).Encode(map[string]string{"__type": "InvalidRequestException", "Message": "this stand-in knows GetSecretValue only"})
		return
	}
	text, err := s.Read(r.Context())
	if err != nil {
		w.WriteHeader(http.StatusBadRequest)
		json.NewEncoder(w).Encode(map[string]string{"__type": "ResourceNotFoundException", "Message": err.Error()})
		return
	}
	json.NewEncoder(w).Encode(map[string]any{
		"ARN": "arn:aws:secretsmanager:" + region + ":123456789012:secret:" + asked.SecretID, "Name": asked.SecretID, "VersionId": "1",
		"VersionStages": []string{"AWSCURRENT"}, "SecretString": string(text),
	})
}
