package main

import (
	"crypto/rsa"
	"fmt"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"countersign/pkg/signature"
)

const (
	initPath   = "/ams/api/v1/customers/initAuthentication"
	verifyPath = "/ams/api/v1/users/verifyAuthentication"
	done       = "SUCCESS"
	// maxChallenges bounds what a run makes, and so the memory of this process.
	maxChallenges = 600_000
	// presigned is how many signed requests are made before a run: signing takes
	// the client longer than the server's whole work.
	presigned = 30_000
)

// contract is one way of calling: how it spells its two calls, and the names of
// its runs.
type contract struct {
	name, init, wrong, right string
	base                     int64 // numbers of this contract begin here
	send                     func(n int64) []byte
	verify                   func(n int64, code string) []byte
	sent, no, yes            string // in every answer
}

// number is the n-th number of a contract, without its calling code.
func (c contract) number(n int64) int64 { return c.base + n }

func contracts(client string, key *rsa.PrivateKey) []contract {
	id := func(c contract, n int64) string { return fmt.Sprintf("bench-%032d", c.number(n)) }
	initBody := func(c contract, n int64) string {
		return fmt.Sprintf(`{"authenticationRequestId":"%s","authenticationMethod":"OTP","authenticationType":"SMS","identityType":"MOBILENO","identityValue":"60-%d"}`, id(c, n), c.number(n))
	}
	verifyBody := func(c contract, n int64, code string) string {
		return fmt.Sprintf(`{"authenticationType":"OTP","authenticationRequestId":"%s","authenticationValue":"%s"}`, id(c, n), code)
	}
	uni := contract{name: "Unimatrix, simple key", init: "otp.send", wrong: "otp.verify, wrong code", right: "otp.verify, right code", base: 1_000_000_000, sent: `"code":"0"`, no: `"valid":false`, yes: `"valid":true`}
	uni.send = func(n int64) []byte {
		return post("/?action=otp.send&accessKeyId=demo", "", fmt.Sprintf(`{"to":"+60%d"}`, uni.number(n)))
	}
	uni.verify = func(n int64, code string) []byte {
		return post("/?action=otp.verify&accessKeyId=demo", "", fmt.Sprintf(`{"to":"+60%d","code":"%s"}`, uni.number(n), code))
	}
	plain := contract{name: "AMS/DWS, unsigned client", init: "init", wrong: "verify, wrong code", right: "verify, right code", base: 2_000_000_000, sent: done, no: "VERIFY_UNMATCHED", yes: `"isPassed":true`}
	plain.send = func(n int64) []byte { return post(initPath, "Client-Id: demo\r\n", initBody(plain, n)) }
	plain.verify = func(n int64, code string) []byte {
		return post(verifyPath, "Client-Id: demo\r\n", verifyBody(plain, n, code))
	}
	signed := plain
	signed.name, signed.base = "AMS/DWS, signed client", 3_000_000_000
	sign := func(path, body string) []byte {
		now := strconv.FormatInt(time.Now().UnixMilli(), 10)
		header, err := signature.Key{Version: "1", Private: key}.Sign(signature.Text("POST", path, client, now, []byte(body)))
		if err != nil {
			panic(err) // the key was just made
		}
		return post(path, "Client-Id: "+client+"\r\nRequest-Time: "+now+"\r\nSignature: "+header+"\r\n", body)
	}
	signed.send = func(n int64) []byte { return sign(initPath, initBody(signed, n)) }
	signed.verify = func(n int64, code string) []byte { return sign(verifyPath, verifyBody(signed, n, code)) }
	return []contract{uni, plain, signed}
}

// measure runs init, then wrong and right codes on what init made.
func measure(s *server, c contract, length time.Duration, ahead bool) ([]figures, error) {
	var made atomic.Int64
	next := func(limit int64, of func(n int64) []byte, count *atomic.Int64) func(int) []byte {
		requests := prepare(ahead, limit, count, of)
		return func(int) []byte {
			n := count.Add(1)
			if n > limit {
				return nil
			}
			return requests(n)
		}
	}
	var all []figures
	add := func(f figures, err error) error {
		f.Contract, f.RSS = c.name, s.rss()
		all = append(all, f)
		if err == nil && f.Wrong > 0 {
			err = fmt.Errorf("%s: %d of %d answers were not the expected one", f.Name, f.Wrong, f.Calls)
		}
		return err
	}
	most := int64(maxChallenges)
	if ahead {
		most = presigned
	}
	if !ahead {
		if _, err := load(s.addr, "warm-up", length/10, next(most, c.send, &made), c.sent); err != nil {
			return nil, err
		}
	}
	if err := add(load(s.addr, c.init, length, next(most, c.send, &made), c.sent)); err != nil {
		return all, err
	}
	if !ahead { // more to verify, so that the run of right codes does not run dry
		if _, err := load(s.addr, "prepare", 2*length, next(most, c.send, &made), c.sent); err != nil {
			return all, err
		}
	}
	codes, err := codes(s.addr, c)
	if err != nil {
		return all, err
	}
	had := int64(len(codes))
	var wrong, right atomic.Int64
	guesses := 4 * had
	if ahead {
		guesses = had
	}
	err = add(load(s.addr, c.wrong, length, next(guesses, func(n int64) []byte {
		n = (n-1)%had + 1
		return c.verify(n, other(codes[n-1]))
	}, &wrong), c.no))
	if err != nil {
		return all, err
	}
	err = add(load(s.addr, c.right, length, next(had, func(n int64) []byte { return c.verify(n, codes[n-1]) }, &right), c.yes))
	return all, err
}

// prepare returns a source of requests: made when they are asked for, or ahead of
// the run, on all cores.
func prepare(ahead bool, limit int64, from *atomic.Int64, of func(n int64) []byte) func(n int64) []byte {
	if !ahead {
		return of
	}
	first := from.Load()
	all := make([][]byte, limit-first)
	var wg sync.WaitGroup
	for worker := range runtime.NumCPU() {
		wg.Go(func() {
			for i := worker; i < len(all); i += runtime.NumCPU() {
				all[i] = of(first + int64(i) + 1)
			}
		})
	}
	wg.Wait()
	return func(n int64) []byte { return all[n-first-1] }
}

// other returns a wrong code.
func other(code string) string {
	if code[0] == '0' {
		return "1" + code[1:]
	}
	return "0" + code[1:]
}
