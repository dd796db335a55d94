package main

import (
	"context"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestRefusesToStart: wrong flags, settings and files end serve with an error that names them.
func TestRefusesToStart(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	damaged := filepath.Dir(write(t, "countersign.db", strings.Repeat("no database", 1000)))
	empty := filepath.Dir(write(t, "keys.json", ""))
	const credentials = "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or give an endpoint; for those of a profile " +
		"or SSO: eval \"$(aws configure export-credentials --format env)\""
	for name, c := range map[string]struct {
		args string // separated by spaces
		env  string
		want string
	}{
		"every interface":  {"--listen :0", "", "--allow-remote"},
		"another machine":  {"--listen 0.0.0.0:0", "", "--allow-remote"},
		"a name":           {"--listen example.com:0", "", "--allow-remote"},
		"no port":          {"--listen 127.0.0.1", "", "HOST:PORT"},
		"no such store":    {"--store redis", "", "sqlite"},
		"no such receipts": {"", "COUNTERSIGN_OUTBOX_RECEIPTS=pigeon", "--receipts pigeon: must be one of delivered, "},
		"no use for it":    {"--dynamodb-endpoint http://127.0.0.1:1", "", "--store dynamodb"},
		"inside Lambda":    {"", "AWS_LAMBDA_FUNCTION_NAME=init", "Lambda"},
		"too many guesses": {"", "COUNTERSIGN_ATTEMPTS=9", "COUNTERSIGN_ATTEMPTS is 9, must be 1 to 5"},
		"a long brand":     {"", "COUNTERSIGN_BRAND=" + strings.Repeat("b", 160), "COUNTERSIGN_BRAND"},
		"DynamoDB nowhere": {"--store dynamodb", "", credentials},
		"no endpoint": {"--store dynamodb --dynamodb-endpoint 127.0.0.1:1", "",
			"--dynamodb-endpoint 127.0.0.1:1: must be http://HOST:PORT"},
		"no engine": {"--store dynamodb --dynamodb-endpoint http://127.0.0.1:1", "",
			"is an engine running at http://127.0.0.1:1?"},
		"no country": {"", "COUNTERSIGN_COUNTRIES=MY,UK",
			`COUNTERSIGN_COUNTRIES: "UK" is no ISO 3166-1 code: the United Kingdom is "GB"`},
		"no such sender": {"", "COUNTERSIGN_SENDER=pigeon", `COUNTERSIGN_SENDER is "pigeon", must be one of: `},
		"a port in use":  {"--listen " + taken.Addr().String(), "", "take another with --listen 127.0.0.1:0"},
		"a damaged store": {"--data " + damaged, "",
			"countersign.db: sqlite: prepare: file is not a database; the file is damaged"},
		"an empty keyring": {"--data " + empty, "", "restore it from a copy, or delete its folder to start anew"},
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute) // for a server that starts
			defer cancel()
			args := append([]string{"serve", "--data", t.TempDir()}, strings.Fields(c.args)...)
			cmd := exec.CommandContext(ctx, binary, args...)
			cmd.Env = append(environment(), c.env)
			text, err := cmd.CombinedOutput()
			if err == nil || !strings.Contains(string(text), c.want) {
				t.Errorf("ended with %v\n%s\nwant an error with %q", err, text, c.want)
			}
		})
	}
}

// A server whose keyring was lost makes another one, and warns of what the old one is needed for.
func TestLostKeyring(t *testing.T) {
	data := newFolder(t)
	const warning = "the folder has a database and no keyring"
	for _, lost := range []bool{false, false, true, false} {
		if lost {
			if err := os.Remove(filepath.Join(data, "keys.json")); err != nil {
				t.Fatal(err)
			}
		}
		p := serveOn(t, data)
		if err := p.end(syscall.SIGTERM); err != nil {
			t.Fatal(err)
		}
		if got := strings.Contains(p.out.String(), warning); got != lost {
			t.Errorf("keyring lost: %v, warned: %v\n%s", lost, got, p.out.String())
		}
	}
}

// TestAllowRemote: a server that others reach starts with --allow-remote.
func TestAllowRemote(t *testing.T) {
	p := serveOn(t, newFolder(t), "--listen", "0.0.0.0:0", "--allow-remote") // the later --listen counts
	if got := code(t, p.post(verifyPath, verifyBody("none", "123456"))); got != "AUTHENTICATION_REQUEST_ID_INVALID" {
		t.Error(got)
	}
}
