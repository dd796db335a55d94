package ams

import (
	"context"

	"countersign/pkg/clients"
	"countersign/pkg/otp"
	"countersign/pkg/password"
	"countersign/pkg/phone"
	"countersign/pkg/strictjson"
	"countersign/pkg/telemetry"
)

// methodPassword is the authentication method of a password that the user has already set.
const methodPassword = "PASSWORD"

// methods returns the authentication methods that are served, of which one is asked for: passwords need keys of their
// own, which an init with a code does not look for.
func methods(ctx context.Context, a *password.Accounts, asked string) []string {
	if asked != "OTP" && a.Served(ctx) {
		return []string{"OTP", methodPassword}
	}
	return []string{"OTP"}
}

// kinds are the authentication types of passwords.
func kinds() (names []string) {
	for _, k := range password.Kinds() {
		names = append(names, string(k))
	}
	return names
}

// challengeTypes are the types of challenges that ask for a password.
func challengeTypes() (names []string) {
	for _, k := range password.Kinds() {
		names = append(names, k.ChallengeType())
	}
	return names
}

// passwordForm is the actionForm of a challenge that asks for a password, and nothing without a reference to one.
func passwordForm(ref string) (f actionForm) {
	if ref != "" {
		f.ChallengeType = password.KindOf(ref).ChallengeType()
	}
	return f
}

// line returns the number that identifies a user, in the spelling that networks take. No message goes there, so its
// country and its kind of line do not matter.
func (s *Init) line(ctx context.Context, c *clients.Client, field, number string) (n phone.Number, ok bool) {
	cc, national, ok := phone.Split(number)
	if ok {
		n, ok = s.Messages.Lookup("+" + cc + national)
	}
	if !ok || n.CC != cc {
		telemetry.From(ctx).Detail = field + ": must be a possible number: " + numberRule
		return phone.Number{}, false
	}
	record := telemetry.From(ctx)
	record.Mask, record.Country = n.Mask, n.Region
	record.Test = c.Test(n.E164, otp.MillisOf(s.Messages.Issuer.Now())).Is()
	return n, true
}

// ask starts a challenge that asks for the password of a number. Where there is none, the outcome is stored as that of
// any other init, after the same reads.
func (s *Init) ask(ctx context.Context, c *clients.Client, kind, number string, r otp.Ask) answer {
	record := telemetry.From(ctx)
	record.Password = kind
	n, ok := s.line(ctx, c, "identityValue", number)
	if !ok {
		return refuse(invalidPhoneNumber)
	}
	ref, why, err := s.Passwords.Find(ctx, c.ID, n.E164, password.Kind(kind))
	if err != nil {
		record.Fail("password", err)
		return refuse(unknownException)
	}
	r.Client, r.Policy, r.Password = c.ID, c.Policy, ref
	if why != "" {
		r.Refusal = otp.NoPassword
	}
	r.Mask, r.Region, r.Test = n.Mask, n.Region, record.Test
	got, err := s.Messages.Issuer.Ask(ctx, r)
	record.Started("password", got, err)
	if got.Outcome == otp.NoPassword { // as it is now: the outcome of a repeat is that of the first call
		record.Cause = why
	}
	a := answer{result: resultOf(got.Outcome), authID: got.AuthID}
	if got.Outcome == otp.AskedPassword {
		a.form = passwordForm(got.Password)
	}
	return a
}

// setting is a request of setPassword.
type setting struct {
	identityType, identityValue string
	userType, token             string
	kind                        string
	sealed                      password.Sealed
}

// setPassword serves POST /v1/security/setPassword: it sets a password of a user who has proved the number by a code.
func (s *Init) setPassword(ctx context.Context, c *clients.Client, text []byte) answer {
	var r setting
	var method string
	broken := strictjson.Decode(text, strictjson.Fields{
		"authenticationId":     id(&r.sealed.AuthID, 64),
		"authenticationMethod": enum(&method),
		"authenticationType":   enum(&r.kind),
		"identityType":         enum(&r.identityType),
		"identityValue":        value(&r.identityValue, 128),
		"userIdentityType":     enum(&r.userType),
		"userIdentityValue":    value(&r.token, 128),
		"passwordValue":        value(&r.sealed.Value, maxPasswordValue),
		"keyVersion":           id(&r.sealed.KeyVersion, 16),
	})
	if broken.Field == strictjson.Whole {
		return refused(broken)
	}
	broken.Set("authenticationId", required(r.sealed.AuthID))
	broken.Set("authenticationMethod", optional(method, methodPassword))
	broken.Set("authenticationType", oneOf(r.kind, kinds()...))
	if r.userType != "" || r.token != "" {
		broken.Set("userIdentityType", oneOf(r.userType, "WALLET_TOKEN"))
		broken.Set("userIdentityValue", required(r.token))
		if r.identityType != "" || r.identityValue != "" {
			broken.Set("identityType", "must be left out beside userIdentityType")
		}
	} else {
		broken.Set("identityType", oneOf(r.identityType, "MOBILENO"))
		broken.Set("identityValue", required(r.identityValue))
	}
	broken.Set("passwordValue", required(r.sealed.Value))
	if broken.Field != "" {
		return refused(broken)
	}
	r.sealed.Clear = c.ClearPasswords
	return s.set(ctx, c, r)
}

// maxPasswordValue is the most characters of a password on its way: base64 of what an RSA key of 4096 bits encrypts.
const maxPasswordValue = 684

// set finds the user, decrypts the password and stores it.
func (s *Init) set(ctx context.Context, c *clients.Client, r setting) answer {
	record := telemetry.From(ctx)
	record.Password = r.kind
	to, refusal, err := s.owner(ctx, c, r)
	if err != nil || refusal != "" {
		if refusal != otp.BadNumber { // which has a result of its own
			record.Outcome = refusal
		}
		return refuse(resultOf(refusal))
	}
	typed, field, rule := s.Passwords.Decrypt(ctx, r.sealed)
	kind := password.Kind(r.kind)
	if rule == "" {
		field, rule = "passwordValue", kind.Form(typed)
	}
	if rule != "" {
		return illegal(field, rule)
	}
	proved, err := s.Messages.Issuer.Proved(ctx, c.ID, r.sealed.AuthID, to.To, password.ProofAge)
	outcome := otp.Unknown
	if err == nil && proved {
		// Not before: the answer shows whether digits are those of the number, which a wallet token does not.
		if rule := kind.Weak(typed, to.To); rule != "" {
			return illegal("passwordValue", rule)
		}
		to.Kind, to.Password, to.AuthID, to.Encrypted = kind, typed, r.sealed.AuthID, r.sealed.Encrypted()
		outcome, err = s.Passwords.Set(ctx, to)
	}
	if err != nil {
		record.Fail("password", err)
		return refuse(unknownException)
	}
	record.Outcome, record.AuthID = outcome, r.sealed.AuthID
	if outcome == otp.NoPassword {
		record.Cause = password.UserBlocked
	}
	return refuse(resultOf(outcome))
}

// owner finds whose password is set.
func (s *Init) owner(
	ctx context.Context, c *clients.Client, r setting,
) (to password.Setting, o otp.Outcome, err error) {
	to.Client = c.ID
	number, field := r.identityValue, "identityValue"
	if r.token != "" {
		person, refusal, err := s.person(ctx, c, r.token)
		switch {
		case err != nil || refusal != "":
			return to, refusal, err
		case person.Number == "":
			return to, otp.NoPassword, nil
		}
		number, field = person.Number, userNumber
		to.User, to.UserAdded = person.ID, person.Added
	}
	n, ok := s.line(ctx, c, field, number)
	if !ok {
		return to, otp.BadNumber, nil
	}
	to.To = n.E164
	return to, "", nil
}

// guess is a password that somebody typed for a challenge.
type guess struct {
	requestID           string
	kind, challengeType string // "" where they are left out
	sealed              password.Sealed
}

// password checks a password and answers with the outcome.
func (s *Verify) password(ctx context.Context, c *clients.Client, g guess) answer {
	if !s.Passwords.Served(ctx) {
		return illegal("authenticationMethod", "must be OTP")
	}
	g.sealed.Clear = c.ClearPasswords
	typed, field, rule := s.Passwords.Decrypt(ctx, g.sealed)
	if rule != "" {
		return illegal(field, rule)
	}
	record := telemetry.From(ctx)
	asking, outcome, err := s.Verifier.Asking(ctx, c.ID, g.requestID, g.sealed.AuthID)
	record.Mask, record.Country, record.AuthID, record.Test = asking.Mask, asking.Region, asking.AuthID, asking.Test
	kind := password.KindOf(asking.Password)
	if asking.Password != "" {
		record.Password = string(kind)
	}
	if err != nil || outcome != "" {
		return s.passed(ctx, password.Checked{Outcome: outcome}, err)
	}
	var broken strictjson.Broken
	broken.Set("authenticationType", optional(g.kind, string(kind)))
	broken.Set("challengeType", optional(g.challengeType, kind.ChallengeType()))
	broken.Set("passwordValue", kind.Form(typed))
	if broken.Field != "" {
		return refused(broken)
	}
	got, err := s.Passwords.Guess(ctx, asking.Password, typed)
	if err == nil && got.Outcome == otp.Passed {
		got.Outcome, err = s.Verifier.Pass(ctx, asking)
	}
	return s.passed(ctx, got, err)
}

// passed answers with the outcome of a guess.
func (s *Verify) passed(ctx context.Context, got password.Checked, err error) answer {
	record := telemetry.From(ctx)
	if err != nil {
		record.Fail("password", err)
		return refuse(unknownException)
	}
	record.Outcome, record.Wait, record.Cause = got.Outcome, got.Wait, got.Why
	if got.Outcome == otp.Unmatched || got.Outcome == otp.Exhausted {
		record.Left = got.Left
	}
	return verified(got.Outcome)
}
