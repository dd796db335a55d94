package main

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"sync"
	"time"

	"countersign/pkg/dynamostore/engine"
	"countersign/pkg/standin"
)

// coldRounds is how often each function is started, the flag -starts. The report has medians.
var coldRounds = 30

// start is one function's cold starts.
type start struct {
	Function string
	Before   bool    // built from the checkout that -before names
	Target   string  // ratios to the first function that are aimed at
	Near     times   // with the services on loopback
	Far      times   // with the services at a distance
	Size     int     // of the binary, in bytes
	Zip      int     // of the package that Lambda gets
	Inits    []share // of its packages, the largest first

	event  []byte
	want   string // in its answer
	replay *replay
	server *httptest.Server
	far    string // the replay's URL at a distance
	scene  *scene
}

// times has one value for each cold start of a function, from the start of the process.
type times struct {
	next   []time.Duration // to the first GET next
	answer []time.Duration // to the first answer
}

// Next returns the median time to the first GET next.
func (t times) Next() time.Duration { return median(t.next) }

// Answer returns the median time to the first answer.
func (t times) Answer() time.Duration { return median(t.answer) }

// coldStarts starts the real binaries in turn, one after the other in each round, so that a disturbance of the machine
// disturbs them all alike. before is the folder of another checkout, whose init and verify take part; "" is none.
func coldStarts(dir, before string) (all []*start, err error) {
	for _, root := range []string{".", before} {
		if root == "" {
			continue
		}
		c, err := newScene(dir, root)
		defer c.close()
		if err != nil {
			return nil, err
		}
		if err := c.starts(); err != nil {
			return nil, err
		}
		all = append(all, c.all...)
	}
	for range coldRounds {
		for _, s := range all {
			err := s.once(false)
			if err == nil && s.answersFromAfar() {
				err = s.once(true)
			}
			if err != nil {
				return nil, err
			}
		}
	}
	for _, s := range all {
		s.Inits = inits(s.binary())
	}
	return all, nil
}

func median(all []time.Duration) time.Duration {
	slices.Sort(all)
	return all[len(all)/2]
}

// scene has the functions of one checkout, and the services that they meet.
type scene struct {
	root     string // the folder of the checkout
	dir      string
	runtime  *standin.Runtime
	services *standin.Services
	distance *distance
	far      map[string]string // by variable: URLs of the services at a distance
	all      []*start

	mu   sync.Mutex
	code string // of the last message
}

func newScene(dir, root string) (c *scene, err error) {
	c = &scene{root: root, far: map[string]string{}}
	if c.dir, err = os.MkdirTemp(dir, "scene"); err != nil {
		return c, err
	}
	binary, err := engine.Path(".")
	if err != nil && os.Getenv("DYNAMODB_ENDPOINT") == "" {
		return c, err
	}
	c.services, err = standin.StartServices(context.Background(), standin.Options{
		Data: c.dir, Engine: binary, DynamoDB: os.Getenv("DYNAMODB_ENDPOINT"), Now: time.Now, Rand: rand.Reader,
		Sent: c.sent,
	})
	if err != nil {
		return c, err
	}
	if root != "." {
		err := errors.Join(putDemoBefore(context.Background(), c.services), keysBefore(c.dir))
		if err != nil {
			return c, err
		}
	}
	if c.distance, err = newDistance(c.dir); err != nil {
		return c, err
	}
	for variable, near := range c.services.Environment {
		at, err := url.Parse(near)
		if err != nil {
			return c, err
		}
		if c.far[variable], err = c.distance.serve(httputil.NewSingleHostReverseProxy(at)); err != nil {
			return c, err
		}
	}
	c.runtime, err = standin.Listen(time.Now)
	return c, err
}

func (c *scene) close() (err error) {
	for _, s := range c.all {
		s.server.Close()
	}
	if c.distance != nil {
		c.distance.close()
	}
	if c.runtime != nil {
		err = c.runtime.Close()
	}
	if c.services != nil {
		err = errors.Join(err, c.services.Close())
	}
	return err
}

var digits = regexp.MustCompile(`\b[0-9]{6}\b`)

func (c *scene) sent(_, message string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.code = digits.FindString(message)
}

// starts builds the functions, lets each answer once on the engine, and keeps the answers of the engine. Verify comes
// after init, because it gets the code of init.
func (c *scene) starts() error {
	functions := []*start{
		{Function: "hello", want: `"hello"`},
		{Function: "floor", want: `"floor"`},
		{Function: "init", Target: "2.0, 2.5", want: `SUCCESS`},
		{Function: "verify", Target: "1.7, 2.0", want: `\"isPassed\":true`},
		{Function: "otp", Target: "2.0, 2.5", want: `{\"code\":\"0\"`},
		{Function: "cognito", want: `"challengeName":"CUSTOM_CHALLENGE"`},
		{Function: "changes", want: `{"batchItemFailures":null}`},
	}
	if c.root != "." {
		functions = []*start{
			{Function: "init", Before: true, want: `SUCCESS`},
			{Function: "verify", Before: true, want: `\"isPassed\":true`},
		}
	}
	for _, s := range functions {
		s.scene = c
		if err := c.prepare(s); err != nil {
			return fmt.Errorf("cold start of %s: %w", s.Function, err)
		}
	}
	return nil
}

// events are what the functions are sent, of the samples in events/.
var events = map[string]string{
	"init": "init-http-api.json", "verify": "verify-http-api-right.json", "otp": "otp-http-api-send.json",
	"cognito": "cognito-define-begin.json", "changes": "streams/changes-passed.json",
}

var codeInBody = regexp.MustCompile(`(authenticationValue\\":\\")[0-9]+`)

func (c *scene) prepare(s *start) (err error) {
	s.event = []byte(`false`)
	if name, ok := events[s.Function]; ok {
		if s.event, err = os.ReadFile(filepath.Join("events", name)); err != nil {
			return err
		}
	}
	s.event = codeInBody.ReplaceAll(s.event, []byte("${1}"+c.code))
	s.replay = &replay{engine: c.services.Environment["AWS_ENDPOINT_URL_DYNAMODB"], kept: map[string][]kept{}}
	s.server = httptest.NewServer(s.replay)
	c.all = append(c.all, s)
	if s.far, err = c.distance.serve(s.replay); err != nil {
		return err
	}
	if err := s.build(c.root); err != nil {
		return err
	}
	err = s.once(false)
	s.Near = times{}
	s.replay.play()
	return err
}

func (s *start) binary() string { return filepath.Join(s.scene.dir, s.Function) }

// build makes the binary, weighs it and its package, and unpacks that as Lambda
// does: the linker leaves a file in smaller pieces of memory, which start slower.
func (s *start) build(root string) error {
	pkg := "./functions/" + s.Function
	if _, ok := events[s.Function]; !ok {
		pkg = "./cmd/bench/" + s.Function
	}
	if err := standin.Build(root, s.binary(), pkg); err != nil {
		return err
	}
	text, err := os.ReadFile(s.binary())
	if err != nil {
		return err
	}
	var packed bytes.Buffer
	z := zip.NewWriter(&packed)
	w, err := z.Create("bootstrap")
	if err == nil {
		_, err = w.Write(text)
	}
	err = errors.Join(err, z.Close(), os.Remove(s.binary()))
	s.Size, s.Zip = len(text), packed.Len()
	return errors.Join(err, os.WriteFile(s.binary(), text, 0o755))
}

// answersFromAfar reports whether the function is started with its services at a distance too: those that people wait
// for, and the floor.
func (s *start) answersFromAfar() bool {
	return slices.Contains([]string{"floor", "init", "verify", "otp"}, s.Function)
}

// environment has the variables of the function, with the services on loopback or at a distance.
func (s *start) environment(far bool) (env []string) {
	services, table := s.scene.services.Environment, s.server.URL
	if far {
		services, table = s.scene.far, s.far
	}
	for _, set := range []map[string]string{standin.Settings(), services} {
		for name, value := range set {
			env = append(env, name+"="+value)
		}
	}
	roots := s.scene.distance.roots
	return append(env, "AWS_ENDPOINT_URL_DYNAMODB="+table, "SSL_CERT_FILE="+roots, "SSL_CERT_DIR=/nonexistent")
}

// once starts the function, and ends it after its first answer.
func (s *start) once(far bool) (err error) {
	c := s.scene
	s.replay.rewind()
	env := s.environment(far)
	ctx, cancel := context.WithTimeout(context.Background(), standin.Timeout)
	defer cancel()
	var log bytes.Buffer
	begin := time.Now()
	p, err := c.runtime.Start(s.Function, s.binary(), env, &log)
	if err != nil {
		return err
	}
	defer func() {
		if err = errors.Join(err, p.Stop()); err != nil {
			err = fmt.Errorf("%s: %w\n%s", s.Function, err, log.Bytes())
		}
	}()
	if err := p.Ready(ctx); err != nil {
		return err
	}
	next := time.Since(begin)
	answer, err := p.Invoke(ctx, s.event)
	if err != nil {
		return err
	}
	took := &s.Near
	if far {
		took = &s.Far
	}
	took.next, took.answer = append(took.next, next), append(took.answer, time.Since(begin))
	if answer.Failed || !bytes.Contains(answer.Body, []byte(s.want)) {
		return fmt.Errorf("answered %s, want %s", answer.Body, s.want)
	}
	return nil
}
