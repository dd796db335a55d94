package sqlitestore_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"countersign/pkg/guard"
	"countersign/pkg/otp"
	"countersign/pkg/sqlitestore"
)

var serial atomic.Int64

// BenchmarkInit is the three writes of an init, from 16 callers at once: without the guard, with it for new numbers of
// 2,000 blocks, and for numbers that are known.
func BenchmarkInit(b *testing.B) {
	for _, name := range []string{"without the guard", "new numbers", "known numbers"} {
		b.Run(name, func(b *testing.B) {
			s, ctx := openGuarded(b), context.Background()
			b.SetParallelism(8)
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					n := serial.Add(1)
					c := item(n)
					if w, err := s.Reserve(ctx, c, nil, c.SentAt); err != nil || !w.Applied {
						b.Error(w, err)
					}
					if w, err := s.Spend(ctx, sending(c, n, name)); err != nil || !w.Applied {
						b.Error(w, err)
					}
					settlement := otp.Settlement{Key: c.Key, Owner: c.Owner, State: otp.Delivered, Lease: c.SentAt}
					if w, err := s.Settle(ctx, settlement); err != nil || !w.Applied {
						b.Error(w, err)
					}
				}
			})
		})
	}
}

// BenchmarkSpend is one of these writes, from one caller.
func BenchmarkSpend(b *testing.B) {
	for _, name := range []string{"without the guard", "new numbers", "known numbers"} {
		b.Run(name, func(b *testing.B) {
			s, ctx := openGuarded(b), context.Background()
			for b.Loop() {
				n := serial.Add(1)
				if w, err := s.Spend(ctx, sending(item(n), n, name)); err != nil || !w.Applied {
					b.Fatal(w, err)
				}
			}
		})
	}
}

// openGuarded returns a store in which a country has a baseline and all the room that a benchmark uses.
func openGuarded(b *testing.B) *sqlitestore.Store {
	s := open(b).(*sqlitestore.Store)
	m := guarded("", "").Guard
	e := guard.Fresh(m.CountryKey(), guard.Country, m.Hour)
	e.Take(guard.Charge{Kind: guard.Country, Base: 2000, Hour: m.Hour})
	e.Days, e.Usual, e.Base, e.Left = []int{30, 30, 30}, 30, 2000, 1<<40
	if err := s.PutEntry(context.Background(), e); err != nil {
		b.Fatal(err)
	}
	return s
}

// sending returns the spend of the n-th challenge.
func sending(c otp.Challenge, n int64, name string) otp.Spend {
	p := otp.Spend{Key: c.LedgerKey, ID: "send", Now: c.SentAt, Limits: otp.DefaultPolicy().Limits(), TTL: c.TTL}
	if name == "without the guard" {
		return p
	}
	m := *guarded("", "").Guard
	m.Mode, m.Block = guard.Monitor, fmt.Appendf(nil, "%08d", n%2000)
	p.Guard, p.KnownSince = &m, 1
	if name == "known numbers" {
		p.KnownSince = -1 // so that each ledger answered after it
	}
	return p
}

// BenchmarkAttempt is the write of a verify, from 16 callers at once.
func BenchmarkAttempt(b *testing.B) {
	s, ctx := open(b), context.Background()
	const challenges = 50_000
	first := serial.Add(challenges) - challenges
	for n := range int64(challenges) {
		c := item(first + n)
		c.State = otp.Delivered
		if w, err := s.Reserve(ctx, c, nil, c.SentAt); err != nil || !w.Applied {
			b.Fatal(w, err)
		}
	}
	var next atomic.Int64
	b.SetParallelism(8)
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			n := next.Add(1)
			key := item(first + n*7919%challenges).Key
			g := otp.Guess{Key: key, KeyVersion: 1, Digest: make([]byte, 32), Op: fmt.Sprint(n), Now: 1}
			if w, err := s.Attempt(ctx, g); err != nil || !w.Applied {
				b.Error(w, err)
			}
		}
	})
}

func item(n int64) otp.Challenge {
	now := otp.Millis(1_795_317_208_457)
	digest := fmt.Appendf(nil, "%032d", n)
	return otp.Challenge{
		Reported: otp.Reported{AuthID: fmt.Sprintf("%035d", n), Mask: "+60******6353"},
		Key:      fmt.Sprintf("C#demo#%x", n*0x9E3779B97F4A7C1), Fingerprint: digest,
		State: otp.Reserved, Owner: fmt.Sprintf("%022d", n), Lease: now,
		Seed: digest[:16], Digits: 6, KeyVersion: 1, Code: digest, Guess: []byte("-"), Op: "-", Max: 1 << 30,
		SentAt: now, ExpiresAt: now.Add(5 * time.Minute),
		LedgerKey: fmt.Sprintf("N#%x%032d", n*0x9E3779B97F4A7C1, n), TTL: 1_795_403_909 + n/1000,
	}
}
