// Package secretsmanager keeps a keyring in a secret of AWS Secrets Manager: the
// current version (AWSCURRENT) holds its document as text.
//
// Reading needs secretsmanager:GetSecretValue, editing also PutSecretValue and
// UpdateSecretVersionStage.
package secretsmanager
