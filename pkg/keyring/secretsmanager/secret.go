package secretsmanager

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	api "github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"countersign/pkg/keyring"
)

// current is the label of the version in use. edited is the label of the last edit's
// version, because Secrets Manager may delete a version without a label at any time.
const (
	current = "AWSCURRENT"
	edited  = "countersign-edit"
)

// Secret is a keyring in a secret. It is safe for concurrent use; its errors are
// safe to log. A call ends within 2.4 s, an edit within four times that.
type Secret struct {
	id  string
	api *api.Client
}

var _ keyring.Source = (*Secret)(nil)

// Read fetches the document, in one request unless that fails.
func (s *Secret) Read(ctx context.Context, _ time.Time) ([]byte, error) {
	text, _, err := s.get(ctx)
	return text, err
}

func (s *Secret) get(ctx context.Context) (text []byte, version string, err error) {
	out, err := s.api.GetSecretValue(ctx, &api.GetSecretValueInput{SecretId: &s.id, VersionStage: aws.String(current)})
	switch {
	case err != nil:
		return nil, "", s.fault("GetSecretValue", err)
	case out.SecretString == nil:
		return nil, "", fmt.Errorf("secretsmanager: secret %s holds no text: it must be a keyring as JSON", s.id)
	}
	return []byte(*out.SecretString), aws.ToString(out.VersionId), nil
}

// Edit changes the document, for the operator. It calls edit once. If edit changes
// nothing, nothing is written.
//
// No edit is lost, and none is half done. The new document is put beside the current one
// first. Then one request makes it the current one, on the condition that the document
// that was read is still current. If another edit was faster, nothing is changed, and
// the error names the reason. The previous document remains for a while as AWSPREVIOUS. After
// any other error, such as a timeout, the edit may have been made: look at the document
// before trying again.
func (s *Secret) Edit(ctx context.Context, edit func(*keyring.Document) error) error {
	before, read, err := s.get(ctx)
	if err != nil {
		return err
	}
	after, err := keyring.Amend(before, edit)
	if err != nil {
		return fmt.Errorf("secret %s: %w", s.id, err)
	}
	if after == nil {
		return nil
	}
	made := newVersion()
	if _, err := s.api.PutSecretValue(ctx, &api.PutSecretValueInput{
		SecretId:           &s.id,
		ClientRequestToken: &made,
		SecretString:       aws.String(string(after)),
		VersionStages:      []string{edited},
	}); err != nil {
		return s.fault("PutSecretValue", err)
	}
	_, err = s.api.UpdateSecretVersionStage(ctx, &api.UpdateSecretVersionStageInput{
		SecretId:            &s.id,
		VersionStage:        aws.String(current),
		MoveToVersionId:     &made,
		RemoveFromVersionId: &read,
	})
	if err == nil {
		return nil
	}
	return s.settle(ctx, read, made, s.fault("UpdateSecretVersionStage", err))
}

// settle finds out whether an edit was made whose last step was refused or went
// unanswered. The SDK repeats a request whose answer was lost, and the second request is
// refused because the first one succeeded.
func (s *Secret) settle(ctx context.Context, read, made string, cause error) error {
	_, now, err := s.get(ctx)
	switch {
	case err == nil && now == made:
		return nil
	case err == nil && now != read:
		return fmt.Errorf("secretsmanager: somebody else changed secret %s at the same time: "+
			"look at it, and edit it again if need be", s.id)
	}
	return cause
}

// newVersion returns an id of a version of the secret. It must have 32 to 64 characters.
func newVersion() string {
	id := make([]byte, 16)
	rand.Read(id) // never fails, see its documentation
	return hex.EncodeToString(id)
}
