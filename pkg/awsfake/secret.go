package awsfake

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
)

// Secret is AWS Secrets Manager with one secret: reading it, and putting a new version by the rules that are documented
// for versions and their labels.
type Secret struct {
	// Name is the only id under which the secret is found; "" finds it under any.
	Name string
	// Source returns the text of a secret that is kept elsewhere and can only be read; nil keeps it here. It is called
	// once at a time.
	Source func(ctx context.Context) ([]byte, error)

	mu       sync.Mutex
	versions map[string]string // text by version id
	labels   map[string]string // version id by label
}

const current = "AWSCURRENT"

// NewSecret keeps a secret.
func NewSecret(text []byte) *Secret {
	return &Secret{versions: map[string]string{"1": string(text)}, labels: map[string]string{current: "1"}}
}

// Set puts a new version in place of the current one.
func (s *Secret) Set(text []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	id := fmt.Sprint(len(s.versions) + 1)
	s.versions[id], s.labels[current] = string(text), id
}

// Current returns the current text.
func (s *Secret) Current() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.versions[s.labels[current]]
}

// Labels returns the labels of versions.
func (s *Secret) Labels() (all []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for label := range s.labels {
		all = append(all, label)
	}
	slices.Sort(all)
	return all
}

// secretRequest has the members of all requests.
type secretRequest struct {
	SecretId, VersionStage, ClientRequestToken, SecretString string
	MoveToVersionId, RemoveFromVersionId                     string
	VersionStages                                            []string
}

// ServeHTTP implements [http.Handler] in Secrets Manager's JSON protocol.
func (s *Secret) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var in secretRequest
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
		failJSON(w, http.StatusBadRequest, "InvalidRequestException", "the body is not JSON")
		return
	}
	out := map[string]any{
		"ARN":  "arn:aws:secretsmanager:us-east-1:123456789012:secret:" + in.SecretId,
		"Name": in.SecretId,
	}
	operation, _ := strings.CutPrefix(r.Header.Get("X-Amz-Target"), "secretsmanager.")
	code, message := s.do(r.Context(), operation, in, out)
	if code != "" {
		failJSON(w, http.StatusBadRequest, code, message)
		return
	}
	answerJSON(w, http.StatusOK, out)
}

// do carries out one operation, and adds what it returns to out. code is that of a refusal.
func (s *Secret) do(
	ctx context.Context,
	operation string,
	in secretRequest,
	out map[string]any,
) (code, message string) {
	if s.Name != "" && in.SecretId != s.Name {
		return "ResourceNotFoundException", "Secrets Manager can't find the specified secret."
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.Source != nil {
		if operation != "GetSecretValue" {
			return "InvalidRequestException", "this fake takes GetSecretValue only"
		}
		text, err := s.Source(ctx)
		if err != nil {
			return "ResourceNotFoundException", err.Error()
		}
		out["SecretString"], out["VersionId"], out["VersionStages"] = string(text), "1", []string{current}
		return "", ""
	}
	switch operation {
	case "GetSecretValue":
		id := s.labels[in.VersionStage]
		out["SecretString"], out["VersionId"] = s.versions[id], id
	case "PutSecretValue":
		return s.put(in)
	case "UpdateSecretVersionStage":
		if in.RemoveFromVersionId != s.labels[in.VersionStage] {
			return "InvalidParameterException",
				"The parameter RemoveFromVersionId must be the version that has the label."
		}
		s.labels[in.VersionStage] = in.MoveToVersionId
	default:
		return "UnknownOperationException", ""
	}
	return "", ""
}

func (s *Secret) put(in secretRequest) (code, message string) {
	if n := len(in.ClientRequestToken); n < 32 || n > 64 {
		return "InvalidParameterException", "ClientRequestToken must be 32-64 characters long."
	}
	if old, ok := s.versions[in.ClientRequestToken]; ok && old != in.SecretString {
		return "ResourceExistsException", "The operation failed because the secret already exists."
	}
	s.versions[in.ClientRequestToken] = in.SecretString
	for _, label := range in.VersionStages {
		s.labels[label] = in.ClientRequestToken
	}
	return "", ""
}
