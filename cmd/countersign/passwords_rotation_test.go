package main

import (
	"strings"
	"testing"
)

// Every key that a password needs is rotated and retired while its user goes on: no typing is refused, and a password
// that was typed since has left the older pepper.
func TestPasswordOverRotations(t *testing.T) {
	t.Setenv("COUNTERSIGN_COOLDOWN", "0s")
	onEachWith(t, func(t *testing.T, admin tool, serve func(...string) *process) {
		admin.ok("client", "add", "acme", "--country", "MY", "--generate-key")
		c := &payers{at: at{admin, serve("--verbose")}}
		c.set("SUCCESS", c.proof(), firstPIN)
		for _, version := range []string{"1", "2"} {
			next := map[string]string{"1": "2", "2": "3"}[version]
			begun := c.ask()
			for _, kind := range []string{"seal", "pepper", "encrypt"} {
				c.ok("keys", "rotate", kind)
			}
			begun("SUCCESS", firstPIN)
			id := c.gets("SUCCESS", "", "init", payer, "--method", "password", "--id", c.id()).AuthenticationID
			eventually(t, "the new key", func() bool {
				a := c.gets("SUCCESS", "", "trigger", id)
				return a.ChallengeKey != nil && a.ChallengeKey.KeyVersion == next
			})
			c.ask()("SUCCESS", firstPIN) // under the new pepper from here on
			c.ok("keys", "retire", "seal", version)
			c.ok("keys", "retire", "encrypt", version, "--force")
			if out := c.ok("keys", "retire", "pepper", version, "--force"); strings.Contains(out, "lost") {
				t.Error(out)
			}
			c.ask()("SUCCESS", firstPIN)
		}
	})
}
