package main

import (
	"strings"
	"testing"
	"time"

	"countersign/pkg/password"
)

// TestPasswordCommands sets, shows, unlocks and clears passwords, by the user and by the number.
func TestPasswordCommands(t *testing.T) {
	onEach(t, func(t *testing.T, c tool) {
		c.ok("client", "add", "acme")
		c.ok("user", "add", "bob", "--client", "acme", "--number", "+606543216353")
		c.prints([]string{"user", "password", "show", "bob", "--client", "acme"},
			"user bob of client acme: no passwords\n")
		c.in = "482915\n"
		c.prints([]string{"user", "password", "set", "bob", "--client", "acme", "--kind", "payment"},
			"payment password of user bob of client acme: set\n")
		c.in = "correct horse"
		var done passwordDone
		c.json(&done, "user", "password", "set", "--client", "acme", "--number", "60-6543216353", "--kind", "login")
		if done != (passwordDone{"acme", "", "+60******6353", password.Login, "set"}) {
			t.Errorf("set printed %+v", done)
		}
		var shown passwordsShown
		c.json(&shown, "user", "password", "show", "bob", "--client", "acme")
		if all := shown.Passwords; len(all) != 2 || all[0].Kind != password.Payment || all[1].Kind != password.Login ||
			time.Since(all[1].Set) > time.Minute || shown.Number != "+60******6353" || shown.User != "bob" {
			t.Errorf("show printed %+v", shown)
		}
		c.prints([]string{"user", "password", "show", "bob", "--client", "acme"},
			"KIND     SET                   WRONG GUESSES  LOCKED UNTIL\npayment  20",
			"Z  0              -\nlogin    20")
		c.prints([]string{"user", "password", "unlock", "bob", "--client", "acme", "--kind", "payment"}, ": unlocked")
		c.prints([]string{"user", "password", "clear", "bob", "--client", "acme", "--kind", "login"}, ": removed")
		for _, command := range []string{"clear", "unlock"} {
			c.no("user bob of client acme has no login password",
				"user", "password", command, "bob", "--client", "acme", "--kind", "login")
		}
		c.ok("user", "remove", "bob", "--client", "acme")
		shown = passwordsShown{}
		c.json(&shown, "user", "password", "show", "--number", "+60 6543-216353", "--client", "acme")
		if len(shown.Passwords) != 0 {
			t.Errorf("after the user was removed: %+v", shown)
		}
	})
}

// TestPasswordMistakes: an error names the rule, and neither the password nor the number.
func TestPasswordMistakes(t *testing.T) {
	c := onFolder(t, newFolder(t))
	c.ok("client", "add", "acme")
	c.ok("user", "add", "bob", "--client", "acme", "--number", "60-6543216353")
	c.ok("user", "add", "mute", "--client", "acme", "--number", "")
	for _, wrong := range []struct{ kind, typed, want string }{
		{"payment", "", "the payment password must be 4 to 8 digits"},
		{"payment", "123", "must be 4 to 8 digits"}, {"payment", "48291x", "must be 4 to 8 digits"},
		{"payment", "482915 ", "must be 4 to 8 digits"}, {"payment", "482915\n482915", "must be 4 to 8 digits"},
		{"payment", "777777", "one character again and again"}, {"payment", "345678", "a run up or down"},
		{"payment", "216353", "digits of the number"}, {"payment", "159753", "one of the commonest"},
		{"login", "", "the login password must be 8 to 64 characters"},
		{"login", "short", "must be 8 to 64 characters"},
		{"login", "PassWord1", "one of the commonest"}, {"login", "tab\tinside", "none of them a control character"},
		{"login", "\xffbroken text", "must be 8 to 64 characters"},
	} {
		c.in = wrong.typed
		args := []string{"user", "password", "set", "bob", "--client", "acme", "--kind", wrong.kind}
		c.no(wrong.want, args...)
		_, faults, _ := c.run(args...)
		if len(wrong.typed) > 3 && strings.Contains(faults, wrong.typed) {
			t.Errorf("%q is in %q", wrong.typed, faults)
		}
	}
	c.in = "482915"
	for args, want := range map[string]string{
		"set --client acme --kind payment":                          "give the user's id, or --number",
		"set bob --client acme --kind payment --number 60-65432163": "give the user's id, or --number",
		"set bob --client acme":                                     "--kind",
		"set bob --client acme --kind pin":                          `must be one of "payment","login"`,
		"set bob --client x --kind payment":                         `client "x": not found`,
		"set eve --client acme --kind payment":                      `user "eve" of client "acme": not found`,
		"set mute --client acme --kind payment":                     "user mute has no possible number",
		"show --client acme --number 0654321635":                    "the number is not possible",
		"show --client x --number 60-6543216353":                    `client "x": not found`,
		"set bob 482915 --client acme --kind payment":               "unexpected argument",
	} {
		c.no(want, append([]string{"user", "password"}, strings.Fields(args)...)...)
	}
	c.ok("user", "block", "bob", "--client", "acme")
	for _, whose := range []string{"bob", "--number=60-6543216353"} {
		c.no("is blocked, and nothing is set: user unblock", "user", "password", "set", whose, "--client", "acme",
			"--kind", "payment")
	}
}

// TestPasswordShowUnusable: show prints why no guess passes, as the log line has it, and who is blocked.
func TestPasswordShowUnusable(t *testing.T) {
	onEach(t, func(t *testing.T, c tool) {
		c.ok("client", "add", "acme")
		c.ok("user", "add", "bob", "--client", "acme", "--number", "+606543216353")
		c.in = "482915\n"
		c.ok("user", "password", "set", "--client", "acme", "--number", "+606543216353", "--kind", "payment")
		show := []string{"user", "password", "show", "--client", "acme", "--number", "+606543216353"}
		var shown passwordsShown
		if c.json(&shown, show...); shown.Passwords[0].Unusable != "" {
			t.Errorf("show printed %+v", shown)
		}
		c.ok("user", "block", "bob", "--client", "acme")
		c.prints(show, "payment: no guess passes, because the user of the number is blocked: user bob\n")
		c.ok("user", "unblock", "bob", "--client", "acme")
		c.ok("keys", "rotate", "pepper")
		c.ok("keys", "retire", "pepper", "1", "--force")
		c.prints(show,
			"payment: no guess passes, because the password is under pepper 1, which the keyring does not have\n")
	})
}
