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

// alipaySteps calls each API of the AMS/DWS contract as a merchant does. An SDK checks our
// signature before it returns a result code.
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
		answers("init", first, "SUCCESS"),
		{"init again, same id: the same answer", same(call("init", id, identity), first)},
		answers("init at once, new id", call("init", again, identity), "TIMES_EXCEED_LIMIT"),
		answers("verify, wrong code", call("verify", id, wrong(server.code(to))), "VERIFY_UNMATCHED"),
		{"verify, right code: SUCCESS, passed", passed(call("verify", id, server.code(to)))},
		answers("verify again", call("verify", id, server.code(to)), "AUTHENTICATION_REQUEST_ID_INVALID"),
		answers("init, no such number", call("init", again, "60-1234"), "INVALID_PHONE_NUMBER"),
		answers("init, another's key", forged("init", id, identity), "INVALID_SIGNATURE"),
		answers("verify, another's key", forged("verify", id, "123456"), "SIGNATURE_INVALID"),
		answers("init, unknown client", unknown("init", id, identity), "INVALID_CLIENT"),
		answers("verify, unknown client", unknown("verify", id, "123456"), "CLIENT_INVALID"),
		answers("init by a SANDBOX_ client, on its path", sandboxed("init", again, cc+"-"+other), "SUCCESS"),
		{"SDK with another key of the service: it refuses the answer", untrusted(doubting("verify", id, "123456"))},
	}
	return append(steps, walletSteps(ctx, server, call)...)
}

// walletSteps calls the APIs for a user behind a wallet token. The user is blocked and
// unblocked while the server runs.
func walletSteps(ctx context.Context, server *server, call func(api, id, value string) answer) []step {
	cc, national := server.number()
	to, user, token, id := "+"+cc+national, "user"+national, rand.Text(), "REQ"+rand.Text()
	administer := func(args ...string) error {
		_, err := server.administer(ctx, append([]string{"user"}, args...)...)
		return err
	}
	return []step{
		answers("users/init, unknown token", call("users-init", "REQ"+rand.Text(), token), "INVALID_ACCESS_TOKEN"),
		{"the user and the token are added",
			administer("add", user, "--client", merchant, "--number", to, "--token", token)},
		answers("users/init", call("users-init", id, token), "SUCCESS"),
		{"the user is blocked", administer("block", user, "--client", merchant)},
		answers("verify, right code", call("verify", id, server.code(to)), "USER_STATUS_ABNORMAL"),
		{"the user is unblocked", administer("unblock", user, "--client", merchant)},
		{"verify, right code: SUCCESS, passed", passed(call("verify", id, server.code(to)))},
	}
}

// alipay returns the driver's environment for a client.
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

// answers is a call that returns a result code, and no passed code.
func answers(call string, a answer, code string) step {
	return step{call + ": " + code, judged(a, code, false)}
}

// passed checks that a code was right.
func passed(a answer) error { return judged(a, "SUCCESS", true) }

func judged(a answer, code string, passed bool) error {
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
