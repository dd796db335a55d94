// Package service wires the handlers of the contracts from ports that a process hands in, so that the functions and
// the local server serve requests in the same way.
//
//   - This package wires all that a process needs to check codes. It links neither a sender nor phone metadata,
//     because function verify must not.
//   - Package sending adds what a process needs to send codes, and has the table of senders.
//   - Package unimatrixapi wires the Unimatrix contract, which function init must not link.
package service

import (
	"context"
	"io"
	"log/slog"
	"time"

	"countersign/pkg/admission"
	"countersign/pkg/ams"
	"countersign/pkg/clients"
	"countersign/pkg/documents"
	"countersign/pkg/otp"
	"countersign/pkg/password"
	"countersign/pkg/telemetry"
	"countersign/pkg/users"
)

// Store keeps challenges, ledgers, and the counts of clients' requests.
type Store interface {
	otp.Challenges
	otp.Ledgers
	clients.Counter
}

// Keyring has the keys of a deployment. [keyring.Ring] is one.
type Keyring interface {
	otp.Keyring
	documents.Sealer
	ams.SigningKeys
	password.Keys
}

// Ports are the parts in which processes differ. Every field is required unless its comment has another rule.
type Ports struct {
	Store    Store
	Table    documents.Table  // of clients and users
	Keys     Keyring          // for codes, numbers, secrets and signatures
	Defaults clients.Defaults // of clients whose record sets nothing else
	// Find finds a client as [clients.Lookup.FindName] does; nil finds the clients in Table.
	Find func(ctx context.Context, name string) (*clients.Client, error)
	// Beside are ids that Find finds and Table does not have.
	Beside []string
	// ClientAge is how long a client that was read stays in use, and UnknownAge how long an id stays unknown.
	// See [clients.NewCache] for their range.
	ClientAge, UnknownAge time.Duration
	NumberPerDay          int // see [otp.Issuer]
	Now                   func() time.Time
	Rand                  io.Reader        // crypto/rand.Reader, or a test's own
	Log                   *slog.Logger     // gets a line for each request
	Lines                 *telemetry.Lines // nil: no metrics, and no lines about strangers
}

// cacheSize is the number of clients in memory, and of unknown ids.
const cacheSize = 10_000

// Service is the part that all handlers of a process share. It is safe for concurrent use.
type Service struct {
	Store telemetry.Store // the store, with the time of each write in the line of its request
	Keys  Keyring
	Users users.Directory
	Gate  *ams.Gate
	Quota *clients.Quota // of the clients' messages
	// Passwords are those of the clients' users.
	Passwords *password.Accounts
	Now       func() time.Time
	Rand      io.Reader

	NumberPerDay int
}

// New wires the shared part. It makes no request.
func New(p Ports) *Service {
	if p.Find == nil {
		p.Find = clients.NewLookup(p.Table, p.Keys, p.Defaults).FindName
	}
	directory := clients.NewCache(p.Find, p.Now, p.ClientAge, p.UnknownAge, cacheSize)
	directory.UseRoster(clients.ReadRoster(p.Table, p.Beside...), &clients.Digests{Table: p.Table, Sealer: p.Keys})
	return &Service{
		Store:     telemetry.Store{Challenges: p.Store, Ledgers: p.Store, Now: p.Now},
		Keys:      p.Keys,
		Passwords: password.New(telemetry.Documents{Table: p.Table, Now: p.Now}, p.Keys, p.Keys, p.Now, p.Rand),
		Users:     users.Directory{Table: p.Table, Sealer: p.Keys, Now: p.Now},
		Gate: &ams.Gate{
			Door: &admission.Door{
				Clients: directory,
				Limiter: &clients.Meter{Counter: p.Store, Now: p.Now},
				Now:     p.Now,
				Log:     p.Log,
				Lines:   p.Lines,
			},
			Answers: ams.NewAnswers(p.Keys),
			Copies:  ams.NewCopies(),
		},
		Now:          p.Now,
		Rand:         p.Rand,
		NumberPerDay: p.NumberPerDay,
		Quota:        &clients.Quota{Counter: p.Store, Now: p.Now},
	}
}

// Verifier checks codes of challenges that belong to no user: those of Unimatrix and Cognito.
func (s *Service) Verifier() otp.Verifier {
	return otp.Verifier{Challenges: s.Store, Keys: s.Keys, Now: s.Now, Rand: s.Rand}
}

// Verify serves the AMS/DWS requests that check a code.
func (s *Service) Verify() *ams.Verify {
	verifier := s.Verifier()
	verifier.Users = ams.Standings{Users: s.Users}
	return &ams.Verify{Gate: s.Gate, Verifier: verifier, Passwords: s.Passwords}
}
