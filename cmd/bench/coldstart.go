package main

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"sync"
	"time"

	"countersign/pkg/dynamostore/engine"
	"countersign/pkg/standin"
)

// coldRounds is how often each function is started; medians are told.
const coldRounds = 30

// start is one function's cold starts.
type start struct {
	Function string
	Target   string        // what is aimed at, as ratios to the first function
	Next     time.Duration // process start to the first GET next
	Answer   time.Duration // process start to the first answer
	Size     int           // of the binary, in bytes
	Zip      int           // of the package that Lambda gets
	Inits    []share       // of its packages, the largest first
	InitSum  time.Duration // of them all

	event  []byte
	want   string // in its answer
	replay *replay
	server *httptest.Server
	next   []time.Duration
	answer []time.Duration
}

// coldStarts starts the real binaries in turn, one after the other in each round,
// so that what disturbs the machine disturbs them all alike.
func coldStarts(dir string) ([]*start, error) {
	c, err := newScene(dir)
	if err != nil {
		return nil, errors.Join(err, c.close())
	}
	all, err := c.starts()
	for range coldRounds {
		for _, s := range all {
			if err == nil {
				err = s.once(c)
			}
		}
	}
	if err := errors.Join(err, c.close()); err != nil {
		return nil, err
	}
	for _, s := range all {
		s.Next, s.Answer = median(s.next), median(s.answer)
		s.Inits, s.InitSum = inits(s.binary(dir))
	}
	return all, nil
}

func median(all []time.Duration) time.Duration {
	slices.Sort(all)
	return all[len(all)/2]
}

// scene is what the functions meet.
type scene struct {
	dir      string
	runtime  *standin.Runtime
	services *standin.Services
	all      []*start

	mu   sync.Mutex
	code string // of the last message
}

func newScene(dir string) (c *scene, err error) {
	c = &scene{dir: dir}
	binary, err := engine.Path(".")
	if err != nil && os.Getenv("DYNAMODB_ENDPOINT") == "" {
		return c, err
	}
	data, err := os.MkdirTemp(dir, "data")
	if err != nil {
		return c, err
	}
	c.services, err = standin.StartServices(context.Background(), standin.Options{
		Data: data, Engine: binary, DynamoDB: os.Getenv("DYNAMODB_ENDPOINT"), Now: time.Now, Sent: c.sent,
	})
	if err != nil {
		return c, err
	}
	c.runtime, err = standin.Listen(time.Now)
	return c, err
}

func (c *scene) close() (err error) {
	for _, s := range c.all {
		s.server.Close()
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

// starts builds the functions, lets each answer once on the engine, and keeps what
// the engine said. Verify comes after init, whose code it gets.
func (c *scene) starts() ([]*start, error) {
	for _, s := range []*start{
		{Function: "hello", want: `"hello"`},
		{Function: "floor", want: `"floor"`},
		{Function: "init", Target: "2.0, 2.5", want: `SUCCESS`},
		{Function: "verify", Target: "1.7, 2.0", want: `\"isPassed\":true`},
		{Function: "otp", Target: "2.0, 2.5", want: `{\"code\":\"0\"`},
		{Function: "cognito", want: `"challengeName":"CUSTOM_CHALLENGE"`},
		{Function: "changes", want: `{"batchItemFailures":null}`},
	} {
		if err := c.prepare(s); err != nil {
			return nil, fmt.Errorf("cold start of %s: %w", s.Function, err)
		}
	}
	return c.all, nil
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
	if err := s.build(c.dir); err != nil {
		return err
	}
	err = s.once(c)
	s.next, s.answer = nil, nil
	s.replay.play()
	return err
}

func (s *start) binary(dir string) string { return filepath.Join(dir, s.Function) }

// build makes the binary, weighs it and its package, and unpacks that as Lambda
// does: the linker leaves a file in smaller pieces of memory, which start slower.
func (s *start) build(dir string) error {
	pkg := "./functions/" + s.Function
	if _, ok := events[s.Function]; !ok {
		pkg = "./cmd/bench/" + s.Function
	}
	if err := standin.Build(".", s.binary(dir), pkg); err != nil {
		return err
	}
	text, err := os.ReadFile(s.binary(dir))
	if err != nil {
		return err
	}
	var packed bytes.Buffer
	z := zip.NewWriter(&packed)
	w, err := z.Create("bootstrap")
	if err == nil {
		_, err = w.Write(text)
	}
	err = errors.Join(err, z.Close(), os.Remove(s.binary(dir)))
	s.Size, s.Zip = len(text), packed.Len()
	return errors.Join(err, os.WriteFile(s.binary(dir), text, 0o755))
}

// environment is what the function is told.
func (s *start) environment(c *scene) []string {
	var env []string
	for _, set := range []map[string]string{standin.Settings(), c.services.Environment} {
		for name, value := range set {
			env = append(env, name+"="+value)
		}
	}
	return append(env, "AWS_ENDPOINT_URL_DYNAMODB="+s.server.URL)
}

// once starts the function, and ends it after its first answer.
func (s *start) once(c *scene) (err error) {
	s.replay.rewind()
	env := s.environment(c)
	ctx, cancel := context.WithTimeout(context.Background(), standin.Timeout)
	defer cancel()
	var log bytes.Buffer
	begin := time.Now()
	p, err := c.runtime.Start(s.Function, s.binary(c.dir), env, &log)
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
	s.next, s.answer = append(s.next, next), append(s.answer, time.Since(begin))
	if answer.Failed || !bytes.Contains(answer.Body, []byte(s.want)) {
		return fmt.Errorf("answered %s, want %s", answer.Body, s.want)
	}
	return nil
}
