package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"
)

// server is `countersign serve` with a fresh data folder, its clients, and a TLS listener
// in front of it for the SDKs that insist on https.
type server struct {
	folder       string // holds everything below, and is removed after the run
	binary, data string
	log          string // file with its standard error
	process      *exec.Cmd
	url          string // http://127.0.0.1:PORT
	front        front
	publicKey    string                     // checks its AMS answers: base64 of the DER
	keys         map[string]*rsa.PrivateKey // of AMS clients by id
	accessKeys   map[string]string          // of Unimatrix clients by id
	secrets      map[string]string          // of Unimatrix clients in hmac mode by id
	numbers      atomic.Int32
}

const (
	merchant = "acme"
	sandbox  = "SANDBOX_acme" // SDKs choose another path by this prefix

	simpleShop = "simple-shop"
	hmacShop   = "hmac-shop"
	oddShop    = "odd-shop"     // which had its access key and its secret before
	oddKey     = "ak h+m/a:c,0" // each SDK encodes it in its own way
	oddSecret  = "s3cr3tKey/+=for-HMAC"
)

func (s *server) start(ctx context.Context) (err error) {
	if s.folder, err = os.MkdirTemp("", "countersign-clients-"); err != nil {
		return err
	}
	s.binary = filepath.Join(s.folder, "countersign")
	s.data, s.log = filepath.Join(s.folder, "data"), filepath.Join(s.folder, "log")
	build := exec.CommandContext(ctx, "go", "build", "-o", s.binary, "./cmd/countersign")
	if out, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("go build: %w\n%s", err, tail(out))
	}
	if err := s.serve(); err != nil {
		return err
	}
	if err := s.addClients(ctx); err != nil {
		return err
	}
	s.front, err = listenTLS(strings.TrimPrefix(s.url, "http://"), filepath.Join(s.folder, "front.pem"))
	return err
}

// serve starts the server, and waits for its line "ready URL".
func (s *server) serve() error {
	log, err := os.Create(s.log)
	if err != nil {
		return err
	}
	defer log.Close()
	s.process = exec.Command(s.binary, "serve", "--listen", "127.0.0.1:0", "--allow-host", madeUpHost, "--data", s.data)
	s.process.Env = clean(os.Environ())
	s.process.Stderr = log
	stdout, err := s.process.StdoutPipe()
	if err != nil {
		return err
	}
	if err := s.process.Start(); err != nil {
		return err
	}
	lines := bufio.NewScanner(stdout)
	for lines.Scan() {
		if url, ok := strings.CutPrefix(lines.Text(), "ready "); ok {
			s.url = url
			go func() { // the server prints each message
				for lines.Scan() {
				}
			}()
			return nil
		}
	}
	return errors.New("the server ended before it was ready")
}

// stop ends the server, prints its warnings and errors, and removes its folder.
func (s *server) stop() error {
	defer os.RemoveAll(s.folder)
	if s.process == nil || s.process.Process == nil {
		return nil
	}
	defer func() {
		lines, _ := os.ReadFile(s.log)
		for line := range strings.Lines(string(lines)) {
			if !strings.Contains(line, " level=INFO ") {
				fmt.Print("the server: ", line)
			}
		}
	}()
	kill := time.AfterFunc(20*time.Second, func() { s.process.Process.Kill() })
	defer kill.Stop()
	s.process.Process.Signal(os.Interrupt)
	if err := s.process.Wait(); err != nil {
		return fmt.Errorf("the server did not end after an interrupt: %w", err)
	}
	return nil
}

// addClients adds the clients while the server runs, as an operator does.
func (s *server) addClients(ctx context.Context) error {
	s.keys, s.secrets = map[string]*rsa.PrivateKey{}, map[string]string{oddShop: oddSecret}
	s.accessKeys = map[string]string{oddShop: oddKey}
	key, secret := filepath.Join(s.folder, "access-key"), filepath.Join(s.folder, "secret")
	err := errors.Join(os.WriteFile(secret, []byte(oddSecret), 0o600), os.WriteFile(key, []byte(oddKey+"\n"), 0o600))
	if err != nil {
		return err
	}
	for id, flags := range map[string][]string{
		merchant:   {"--generate-key"},
		sandbox:    {"--generate-key"},
		simpleShop: {"--unimatrix", "simple", "--custom-codes"}, // the steps send each field
		hmacShop:   {"--unimatrix", "hmac", "--custom-codes"},
		oddShop:    {"--unimatrix", "hmac", "--hmac-secret-file", secret, "--access-key-file", key},
	} {
		if err := s.addClient(ctx, id, flags); err != nil {
			return err
		}
	}
	return nil
}

func (s *server) addClient(ctx context.Context, id string, flags []string) error {
	out, err := s.administer(ctx, append([]string{"client", "add", id, "--country", "*"}, flags...)...)
	if err != nil {
		return err
	}
	var handover struct {
		PrivateKeyFile, Secret, AccessKey string
		ServerKeys                        []struct{ PublicKey string }
	}
	if err := json.Unmarshal(out, &handover); err != nil {
		return err
	}
	if handover.Secret != "" {
		s.secrets[id] = handover.Secret
	}
	if handover.AccessKey != "" {
		s.accessKeys[id] = handover.AccessKey
	}
	if handover.PrivateKeyFile == "" {
		return nil
	}
	if len(handover.ServerKeys) != 1 {
		return fmt.Errorf("client add printed %d keys of the service, expected 1", len(handover.ServerKeys))
	}
	s.publicKey = bare(handover.ServerKeys[0].PublicKey)
	s.keys[id], err = readKey(handover.PrivateKeyFile)
	return err
}

// administer runs a command of countersign on the data of the running server.
func (s *server) administer(ctx context.Context, args ...string) ([]byte, error) {
	c := exec.CommandContext(ctx, s.binary, append(args, "--data", s.data, "--json")...)
	c.Env = clean(os.Environ())
	var stderr bytes.Buffer
	c.Stderr = &stderr
	out, err := c.Output()
	if err != nil {
		return nil, fmt.Errorf("countersign %s: %w\n%s", strings.Join(args, " "), err, tail(stderr.Bytes()))
	}
	return out, nil
}

func readKey(file string) (*rsa.PrivateKey, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	block, _ := pem.Decode(text)
	if block == nil {
		return nil, fmt.Errorf("%s has no PEM block", file)
	}
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, err
	}
	return key.(*rsa.PrivateKey), nil
}

// bare returns PEM as the SDKs take it: in one line, without the first and last one.
func bare(text string) string {
	var kept string
	for line := range strings.Lines(text) {
		if !strings.HasPrefix(line, "-----") {
			kept += strings.TrimSpace(line)
		}
	}
	return kept
}

// number returns a number that no other step uses, as each number has its own limits.
func (s *server) number() (countryCode, national string) {
	return "60", fmt.Sprintf("654%07d", s.numbers.Add(1))
}

// code returns the code of the last message to a number, or "" if there is none.
func (s *server) code(to string) string {
	res, err := http.Get(s.url + "/_dev/messages?to=" + url.QueryEscape(to))
	if err != nil {
		return ""
	}
	defer res.Body.Close()
	var messages []struct{ Code string }
	if json.NewDecoder(res.Body).Decode(&messages) != nil || len(messages) == 0 {
		return ""
	}
	return messages[0].Code
}

// wrong returns another code of the same length.
func wrong(code string) string {
	if code == "" {
		return ""
	}
	return string('0'+(code[0]-'0'+1)%10) + code[1:]
}
