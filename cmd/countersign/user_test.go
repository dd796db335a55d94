package main

import (
	"strings"
	"testing"
	"time"

	"countersign/pkg/users"
)

// TestUserCommands adds, lists, blocks and removes users, and gives and revokes their tokens.
func TestUserCommands(t *testing.T) {
	onEach(t, func(t *testing.T, c tool) {
		c.ok("client", "add", "acme")
		c.prints([]string{"user", "add", "bob", "--client", "acme", "--number", "+606543216353"},
			"user bob of client acme: added\n")
		var done userDone
		c.in = "token two\n"
		c.json(&done, "user", "add", "+60 12", "--client", "acme", "--number", "1-2025550123", "--token", "one,two",
			"--token-file", "-", "--token-expires", "720h")
		if in := time.Until(done.Expires); done.User != "+60 12" || done.Client != "acme" || done.Done != "added" ||
			done.Tokens != 2 || in < 719*time.Hour || in > 720*time.Hour {
			t.Errorf("add printed %+v", done)
		}
		c.ok("user", "add", "mute", "--client", "acme", "--number", "")
		c.prints([]string{"user", "block", "bob", "--client", "acme"}, "user bob of client acme: blocked")
		c.prints([]string{"user", "list", "--client", "acme"}, `"+60 12"  active   +1******0123   20`,
			"bob       blocked  +60******6353  20", "mute      active                  20")
		var all []users.User
		c.json(&all, "user", "list", "--client", "acme")
		if len(all) != 3 || all[1].ID != "bob" || all[1].Status != "blocked" || all[1].Mask != "+60******6353" ||
			all[1].Number != "sealed" || all[2].Mask != "" {
			t.Errorf("list printed %#v", all)
		}
		c.prints([]string{"user", "unblock", "bob", "--client", "acme"}, "unblocked")
		c.prints([]string{"user", "token", "add", "bob", "--client", "acme", "--token", "x", "--token-expires",
			"2030-01-02T03:04:05+01:00"}, "bob", "(tokens: 1), valid until 2030-01-02T02:04:05Z")
		c.prints([]string{"user", "token", "revoke", "--client", "acme", "--token", "x", "--token", "one,two"},
			"client acme: tokens revoked (tokens: 2)")
		c.prints([]string{"user", "remove", "bob", "--client", "acme"}, "removed")
		if out := c.ok("user", "list", "--client", "acme"); strings.Contains(out, "bob") {
			t.Errorf("list still has the removed user:\n%s", out)
		}
		for _, command := range []string{
			"user block bob", "user unblock bob", "user remove bob", "user token add bob --token y",
			"user token revoke --token x",
		} {
			c.no("not found in ", append(strings.Fields(command), "--client", "acme")...)
		}
	})
}

// TestUserMistakes: an error names the value that is wrong, and the values that are allowed.
func TestUserMistakes(t *testing.T) {
	c := onFolder(t, newFolder(t))
	c.ok("client", "add", "acme")
	const good = "--client acme --number 60-6543216353"
	c.ok(strings.Fields("user add bob --token bobs " + good)...)
	for args, want := range map[string]string{
		"add bob " + good: "already there; user token add gives it tokens; for another number, user remove comes first",
		"add eve --client x --number 60-6543216353":                       `client "x": not found`,
		"add eve --client acme":                                           "--number",
		"add eve --number 60-6543216353":                                  "--client",
		"add eve --client acme --number 0606543216353":                    "60-6543216353",
		"add eve --client acme --number +999":                             "must be a calling code and a number",
		"add eve --token-expires soon " + good:                            "720h",
		"add eve --token-expires=-1h " + good:                             "above 0",
		"add eve --token-file nowhere " + good:                            "--token-file: the file cannot be read",
		"add amy --token bobs " + good:                                    "the user is added, but",
		"token add bob --client acme":                                     "--token-file",
		"token add bob --client acme --token " + strings.Repeat("x", 129): "129 characters",
		"token revoke --client acme":                                      "--token-file",
		"list --client x":                                                 `client "x": not found`,
	} {
		c.no(want, append([]string{"user"}, strings.Fields(args)...)...)
	}
	c.no("the token of another user", "user", "token", "add", "amy", "--client", "acme", "--token", "bobs")
	c.no("without spaces", "user", "add", "eve", "--client", "acme", "--number", "+60 6543216353")
	c.no("control character", "user", "add", "a\tb", "--client", "acme", "--number", "60-6543216353")
}

// TestUsersOnServer: a change of a user works at once on a running server.
func TestUsersOnServer(t *testing.T) {
	t.Parallel() // it waits for the server's caches
	p := serveOn(t, newFolder(t))
	c := onFolder(t, p.data)
	c.ok("client", "add", "acme", "--country", "MY", "--generate-key")
	expect := func(want, token string) {
		t.Helper()
		out, faults, _ := c.run("call", "users-init", token, "--client", "acme", "--url", p.url)
		if !strings.Contains(out, `"resultCode":"`+want+`"`) {
			t.Errorf("%s answered %s%s, want %s", token, out, faults, want)
		}
	}
	expect("INVALID_ACCESS_TOKEN", "token-1")
	c.ok("user", "add", "bob", "--client", "acme", "--number", "+606543216353", "--token", "token-1", "--token",
		"token-2")
	c.ok("user", "add", "amy", "--client", "acme", "--number", "60-6543216354")
	c.in = "token-3\n"
	c.ok("user", "token", "add", "amy", "--client", "acme", "--token-file", "-")
	expect("SUCCESS", "token-1")
	expect("SUCCESS", "-")
	if len(p.messages("+606543216353")) != 1 || len(p.messages("+606543216354")) != 1 {
		t.Errorf("messages %+v", p.messages(""))
	}
	c.ok("user", "block", "bob", "--client", "acme")
	expect("USER_STATUS_ABNORMAL", "token-2")
	c.ok("user", "unblock", "bob", "--client", "acme")
	expect("TIMES_EXCEED_LIMIT", "token-2")
	c.ok("user", "token", "revoke", "--client", "acme", "--token", "token-1")
	expect("INVALID_ACCESS_TOKEN", "token-1")
	// 5 s are longer than a slow machine takes to start the command.
	c.ok("user", "token", "add", "bob", "--client", "acme", "--token", "token-2", "--token-expires", "5s")
	at{c, p}.until("INVALID_ACCESS_TOKEN", "users-init", "token-2", "--client", "acme")
	c.ok("user", "remove", "amy", "--client", "acme")
	expect("USER_NOT_EXIST", "-")
}

// A wallet token that somebody who reads the table could find by trying is noted, without the token.
func TestShortTokens(t *testing.T) {
	c := onFolder(t, newFolder(t))
	c.ok("client", "add", "acme")
	c.ok("user", "add", "bob", "--client", "acme", "--number", "")
	for token, noted := range map[string]bool{
		"1234": true, "0123456789abcdefghi": true, "0123456789abcdefghij": false,
	} {
		_, faults, code := c.run("user", "token", "add", "bob", "--client", "acme", "--token", token)
		if code != 0 || strings.Contains(faults, "by trying") != noted || strings.Contains(faults, token) {
			t.Errorf("%d characters: exit %d, %q", len(token), code, faults)
		}
	}
}
