package functions

import (
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"log/slog"
	"regexp"
	"strings"
	"time"

	"countersign/pkg/dynamostore"
	"countersign/pkg/dynamostore/dynamotest"
	"countersign/pkg/keyring"
	"countersign/pkg/keyring/keyfile"
	"countersign/pkg/keyring/keyringtest"
	"countersign/pkg/otp"
	"countersign/pkg/password"
)

// setPasswords makes the passwords of both functions.
func (m *meter) setPasswords() {
	path := keyringtest.Write(m.t, m.t.TempDir())
	ring, err := keyring.New(keyfile.New(path), m.now, time.Hour, slog.New(slog.DiscardHandler))
	if err != nil {
		m.t.Fatal(err)
	}
	table := dynamostore.NewDocuments(dynamotest.Client(m.t, m.capacity), dynamotest.ClientsTable(m.t))
	m.passwords = password.New(table, ring, ring, m.now, rand.Reader)
}

var authID = regexp.MustCompile(`\\"authenticationId\\":\\"(\d+)`)

// seal encrypts a password for the challenge of the latest answer that has an id, and returns that id too.
func (m *meter) seal(typed string, answer []byte) (id, value string) {
	m.t.Helper()
	id = string(authID.FindSubmatch(answer)[1])
	_, key := m.passwords.Keys.Encryption(m.t.Context())
	box, err := rsa.EncryptOAEP(sha256.New(), rand.Reader, &key.PublicKey, []byte(id+"."+typed), nil)
	if err != nil {
		m.t.Fatal(err)
	}
	return id, base64.StdEncoding.EncodeToString(box)
}

// setPassword sets a password of a number after a code that passed. init sends the code.
func (m *meter) setPassword(id, number, typed string, init func(id, number string) used) used {
	m.t.Helper()
	init(id, number)
	answer := m.answer
	m.post(m.verify, "check", "/v1/users/verifyAuthentication", fmt.Sprintf(
		`{"authenticationType":"OTP","authenticationRequestId":%q,"authenticationValue":%q}`,
		id, string(m.codes[otp.Phone("+"+strings.ReplaceAll(number, "-", ""))])), "SUCCESS")
	proof, value := m.seal(typed, answer)
	return m.post(m.init, "password", "/v1/security/setPassword", fmt.Sprintf(`{"authenticationId":%q,`+
		`"authenticationType":"PAYMENT","identityType":"MOBILENO","identityValue":%q,"passwordValue":%q}`,
		proof, number, value), "SUCCESS")
}

// costsOfPasswords authenticates by a password. init sends a code.
func costsOfPasswords(m *meter, init func(id, number string) used) (all, right []kind) {
	m.t.Helper()
	const number, typed = "60-6543216359", "482915"
	ask := func(id, want string) used {
		return m.post(m.init, "ask", "/v1/customers/initAuthentication", fmt.Sprintf(`{"authenticationRequestId":%q,`+
			`"authenticationMethod":"PASSWORD","authenticationType":"PAYMENT","identityType":"MOBILENO",`+
			`"identityValue":%q}`, id, number), want)
	}
	first := id(100)
	m.setPassword(id(101), "60-6543216358", typed, init) // which makes the key of the digests
	none := ask(id(102), "PROCESS_FAIL")
	set := m.setPassword(id(103), number, typed, init)
	asked := ask(first, "SUCCESS")
	answer := m.answer
	guess := func(typed, want string) used {
		challenge, value := m.seal(typed, answer)
		return m.post(m.verify, "password", "/v1/security/verifyAuthentication", fmt.Sprintf(
			`{"authenticationRequestId":%q,"authenticationId":%q,"challengeData":{"challengeType":"PAYMENT_PASSWORD",`+
				`"passwordValue":%q}}`, first, challenge, value), want)
	}
	challenge, _ := m.seal(typed, answer)
	trigger := m.post(m.init, "ask", "/v1/security/triggerChallenge",
		fmt.Sprintf(`{"challengeId":%q,"authenticationMethod":"PASSWORD"}`, challenge), "SUCCESS")
	wrong := guess("482916", "VERIFY_UNMATCHED")
	right = []kind{
		{"init with PASSWORD", 0, asked},
		{"triggerChallenge of a password", 0, trigger},
		{"verify, right password", 0, guess(typed, "SUCCESS")},
	}
	return append(right[:len(right):len(right)],
		kind{"verify, wrong password", 0, wrong},
		kind{"init with PASSWORD of a number without one", 0, none},
		kind{"setPassword", 0, set},
	), right
}

// writePasswords writes what a million authentications by a password cost, at any load.
func (p prices) writePasswords(b *bytes.Buffer, right []kind) {
	var all used
	for _, k := range right {
		all = all.plus(k.used, 1)
	}
	a := p.Assumed.Password
	follows := all.calls["change"]
	seconds := (all.calls["ask"]*a.Ask + all.calls["password"]*a.Evaluate + follows*p.Assumed.Change.Call) / 1000
	fmt.Fprintf(b, "## With passwords\n\n%s authentications by a right [password](passwords.md): init, "+
		"triggerChallenge and verify. No message goes out.\n\n| | price | USD |\n|---|--:|--:|\n",
		thousands(p.Model.Verified))
	sum := 0.0
	for _, row := range []struct {
		id string
		n  float64
	}{
		{"lambda.requests", all.request + follows},
		{"lambda.time", seconds * p.Assumed.MemoryMB / 1024},
		{"api.requests", all.request},
		{"dynamodb.writes", all.writes},
		{"dynamodb.reads", all.reads},
		{"events", all.events},
		{"logs", rounded(all.logged) / 1e9},
	} {
		price := p.Prices[row.id]
		cost := row.n * p.Model.Verified * price.USD / price.Per
		sum += cost
		fmt.Fprintf(b, "| %s | %s | %.2f |\n", price.What, p.price(row.id), cost)
	}
	fmt.Fprintf(b, "| **together** | | **%.2f** |\n\n", sum)
	fmt.Fprintf(b, "For one: %g write units, %g read units, and %.0f ms of functions, %.0f of them for the call that "+
		"evaluates the password.\nA caller that keeps the key leaves triggerChallenge out. Each wrong password takes "+
		"one more verify, and setting one takes a\ncode before it. Each month up to 0.90 USD for 3 metrics.\n\n",
		all.writes, all.reads, seconds*1000, a.Evaluate)
}
