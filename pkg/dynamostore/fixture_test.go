package dynamostore_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"countersign/pkg/dynamostore"
	"countersign/pkg/otp"
)

const now otp.Millis = 4_102_531_208_457 // in 2100: no engine deletes items by TTL

// challenge returns a challenge whose values occur nowhere else.
func challenge(id string) otp.Challenge {
	expires := now.Add(5 * time.Minute)
	return otp.Challenge{
		Reported:    otp.Reported{AuthID: "20261122190077000000162140200586657", Mask: "+60******6353"},
		Encrypted:   []byte("sealed"),
		Key:         otp.ChallengeKey("demo", id),
		Fingerprint: bytes.Repeat([]byte("p"), 32),
		State:       otp.Reserved,
		Owner:       "canary-owner",
		Lease:       now.Add(otp.Lease),
		Seed:        []byte("canary-seed-....."),
		Digits:      6,
		KeyVersion:  1,
		Code:        []byte("canary-code-...................."),
		Guess:       []byte("-"),
		Op:          "-",
		Max:         5,
		SentAt:      now,
		ExpiresAt:   expires,
		LedgerKey:   "N#canary-ledger",
		TTL:         expires.Add(24 * time.Hour).Seconds(),
	}
}

func spend(key, id string, at otp.Millis) otp.Spend {
	return otp.Spend{
		Key: key, ID: id, Now: at, Limits: otp.DefaultPolicy().Limits(),
		TTL: at.Add(30 * 24 * time.Hour).Seconds(),
	}
}

// spent makes a spend that must not fail.
func spent(t testing.TB, s *dynamostore.Store, p otp.Spend) otp.Spent {
	t.Helper()
	got, err := s.Spend(t.Context(), p)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// service is the domain on a store, with a phone that accepts every message.
type service struct {
	otp.Issuer
	otp.Verifier
	phone  *phone
	client string
	now    time.Time
}

type phone struct {
	mu    sync.Mutex
	codes []otp.Code
}

func (p *phone) Send(_ context.Context, m otp.Message) (otp.Delivery, string, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.codes = append(p.codes, m.Code)
	return otp.Accepted, messageID(len(p.codes)), nil
}

// messageID returns the id of the n-th message.
func messageID(n int) string { return fmt.Sprintf("0123abcd-89ef-4000-8000-%012d", n) }

func newService(t testing.TB, s interface {
	otp.Challenges
	otp.Ledgers
}) *service {
	t.Helper()
	secret := bytes.Repeat([]byte("k"), otp.MinSecret)
	keys, err := otp.NewKeys(otp.Secrets{1: secret}, 1, otp.Secrets{1: secret})
	if err != nil {
		t.Fatal(err)
	}
	v := &service{phone: &phone{}, client: "demo", now: now.Time()}
	clock := func() time.Time { return v.now }
	v.Issuer = otp.Issuer{Challenges: s, Ledgers: s, Sender: v.phone, Keys: keys, Now: clock, Rand: rand.Reader}
	v.Issuer.Ahead, _ = s.(otp.Ahead)
	v.Verifier = otp.Verifier{Challenges: s, Keys: keys, Now: clock, Rand: rand.Reader}
	return v
}

const number otp.Phone = "+606543216353"

// asked is the request for a code to the number.
func (v *service) asked(id string) otp.Start {
	return otp.Start{
		Client: v.client, ID: id, Fingerprinted: []string{id}, To: number, Mask: number.String(),
		Policy: otp.DefaultPolicy(), Text: func(code string, _ time.Duration) string { return code },
	}
}

func (v *service) init(t testing.TB, id string, want otp.Outcome) {
	t.Helper()
	got, err := v.Init(t.Context(), v.asked(id))
	if err != nil || got.Outcome != want {
		t.Fatalf("init: %q %v, want %q", got.Outcome, err, want)
	}
}

func (v *service) verify(t testing.TB, id string, code otp.Code, want otp.Outcome) (left int) {
	t.Helper()
	got, err := v.Verify(t.Context(), otp.Check{Client: v.client, ID: id, Code: code})
	if err != nil || got.Outcome != want {
		t.Fatalf("verify: %q %v, want %q", got.Outcome, err, want)
	}
	return got.Left
}

// code returns the code of the latest message, and a wrong code.
func (v *service) code(t testing.TB) (right, wrong otp.Code) {
	t.Helper()
	if len(v.phone.codes) == 0 {
		t.Fatal("no message was sent")
	}
	right = v.phone.codes[len(v.phone.codes)-1]
	last := right[len(right)-1]
	return right, right[:len(right)-1] + otp.Code('0'+(last-'0'+1)%10)
}

// quiet fails the test if an error quotes a stored value.
func quiet(t testing.TB, err error, values ...string) {
	t.Helper()
	const base64OfCanary = "Y2FuYXJ5"
	for _, v := range append(values, "canary", base64OfCanary, "demo", "6353", fmt.Sprint(int64(now))) {
		if strings.Contains(err.Error(), v) {
			t.Errorf("the error holds %q: %v", v, err)
		}
	}
}
