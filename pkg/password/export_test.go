package password

import (
	"strings"
	"sync"

	"golang.org/x/crypto/argon2"
)

var (
	evaluating  sync.Mutex
	evaluations = map[string]int{}
)

func init() {
	idKey = func(password, salt []byte, passes, memory uint32, lanes uint8, size uint32) []byte {
		evaluating.Lock()
		evaluations[string(salt)]++
		evaluating.Unlock()
		return argon2.IDKey(password, salt, passes, memory, lanes, size)
	}
}

// Evaluations returns how often something was evaluated with a salt. The first time is where the digest was made.
func Evaluations(salt []byte) int {
	evaluating.Lock()
	defer evaluating.Unlock()
	return evaluations[string(salt)]
}

// SaltOf returns the salt of a digest, and PepperOf the version of its pepper.
func SaltOf(stored string) []byte {
	d, err := parseDigest(stored)
	if err != nil {
		return nil
	}
	return d.salt
}

// CostOf returns the cost and the version of the pepper of a digest.
func CostOf(stored string) (Cost, int) {
	d, _ := parseDigest(stored)
	return d.Cost, d.pepper
}

// Matches reports whether a digest is that of a password under a pepper.
func Matches(stored string, typed Clear, pepper []byte) bool {
	d, err := parseDigest(stored)
	return err == nil && d.is(typed, pepper)
}

// AllEvaluations returns how often anything was evaluated.
func AllEvaluations() (n int) {
	evaluating.Lock()
	defer evaluating.Unlock()
	for _, times := range evaluations {
		n += times
	}
	return n
}

// CommonPINs returns the commonest PINs by their length.
func CommonPINs() map[int][]string {
	by := map[int][]string{}
	for _, pin := range strings.Fields(commonPINs) {
		by[len(pin)] = append(by[len(pin)], pin)
	}
	return by
}
