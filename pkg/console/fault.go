package console

import (
	"errors"
	"net/http"

	"countersign/pkg/awsclient"
	"countersign/pkg/openstore"
)

// Plain is an error whose text is for the reader of a page, and not for the log alone: it names nothing that the reader
// must not see.
type Plain string

// Error implements error.
func (p Plain) Error() string { return string(p) }

// fault answers that something failed, and logs the cause. The page does not have it, as it may name what the reader
// must not see. It has what the reader can do.
func (c *Console) fault(w http.ResponseWriter, r *http.Request, cause error) {
	if r.Context().Err() != nil {
		return // the reader has left the page, which ends what it reads: that is no fault
	}
	c.Log.Error("console", "path", r.URL.Path, "cause", cause.Error())
	c.show(w, r, http.StatusInternalServerError, "fail.html", "", "This page cannot be shown", remedy(cause))
}

// remedy returns what the reader of a page can do about a fault.
func remedy(cause error) string {
	var plain Plain
	if errors.As(cause, &plain) {
		return string(plain)
	}
	refused := awsclient.RefusedOf(cause)
	var send interface{ ConnectionError() bool }
	switch {
	case refused != nil:
		return remedyOf(refused)
	case openstore.Busy(cause):
		return "Another program keeps the database for itself, such as a shell of sqlite3 with an open transaction. " +
			"End that one, and load this page again."
	case errors.As(cause, &send):
		return "There is no connection to the tables or to the keyring. The terminal of this program has the " +
			"address: check the network and AWS_REGION."
	}
	return "The store cannot be read: the terminal of this program has the reason."
}

// remedyOf returns what the reader can do where AWS refused a call.
func remedyOf(r *awsclient.Refused) string {
	const policy = "docs/console.md has a policy with all permissions that the pages need."
	if r.Action != "" {
		return "The permission " + r.Action + " is missing. The pages that do not need it work. " + policy +
			" The terminal of this program has the resource."
	}
	switch r.Code {
	case "AccessDeniedException":
		return "A permission is missing: the terminal of this program has the answer of AWS. " + policy
	case "ExpiredTokenException":
		return "The credentials of AWS have expired. End the command, get new credentials, and start it again."
	case "UnrecognizedClientException", "InvalidSignatureException", "IncompleteSignatureException",
		"InvalidClientTokenId", "MissingAuthenticationTokenException":
		return "AWS does not accept the credentials (" + r.Code + "). Check AWS_ACCESS_KEY_ID, " +
			"AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN and the clock of this machine. Then start the command again."
	case "ResourceNotFoundException":
		return "The table or the secret does not exist in this region and account: the terminal of this program " +
			"has its name. Check AWS_REGION, the names of the tables and that of the secret."
	case "DecryptionFailure":
		return "The secret of the keyring cannot be decrypted: the permission kms:Decrypt on its key is missing, or " +
			"the key is off. The terminal of this program has the answer of AWS."
	}
	return "AWS refused to read (" + r.Code + "): the terminal of this program has its answer."
}
