package password

import (
	"context"
	"slices"
	"time"

	"countersign/pkg/otp"
	"countersign/pkg/users"
)

// Setting asks to set a password.
type Setting struct {
	Client   string
	To       otp.Phone
	Kind     Kind
	Password Clear // of the form that [Kind.Form] allows, and not [Weak]
	// AuthID is the challenge by which the person proved the number, "" for an operator. It is used up. Encrypted is
	// the password as the caller encrypted it, "" for one in clear.
	AuthID, Encrypted string
	// User is the user of the directory who has the number, and UserAdded when it was added; "" if the caller names
	// none.
	User      string
	UserAdded time.Time
}

// ProofAge is the longest time between the code that proves a number and the password that it allows to set.
const ProofAge = 10 * time.Minute

// Set sets a password. It begins anew: wrong guesses and a lock are forgotten. Outcomes are [otp.PasswordSet],
// [otp.Used] if the challenge set a password before, and [otp.NoPassword] if the user of the number may not sign in. A
// repeat of the same request is [otp.PasswordSet] too, and changes nothing. It is one conditional write.
func (a *Accounts) Set(ctx context.Context, r Setting) (otp.Outcome, error) {
	key, err := a.key(ctx, r.Client, r.To, true)
	if err != nil {
		return "", err
	}
	value, err := a.valueOf(ctx, key, r.Encrypted)
	if err != nil {
		return "", err
	}
	p := proof{AuthID: r.AuthID, Kind: r.Kind, Value: value, Until: a.now().Add(2 * ProofAge)}
	text, outcome := "", otp.Outcome("")
	err = a.edit(ctx, key, func(acc *account) (bool, error) {
		var by *userRef
		if r.User != "" {
			by = &userRef{r.User, r.UserAdded}
		}
		if _, err := a.adopt(ctx, r.Client, acc, by); err != nil {
			return false, err
		}
		standing, err := a.standing(ctx, r.Client, *acc)
		if err != nil {
			return false, err
		}
		if outcome = acc.allows(p, standing == users.Good); outcome != "" {
			return false, nil
		}
		if text == "" { // after all checks: it takes long
			if text, err = a.digest(ctx, r.Password); err != nil {
				return false, err
			}
		}
		acc.Proofs = slices.DeleteFunc(acc.Proofs, func(p proof) bool { return !a.now().Before(p.Until) })
		if p.AuthID != "" {
			acc.Proofs = append(acc.Proofs, p)
		}
		*acc.of(r.Kind) = &secret{Digest: text, Set: a.now()}
		return true, nil
	})
	if err != nil {
		return "", err
	}
	if outcome == "" {
		outcome = otp.PasswordSet
	}
	return outcome, nil
}

// allows returns the outcome of a setting that changes nothing, "" for one that is allowed.
func (acc *account) allows(p proof, good bool) otp.Outcome {
	for _, used := range acc.Proofs {
		if used.AuthID != p.AuthID {
			continue
		}
		if used.Kind == p.Kind && p.Value != "" && used.Value == p.Value {
			return otp.PasswordSet
		}
		return otp.Used
	}
	if !good {
		return otp.NoPassword
	}
	return ""
}

// valueOf returns the keyed digest of an encrypted password, "" for none. Its key outlives a rotation of the pepper.
func (a *Accounts) valueOf(ctx context.Context, key, encrypted string) (string, error) {
	if encrypted == "" {
		return "", nil
	}
	digest, _, err := a.Digests.Of(ctx, "value\x00"+key+"\x00"+encrypted)
	return string(digest), err
}
