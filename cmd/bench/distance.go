package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"
)

// roundTrip is the time of a round trip to a service of the same region.
const roundTrip = 2 * time.Millisecond

// distance serves the stand-ins as AWS serves its services: over TLS, and at the distance of a [roundTrip]. A first
// request takes three of them (the handshakes of TCP and of TLS 1.3, and the request), a further one on the same
// connection one.
type distance struct {
	config *tls.Config
	roots  string // the file for SSL_CERT_FILE
	ends   []func() error
}

// newDistance makes a certificate for 127.0.0.1, and puts it into a file of dir for the functions to trust.
func newDistance(dir string) (*distance, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return nil, err
	}
	d := &distance{
		config: &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}},
		roots:  filepath.Join(dir, "roots.pem"),
	}
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	return d, os.WriteFile(d.roots, text, 0o600)
}

// serve serves h at a distance, and returns its URL.
func (d *distance) serve(h http.Handler) (url string, err error) {
	near, err := tls.Listen("tcp", "127.0.0.1:0", d.config)
	if err != nil {
		return "", err
	}
	silent := slog.NewLogLogger(slog.DiscardHandler, slog.LevelInfo) // functions end before they use all connections
	server := &http.Server{Handler: h, ReadHeaderTimeout: time.Minute, ErrorLog: silent}
	go server.Serve(near)
	far, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	d.ends = append(d.ends, server.Close, far.Close)
	go func() {
		for {
			client, err := far.Accept()
			if err != nil {
				return
			}
			go relay(client, near.Addr().String())
		}
	}()
	return "https://" + far.Addr().String(), nil
}

func (d *distance) close() {
	for _, end := range d.ends {
		end()
	}
}

// relay hands a connection on, each way with half a round trip of delay. On loopback the handshake of TCP takes no
// time, so that its round trip comes before the first byte of the client.
func relay(client net.Conn, to string) {
	begin := time.Now().Add(roundTrip)
	server, err := net.Dial("tcp", to)
	if err != nil {
		client.Close()
		return
	}
	go delay(server, client, begin)
	go delay(client, server, begin)
}

// delay copies from src to dst. Each piece arrives half a round trip after it was sent, and none was sent before begin.
func delay(dst, src net.Conn, begin time.Time) {
	type piece struct {
		due   time.Time
		bytes []byte
	}
	pieces := make(chan piece, 1024)
	go func() {
		defer close(pieces)
		for {
			b := make([]byte, 32<<10)
			n, err := src.Read(b)
			sent := time.Now()
			if sent.Before(begin) {
				sent = begin
			}
			if n > 0 {
				pieces <- piece{sent.Add(roundTrip / 2), b[:n]}
			}
			if err != nil {
				return
			}
		}
	}()
	for p := range pieces {
		time.Sleep(time.Until(p.due))
		if _, err := dst.Write(p.bytes); err != nil {
			break
		}
	}
	dst.Close()
	for range pieces { // the reader must end too
	}
}
