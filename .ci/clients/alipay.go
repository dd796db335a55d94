package main

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"strings"
)

// alipaySteps are one merchant's day with the AMS/DWS contract. Where a code is
// expected, the SDK has checked our signature before it gave it.
func alipaySteps(ctx context.Context, server *server, s sdk) []step {
	stranger, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return []step{{"make a key", err}}
	}
	foreign, err := x509.MarshalPKIXPublicKey(&stranger.PublicKey)
	if err != nil {
		return []step{{"make a key", err}}
	}
	as := func(client string, key *rsa.PrivateKey, serverKey string) func(api, id, value string) answer {
		env := s.alipay(server, client, key, serverKey)
		return func(api, id, value string) answer { return s.call(ctx, env, api, id, value) }
	}
	call := as(merchant, server.keys[merchant], server.publicKey)
	sandboxed := as(sandbox, server.keys[sandbox], server.publicKey)
	unknown := as("nobody", server.keys[merchant], server.publicKey)
	forged := as(merchant, stranger, server.publicKey)
	doubting := as(merchant, server.keys[merchant], base64.StdEncoding.EncodeToString(foreign))

	cc, national := server.number()
	to, identity := "+"+cc+national, cc+"-"+national
	id, again := "REQ"+rand.Text(), "REQ"+rand.Text()
	_, other := server.number()
	first := call("init", id, identity)
	steps := []step{
		{"init: SUCCESS", result(first, "SUCCESS", false)},
		{"init again, same id: the same answer", same(call("init", id, identity), first)},
		{"init at once, new id: TIMES_EXCEED_LIMIT", result(call("init", again, identity), "TIMES_EXCEED_LIMIT", false)},
		{"verify, wrong code: VERIFY_UNMATCHED", result(call("verify", id, wrong(server.code(to))), "VERIFY_UNMATCHED", false)},
		{"verify, right code: SUCCESS, passed", result(call("verify", id, server.code(to)), "SUCCESS", true)},
		{"verify again: AUTHENTICATION_REQUEST_ID_INVALID", result(call("verify", id, server.code(to)), "AUTHENTICATION_REQUEST_ID_INVALID", false)},
		{"init, no such number: INVALID_PHONE_NUMBER", result(call("init", again, "60-1234"), "INVALID_PHONE_NUMBER", false)},
		{"init, another's key: INVALID_SIGNATURE", result(forged("init", id, identity), "INVALID_SIGNATURE", false)},
		{"verify, another's key: SIGNATURE_INVALID", result(forged("verify", id, "123456"), "SIGNATURE_INVALID", false)},
		{"init, unknown client: INVALID_CLIENT", result(unknown("init", id, identity), "INVALID_CLIENT", false)},
		{"verify, unknown client: CLIENT_INVALID", result(unknown("verify", id, "123456"), "CLIENT_INVALID", false)},
		{"init by a SANDBOX_ client, on its path: SUCCESS", result(sandboxed("init", again, cc+"-"+other), "SUCCESS", false)},
		{"told another key of the service: the SDK refuses its answer", untrusted(doubting("verify", id, "123456"))},
	}
	return append(steps, walletSteps(ctx, server, call)...)
}

// walletSteps are those of a user who is known by a wallet token. They block and
// unblock him while the server runs.
func walletSteps(ctx context.Context, server *server, call func(api, id, value string) answer) []step {
	cc, national := server.number()
	to, user, token, id := "+"+cc+national, "user"+national, rand.Text(), "REQ"+rand.Text()
	administer := func(args ...string) error {
		_, err := server.administer(ctx, append([]string{"user"}, args...)...)
		return err
	}
	return []step{
		{"users/init, unknown token: INVALID_ACCESS_TOKEN", result(call("users-init", "REQ"+rand.Text(), token), "INVALID_ACCESS_TOKEN", false)},
		{"the user and the token are added", administer("add", user, "--client", merchant, "--number", to, "--token", token)},
		{"users/init: SUCCESS", result(call("users-init", id, token), "SUCCESS", false)},
		{"the user is blocked", administer("block", user, "--client", merchant)},
		{"verify, right code: USER_STATUS_ABNORMAL", result(call("verify", id, server.code(to)), "USER_STATUS_ABNORMAL", false)},
		{"the user is unblocked", administer("unblock", user, "--client", merchant)},
		{"verify, right code: SUCCESS, passed", result(call("verify", id, server.code(to)), "SUCCESS", true)},
	}
}

// alipay is what the driver is told of a client.
func (s sdk) alipay(server *server, client string, key *rsa.PrivateKey, serverKey string) []string {
	private := x509.MarshalPKCS1PrivateKey(key)
	if !s.pkcs1 {
		private, _ = x509.MarshalPKCS8PrivateKey(key)
	}
	return []string{
		"GATEWAY=" + strings.ReplaceAll(s.gateway, "FRONT", server.front.address),
		"DIAL=" + server.front.address,
		"SSL_CERT_FILE=" + server.front.certificate,
		"CLIENT_ID=" + client,
		"PRIVATE_KEY=" + base64.StdEncoding.EncodeToString(private),
		"SERVER_KEY=" + serverKey,
	}
}

func result(a answer, code string, passed bool) error {
	if a.Error != "" || a.Code != code || a.Passed != passed {
		return unlike(fmt.Sprintf("%s, passed %t", code, passed), a)
	}
	return nil
}

func same(a, first answer) error {
	if a.Error != "" || a.AuthenticationID == "" || a.AuthenticationID != first.AuthenticationID {
		return unlike("authenticationId "+first.AuthenticationID, a)
	}
	return nil
}

func untrusted(a answer) error {
	if !strings.Contains(a.Error, "verify fail") {
		return unlike("the SDK's error about the signature of the answer", a)
	}
	return nil
}
