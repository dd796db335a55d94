package password

import "time"

// Guesses is how many wrong guesses in a row lock a password.
const Guesses = 5

// Locks are the times for which it is locked: the first one after five wrong guesses in a row, the second one after
// five more, and so on. The last one holds for all further ones. A right guess begins anew.
var Locks = []time.Duration{15 * time.Minute, time.Hour, 6 * time.Hour, 24 * time.Hour}

// secret is a password of one kind at rest.
type secret struct {
	Digest string    `json:"digest,omitempty"` // see [digest.String]
	Set    time.Time `json:"set,omitzero"`
	// Removed: there is no password any more, nor Digest and Set. Challenges may still ask for it, and the guesses at
	// it go on to count. Else any number of them would be evaluated, and that would show that it is removed.
	Removed bool `json:"removed,omitzero"`
	// Wrong are the guesses since the last right one. A guess counts as wrong until it is evaluated.
	Wrong int `json:"wrong,omitzero"`
	// Last is when the latest of them was counted, and Op the call that counted it.
	Last time.Time `json:"last,omitzero"`
	Op   string    `json:"op,omitempty"`
}

// lockedUntil returns the end of the lock, zero if the guesses do not lock it.
func (s secret) lockedUntil() time.Time {
	if s.Wrong == 0 || s.Wrong%Guesses != 0 {
		return time.Time{}
	}
	return s.Last.Add(Locks[min(s.Wrong/Guesses, len(Locks))-1])
}

// there reports whether there is a password, and not what stays of a removed one.
func (s *secret) there() bool { return s != nil && !s.Removed }

// removed returns what stays of a password that is removed.
func (s *secret) removed() *secret {
	if s == nil {
		return nil
	}
	return &secret{Removed: true, Wrong: s.Wrong, Last: s.Last, Op: s.Op}
}

// count counts a guess that is not evaluated yet. It changes nothing if the password is locked.
func (s *secret) count(op string, now time.Time) (counted bool) {
	if now.Before(s.lockedUntil()) {
		return false
	}
	s.Wrong, s.Last, s.Op = s.Wrong+1, now, op
	return true
}

// left returns the guesses before the next lock.
func (s secret) left() int { return (Guesses - s.Wrong%Guesses) % Guesses }
