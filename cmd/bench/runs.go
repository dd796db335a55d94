package main

import (
	"fmt"
	"path/filepath"
	"sync/atomic"
	"time"
)

const (
	initPath   = "/ams/api/v1/customers/initAuthentication"
	verifyPath = "/ams/api/v1/users/verifyAuthentication"
	// maxChallenges bounds how many challenges one contract makes: eight in each block.
	maxChallenges = 8 * blocks
	// blocks of ten thousand numbers each, which differ in the last four digits, are all that a contract has. The guard
	// allows eight messages to one that nobody answers.
	blocks = 100_000
	// fillTime bounds how long live challenges are made.
	fillTime = 120 * time.Second
)

// contract is one way of calling: its two requests, and the names of its runs.
type contract struct {
	name, init, wrong, right string
	base                     int64 // numbers of this contract are above it
	send                     func(n int64) []byte
	verify                   func(n int64, code string) []byte
	sent, no, yes            string // in every answer
}

// number returns the number of the n-th challenge: each one is in another block than the one before.
func (c contract) number(n int64) int64 { return c.base + n%blocks*10_000 + n/blocks }

// challenge returns n by its number.
func (c contract) challenge(number int64) int64 {
	number -= c.base
	return number%10_000*blocks + number/10_000
}

func unimatrixCalls() contract {
	c := contract{
		name: "Unimatrix, simple key", base: 3_000_000_000, // those from 1_000_000_000 on have lines that cost more
		init: "otp.send", wrong: "otp.verify, wrong code", right: "otp.verify, right code",
		sent: `"code":"0"`, no: `"valid":false`, yes: `"valid":true`,
	}
	c.send = func(n int64) []byte {
		return post("/?action=otp.send&accessKeyId=demo", "", fmt.Sprintf(`{"to":"+60%d"}`, c.number(n)))
	}
	c.verify = func(n int64, code string) []byte {
		return post("/?action=otp.verify&accessKeyId=demo", "",
			fmt.Sprintf(`{"to":"+60%d","code":"%s"}`, c.number(n), code))
	}
	return c
}

func amsCalls() contract {
	c := contract{
		name: "AMS/DWS, unsigned client", base: 2_000_000_000,
		init: "init", wrong: "verify, wrong code", right: "verify, right code",
		sent: "SUCCESS", no: "VERIFY_UNMATCHED", yes: `"isPassed":true`,
	}
	const client = "Client-Id: demo\r\n"
	c.send = func(n int64) []byte {
		return post(initPath, client, fmt.Sprintf(
			`{"authenticationRequestId":"bench-%032d","authenticationMethod":"OTP","authenticationType":"SMS",`+
				`"identityType":"MOBILENO","identityValue":"60-%d"}`, c.base+n, c.number(n)))
	}
	c.verify = func(n int64, code string) []byte {
		return post(verifyPath, client, fmt.Sprintf(
			`{"authenticationType":"OTP","authenticationRequestId":"bench-%032d","authenticationValue":"%s"}`,
			c.base+n, code))
	}
	return c
}

// runLoads measures both servers in turn, round after round, each time on a new file.
func runLoads(o options, dir, before string) (all []figures, err error) {
	roots := map[string]string{"now": "."}
	if before != "" {
		roots["before"] = before
	}
	for build, root := range roots {
		if err := buildServer(root, filepath.Join(dir, "countersign-"+build)); err != nil {
			return nil, err
		}
	}
	each := func(measure func(m *measurement) error) error {
		for _, build := range []string{"before", "now"} {
			if roots[build] == "" {
				continue
			}
			s, err := startServer(filepath.Join(dir, "countersign-"+build), dir)
			if err != nil {
				return err
			}
			m := &measurement{server: s, build: build, length: o.length}
			err = measure(m)
			all = append(all, m.all...)
			if err != nil {
				s.cmd.Process.Kill()
				return fmt.Errorf("%s: %w", build, err)
			}
			if err := s.stop(); err != nil {
				return err
			}
		}
		return nil
	}
	for range o.rounds {
		if err := each((*measurement).contracts); err != nil {
			return all, err
		}
	}
	if o.live > 0 {
		err = each(func(m *measurement) error { return m.among(o.live) })
	}
	return all, err
}

// measurement is a series of load runs on one server.
type measurement struct {
	*server
	build  string
	length time.Duration
	all    []figures
}

// load makes one run of up to so many requests, numbered from 1, and keeps its figures
// where it has a name.
func (m *measurement) load(
	contract, name string, length time.Duration, most int64, request func(n int64) []byte, want string,
) error {
	var count atomic.Int64
	cpu := m.cpu()
	f, err := load(m.addr, name, length, func() []byte {
		n := count.Add(1)
		if n > most {
			return nil
		}
		return request(n)
	}, want)
	if err == nil && f.Wrong > 0 {
		err = fmt.Errorf("%s, %s: %d of %d answers were not the expected one", contract, name, f.Wrong, f.Calls)
	}
	if name != "" {
		f.Build, f.Contract, f.RSS = m.build, contract, m.rss()
		f.CPU = (m.cpu() - cpu) / time.Duration(max(1, f.Calls))
		m.all = append(m.all, f)
	}
	return err
}

// contracts measures sending, wrong and right codes in both contracts, and codes of
// numbers that have no challenge.
func (m *measurement) contracts() error {
	for _, c := range []contract{unimatrixCalls(), amsCalls()} {
		var made atomic.Int64
		send := func(int64) []byte { return c.send(made.Add(1)) }
		for _, run := range []struct {
			name   string
			length time.Duration
		}{{"", m.length / 4}, {c.init, m.length}, {"", m.length}} { // the last one makes more to verify
			if err := m.load(c.name, run.name, run.length, maxChallenges, send, c.sent); err != nil {
				return err
			}
		}
		if err := m.codesOf(c, c.wrong, c.right); err != nil {
			return err
		}
	}
	c := unimatrixCalls()
	unknown := func(n int64) []byte { return c.verify(maxChallenges+n, "123456") }
	return m.load(c.name, "otp.verify, unknown number", m.length, maxChallenges, unknown, `"code":"0"`)
}

// codesOf measures wrong codes, unless that has no name, and right codes of the
// challenges that were made.
func (m *measurement) codesOf(c contract, wrong, right string) error {
	codes, err := m.codes(c)
	if err != nil {
		return err
	}
	had := int64(len(codes))
	if wrong != "" {
		guess := func(n int64) []byte {
			n = (n-1)%had + 1
			return c.verify(n, other(codes[n-1]))
		}
		if err := m.load(c.name, wrong, m.length, 4*had, guess, c.no); err != nil {
			return err
		}
	}
	if had%7919 == 0 {
		had--
	}
	// In an order that has nothing to do with that in which they were made: 7919 is prime.
	return m.load(c.name, right, m.length, had, func(n int64) []byte {
		n = n*7919%had + 1
		return c.verify(n, codes[n-1])
	}, c.yes)
}

// among measures sending and right codes among many live challenges, as many as can be
// made in a bounded time.
func (m *measurement) among(live int64) error {
	c := unimatrixCalls()
	var made atomic.Int64
	send := func(int64) []byte { return c.send(made.Add(1)) }
	if err := m.load(c.name, "", fillTime, live, send, c.sent); err != nil {
		return err
	}
	name := fmt.Sprintf("among %.2g million live", float64(min(live, made.Load()))/1e6)
	if err := m.load(c.name, "otp.send "+name, m.length, maxChallenges, send, c.sent); err != nil {
		return err
	}
	return m.codesOf(c, "", "otp.verify, right code "+name)
}

// other returns a wrong code.
func other(code string) string {
	if code == "" || code[0] == '0' {
		return "1" + code[min(1, len(code)):]
	}
	return "0" + code[1:]
}
