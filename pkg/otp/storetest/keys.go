package storetest

import (
	"context"
	"testing"

	"countersign/pkg/otp"
)

// Keys returns keys of a fixed secret, version 1.
func Keys() *otp.Keys {
	secret := make([]byte, otp.MinSecret)
	k, err := otp.NewKeys(otp.Secrets{1: secret}, 1, otp.Secrets{1: secret})
	if err != nil {
		panic(err)
	}
	return k
}

// rotated returns keys with code secrets of the given versions. The first is the
// newest.
func rotated(t testing.TB, versions ...int) *otp.Keys {
	t.Helper()
	secrets := map[int][]byte{}
	for _, v := range versions {
		secrets[v] = make([]byte, otp.MinSecret)
		secrets[v][0] = byte(v)
	}
	k, err := otp.NewKeys(secrets, versions[0], otp.Secrets{1: make([]byte, otp.MinSecret)})
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// ring is a keyring that fetches other keys when it is asked for newer ones.
type ring struct {
	held, fetched *otp.Keys
	fetches       int
}

func (r *ring) Keys(context.Context) *otp.Keys { return r.held }
func (r *ring) Newer(context.Context, int) *otp.Keys {
	r.fetches++
	r.held = r.fetched
	return r.held
}

// Numbered returns keys with number secrets of the given versions, and one code secret.
func Numbered(t testing.TB, versions ...int) *otp.Keys {
	t.Helper()
	numbers := otp.Secrets{}
	for _, v := range versions {
		numbers[v] = make([]byte, otp.MinSecret)
		numbers[v][1] = byte(v)
	}
	k, err := otp.NewKeys(otp.Secrets{1: make([]byte, otp.MinSecret)}, 1, numbers)
	if err != nil {
		t.Fatal(err)
	}
	return k
}
