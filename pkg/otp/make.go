package otp

import (
	"cmp"
	"fmt"
	"io"
	"time"
)

// challenge makes the challenge that a [Start] asks for. It is not stored yet.
func (s *sending) challenge() (Challenge, error) {
	c, err := s.blank(s.ID, s.Fingerprinted)
	if err != nil {
		return Challenge{}, err
	}
	code := s.given()
	c.Chosen, c.Digits = s.Code != "", len(code)
	if code == "" {
		c.Digits = cmp.Or(s.Digits, s.Policy.Digits)
		if code, err = s.keys.generate(c.KeyVersion, c.Key, c.Seed, c.Digits, s.Payment); err != nil {
			return Challenge{}, err
		}
	}
	c.Code, _ = s.keys.digest(c.KeyVersion, c.Key, string(code), s.Payment)
	c.Encrypted = s.keys.encrypt(c.KeyVersion, c.Key, c.Seed, s.To, s.Code, s.Payment)
	c.Max = s.Policy.Attempts
	c.Mask, c.Region, c.User = s.Mask, s.Region, s.User
	c.Source = s.keys.Source(s.Client, s.To, s.Source)
	if s.Refusal != "" {
		c.State, c.Result, c.Lease = Failed, s.Refusal, 0 // nobody works on it
	} else {
		ledgers := s.keys.LedgerKeys(s.Client, s.To)
		c.LedgerKey = ledgers[len(ledgers)-1]
		if s.Test.Is() {
			s.Test.mark(&c)
		}
	}
	return c, nil
}

// refusal returns the answer that refuses the user or the number, without an Outcome if they are not refused.
func (s *sending) refusal() Started { return Started{Outcome: s.Refusal, Wait: s.RefusalWait} }

// record makes the record of a re-send, which is stored under its idempotency key: a
// challenge that allows no attempt, so that nobody can guess at it.
func (s *sending) record(r Resend) (Challenge, error) {
	c, err := s.blank("\x00resend\x00"+r.ID, r.fingerprinted()) // an id that no caller can choose
	c.Encrypted, c.Code = []byte(none), c.Fingerprint
	return c, err
}

// blank makes what challenges and records have in common. This call owns them.
func (s *sending) blank(id string, fingerprinted []string) (Challenge, error) {
	random := make([]byte, 16+16)
	if _, err := io.ReadFull(s.Rand, random); err != nil {
		return Challenge{}, fmt.Errorf("random bytes: %w", err)
	}
	fingerprint, err := s.keys.fingerprint(s.keys.newest, fingerprinted)
	if err != nil {
		return Challenge{}, err
	}
	seed, expires := random[16:], s.at.Add(s.Policy.Validity)
	owner := idOf(random[:16])
	s.id = SendID(seed, owner)
	return Challenge{
		Reported:    Reported{Client: s.Client, AuthID: authIDOf(s.Client, id, s.at)},
		Key:         ChallengeKey(s.Client, id),
		Fingerprint: fingerprint,
		State:       Reserved,
		Owner:       owner,
		Lease:       s.at.Add(Lease),
		Seed:        seed,
		KeyVersion:  s.keys.newest,
		Guess:       []byte(none),
		Op:          none,
		SentAt:      s.at,
		ExpiresAt:   expires,
		TTL:         max(expires.Add(s.Policy.Memory), nextDay(s.at)).Seconds(),
	}, nil
}

// nextDay returns the first instant of the next day. An authenticationId has the date and no other part of the time, so
// an id that were free before would get the authenticationId of the challenge before. A password is encrypted for an
// authenticationId: whoever captured one could use it again.
func nextDay(at Millis) Millis {
	return MillisOf(at.Time().UTC().Truncate(24 * time.Hour).Add(24 * time.Hour))
}
