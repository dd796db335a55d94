package ams_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"countersign/pkg/ams"
	"countersign/pkg/clients"
	"countersign/pkg/clients/registry"
	"countersign/pkg/gateway"
	"countersign/pkg/otp"
	"countersign/pkg/users"
)

const usersInit = "/v1/users/initAuthentication"

func usersBody(id, token string) string {
	return fmt.Sprintf(
		`{"authenticationType":"OTP","authenticationRequestId":%q,"authenticationChannelType":"SMS",`+
			`"userIdentityType":"WALLET_TOKEN","userIdentityValue":%q}`,
		id, token,
	)
}

// plain is a sealer that seals nothing, for tests of other subjects.
type plain struct{}

func (plain) Seal(_ context.Context, text []byte, _ string) (string, error) { return string(text), nil }
func (plain) Open(_ context.Context, sealed, _ string) ([]byte, error)      { return []byte(sealed), nil }

// withUsers gives the service a directory of users, stored as in production.
func withUsers(t *testing.T) (*service, registry.Users) {
	t.Helper()
	s := newService(t)
	documents := s.init.Messages.Issuer.Challenges.(spy).Store.Documents()
	clock := func() time.Time { return s.now }
	callers := registry.Registry{
		Table: documents, Sealer: plain{},
		Defaults: clients.Defaults{Policy: otp.DefaultPolicy(), Countries: []string{"*"}, Brand: "Acme"},
		Now:      clock,
	}
	must(t, callers.Add(t.Context(), clients.Record{ID: "demo", Unsigned: true, Countries: []string{"*"}}, nil))
	users := registry.Users{Directory: users.Directory{Table: documents, Sealer: plain{}, Now: clock}}
	s.init.Users, s.verify.Verifier.Users = users, ams.Standings{Users: users}
	return s, users
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// addUser adds a user of the demo client with a token that does not expire.
func addUser(t *testing.T, users registry.Users, name, number, token string) {
	t.Helper()
	must(t, users.Add(t.Context(), "demo", name, number))
	must(t, users.AddToken(t.Context(), "demo", name, token, time.Time{}))
}

// A user and its tokens from their first day to their last, as the contract answers for them.
func TestUsers(t *testing.T) {
	s, users := withUsers(t)
	ctx := t.Context()
	init := func(want, id, token string) {
		t.Helper()
		if got := s.expect(want, usersInit, usersBody(id, token)); got.RequestID != id || got.AuthID != "" {
			t.Errorf("answered %+v, want the id of the request and no authenticationId", got)
		}
		s.now = s.now.Add(time.Minute)
	}
	addUser(t, users, "u", "60-6543216353", "good")
	must(t, users.AddToken(ctx, "demo", "u", "short", s.now.Add(10*time.Minute)))
	addUser(t, users, "nobody", "", "numberless")
	addUser(t, users, "dear", "1-9002345678", "premium")
	addUser(t, users, "odd", "44-02044555666", "odd")

	init("INVALID_ACCESS_TOKEN", "1", "unknown")
	init("PROCESS_FAIL", "2", "numberless")
	init("ACCESS_DENIED", "3", "premium")
	init("INVALID_PHONE_NUMBER", "4", "odd")
	if s.sends.Load() != 0 {
		t.Fatal("a refused init sent a message")
	}
	init("SUCCESS", "5", "good")
	code := s.code.Load().(string)
	init("SUCCESS", "5", "good") // a repeat
	if s.sends.Load() != 1 {
		t.Errorf("%d messages, want 1", s.sends.Load())
	}
	s.expect("VERIFY_UNMATCHED", verifyPath, verifyBody("5", "1"))
	must(t, users.Block(ctx, "demo", "u"))
	s.expect("USER_STATUS_ABNORMAL", verifyPath, verifyBody("5", code))
	s.expect("USER_STATUS_ABNORMAL", securityPath, verifyBody("5", code))
	init("USER_STATUS_ABNORMAL", "6", "good")
	must(t, users.Unblock(ctx, "demo", "u"))
	init("USER_STATUS_ABNORMAL", "6", "good") // stored
	got := s.expect("SUCCESS", verifyPath, verifyBody("5", code))
	if got.IsPassed == nil || !*got.IsPassed {
		t.Error("isPassed is missing")
	}
	s.expect("AUTHENTICATION_REQUEST_ID_INVALID", verifyPath, verifyBody("5", code))

	init("SUCCESS", "7", "short")
	code = s.code.Load().(string)
	s.now = s.now.Add(2 * time.Minute)
	must(t, users.AddToken(ctx, "demo", "u", "third", time.Time{}))
	must(t, users.RevokeToken(ctx, "demo", "good"))
	init("INVALID_ACCESS_TOKEN", "8", "good")
	s.now = s.now.Add(-time.Minute)
	must(t, users.RevokeToken(ctx, "demo", "short"))
	s.expect("INVALID_ACCESS_TOKEN", verifyPath, verifyBody("7", code))
	must(t, users.Remove(ctx, "demo", "u"))
	init("USER_NOT_EXIST", "9", "third")
	if got := s.sends.Load(); got != 2 {
		t.Errorf("%d messages, want 2", got)
	}
}

// A user who is removed after the init cannot verify.
func TestUserGoneBeforeVerify(t *testing.T) {
	s, users := withUsers(t)
	addUser(t, users, "u", "60-6543216353", "good")
	s.expect("SUCCESS", usersInit, usersBody("1", "good"))
	must(t, users.Remove(t.Context(), "demo", "u"))
	s.expect("USER_NOT_EXIST", verifyPath, verifyBody("1", s.code.Load().(string)))
}

// Without a directory every token is invalid.
func TestNoUsers(t *testing.T) {
	s := newService(t)
	s.expect("INVALID_ACCESS_TOKEN", usersInit, usersBody("1", "any"))
}

// A verify of a challenge without a user does not read the directory.
func TestVerifyReadsNoUser(t *testing.T) {
	s, _ := withUsers(t)
	s.expect("SUCCESS", initPath, docRequest)
	s.verify.Verifier.Users = ams.Standings{Users: broken{}}
	s.expect("SUCCESS", verifyPath, verifyBody(docID, s.code.Load().(string)))
	s.init.Users = broken{}
	s.expect("UNKNOWN_EXCEPTION", usersInit, usersBody("1", "any"))
}

type broken struct{}

func (broken) Resolve(context.Context, string, string) (users.Person, users.Standing, error) {
	return users.Person{}, users.Good, errBroken
}
func (broken) Check(context.Context, string) (users.Standing, error) {
	return users.Good, errBroken
}

// The two inits share one space of ids.
func TestOneSpaceOfIDs(t *testing.T) {
	s, users := withUsers(t)
	addUser(t, users, "u", "60-1111111111", "good")
	s.expect("SUCCESS", usersInit, usersBody(docID, "good"))
	s.expect("REPEAT_REQ_INCONSISTENT", initPath, docRequest)
	s.expect("REPEAT_REQ_INCONSISTENT", usersInit, usersBody(docID, "other"))
	s.expect("SUCCESS", initPath, strings.Replace(docRequest, docID, "2", 1))
	s.expect("REPEAT_REQ_INCONSISTENT", usersInit, usersBody("2", "good"))
}

func TestBadUsersFields(t *testing.T) {
	s := newService(t)
	good := usersBody("1", "t")
	for field, value := range map[string]string{
		"authenticationType": "OTP", "authenticationRequestId": "1", "authenticationChannelType": "SMS",
		"userIdentityType": "WALLET_TOKEN", "userIdentityValue": "t",
	} {
		with := func(json string) string {
			return strings.Replace(good, fmt.Sprintf("%q:%q", field, value), fmt.Sprintf("%q:%s", field, json), 1)
		}
		for _, body := range []string{
			with(`""`), with("null"), with("1"), with("{}"), with(`"` + strings.Repeat("x", 129) + `"`),
			strings.Replace(good, field, strings.ToUpper(field), 1),
		} {
			if got := s.refused("PARAM_ILLEGAL", usersInit, body); !strings.Contains(got.Result.Message, field+":") {
				t.Errorf("%s: message %q", field, got.Result.Message)
			}
		}
	}
	s.refused("PARAM_ILLEGAL", usersInit, strings.Replace(good, `"SMS"`, `"CALL"`, 1))
	s.refused("PARAM_ILLEGAL", usersInit, strings.Replace(good, "WALLET_TOKEN", "PASSPORT", 1))
	s.refused("ACCESS_DENIED", usersInit, strings.Replace(good, `"SMS"`, `"EMAIL"`, 1)) // binds nothing
	s.refused("METHOD_NOT_SUPPORTED", usersInit, good, func(r *gateway.Request) { r.Method = "GET" })
}
