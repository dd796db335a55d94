package standin

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"go.yaml.in/yaml/v4"

	"countersign/pkg/filetest"
)

// Each function has its timeout of template.yaml here.
func TestTimeouts(t *testing.T) {
	text := filetest.Read(t, "../../template.yaml")
	type settings struct {
		CodeUri string `yaml:"CodeUri"`
		Timeout int    `yaml:"Timeout"` // in seconds
	}
	var template struct {
		Globals struct {
			Function settings `yaml:"Function"`
		} `yaml:"Globals"`
		Resources map[string]struct {
			Type       string   `yaml:"Type"`
			Properties settings `yaml:"Properties"`
		} `yaml:"Resources"`
	}
	if err := yaml.Unmarshal(text, &template); err != nil {
		t.Fatal(err)
	}
	if got := time.Duration(template.Globals.Function.Timeout) * time.Second; got != Timeout {
		t.Errorf("other functions have %v here, and %v in template.yaml", Timeout, got)
	}
	var own, all int
	for name, r := range template.Resources {
		if r.Type != "AWS::Serverless::Function" {
			continue
		}
		all++
		function, want := filepath.Base(r.Properties.CodeUri), Timeout
		if r.Properties.Timeout != 0 {
			own++
			want = time.Duration(r.Properties.Timeout) * time.Second
		}
		if got := newFunction(function, time.Now).timeout; got != want {
			t.Errorf("%s has %v here, and %s has %v in template.yaml", function, got, name, want)
		}
	}
	if all < 5 || own != len(timeouts) {
		t.Errorf("template.yaml has %d functions, %d with a timeout of their own, want %d", all, own, len(timeouts))
	}
}

// The wait for a start, and for an answer, is as long as Lambda's. Time is virtual.
func TestPatience(t *testing.T) {
	for name, want := range map[string]time.Duration{"init": 10 * time.Second, "changes": time.Minute,
		"cognito": 5 * time.Second} {
		synctest.Test(t, func(t *testing.T) {
			p := &Process{function: newFunction(name, time.Now)}
			begin := time.Now()
			if err := p.Ready(t.Context()); err == nil || !strings.Contains(err.Error(), "10s") ||
				time.Since(begin) != 10*time.Second {
				t.Errorf("%s: start: %v after %v", name, err, time.Since(begin))
			}
			w := httptest.NewRecorder()
			go func() {
				time.Sleep(time.Hour) // the time of an event begins when it is taken
				begin = time.Now()
				p.function.next(w, httptest.NewRequest("GET", "/", nil))
			}()
			_, err := p.Invoke(t.Context(), []byte("{}"))
			if err == nil || !strings.Contains(err.Error(), want.String()) || time.Since(begin) != want {
				t.Errorf("%s: event: %v after %v, want %v", name, err, time.Since(begin), want)
			}
			synctest.Wait()
			deadline := fmt.Sprint(begin.Add(want).UnixMilli())
			if got := w.Header().Get("Lambda-Runtime-Deadline-Ms"); got != deadline {
				t.Errorf("%s: deadline %s, want %s", name, got, deadline)
			}
		})
	}
}

// An answer that a function gave just before it ended is not lost.
func TestLastAnswer(t *testing.T) {
	for range 200 {
		f := newFunction("f", time.Now)
		go func() {
			i := <-f.calls
			i.answer <- Answer{Body: []byte("{}")}
			close(f.ended)
		}()
		if a, err := f.invoke(t.Context(), nil); err != nil || string(a.Body) != "{}" {
			t.Fatalf("%s %v", a.Body, err)
		}
	}
}

// The answer is the function's first post that was read whole; a larger one than Lambda takes gives an error instead.
func TestPosts(t *testing.T) {
	full := strings.Repeat("x", maxBody)
	type post struct {
		what   string
		body   io.Reader
		status int // 200: nothing was answered
	}
	broken := post{"response", iotest.ErrReader(errors.New("gone")), 200}
	for name, c := range map[string]struct {
		posts  []post
		answer string
		failed bool
	}{
		"the most": {[]post{{"response", strings.NewReader(full), 202}}, full, false},
		"too much": {[]post{{"response", strings.NewReader(full + "x"), 413}, {"error", strings.NewReader("{}"),
			400}}, string(oversize.Body), true},
		"cut short": {[]post{broken, {"response", strings.NewReader("{}"), 202}}, "{}", false},
		"twice": {[]post{{"error", strings.NewReader("{}"), 202}, {"response", strings.NewReader("[]"), 400}},
			"{}", true},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFunction("f", time.Now)
			r := &Runtime{paths: map[string]*function{"f.1": f}}
			go func() {
				i := <-f.calls
				for _, p := range c.posts {
					w := httptest.NewRecorder()
					path := "/f.1/2018-06-01/runtime/invocation/" + i.id + "/" + p.what
					r.ServeHTTP(w, httptest.NewRequest("POST", path, p.body))
					if w.Code != p.status {
						t.Errorf("%s: HTTP %d %s, want %d", p.what, w.Code, w.Body, p.status)
					}
				}
				close(f.ended)
			}()
			a, err := f.invoke(t.Context(), nil)
			if err != nil || string(a.Body) != c.answer || a.Failed != c.failed {
				t.Errorf("%.100s, failed %v, %v", a.Body, a.Failed, err)
			}
			<-f.ended
		})
	}
}

// A request to another host name gets no event: a web page may have a name that leads to this machine.
func TestRuntimeHost(t *testing.T) {
	r, err := Listen(time.Now)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	for host, want := range map[string]int{"attacker.example": http.StatusForbidden, "": http.StatusNotFound} {
		req, err := http.NewRequest("GET", "http://"+r.addr+"/f.1/2018-06-01/runtime/invocation/next", nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Host = host
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != want {
			t.Errorf("host %q: HTTP %d, want %d", host, resp.StatusCode, want)
		}
	}
}

// A request that a stopped process has left behind takes no event of the next process of that name.
func TestSuccessor(t *testing.T) {
	r, err := Listen(time.Now)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	old, err := r.add("f")
	if err != nil {
		t.Fatal(err)
	}
	close(old.ended)
	if _, err := r.add("f"); err != nil {
		t.Fatal(err)
	}
	resp, err := http.Get("http://" + r.address(old) + "/2018-06-01/runtime/invocation/next")
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusNotFound {
		t.Errorf("HTTP %d, want 404", resp.StatusCode)
	}
}

// A process that does not end at SIGTERM is killed.
func TestStopByForce(t *testing.T) {
	r, err := Listen(time.Now)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	binary := filepath.Join(t.TempDir(), "bootstrap")
	const script = "#!/bin/sh\ntrap '' TERM; echo deaf; while :; do sleep 0.05; done\n"
	filetest.Write(t, binary, []byte(script), 0o700)
	said, log := io.Pipe()
	p, err := r.Start("f", binary, nil, log)
	if err != nil {
		t.Fatal(err)
	}
	defer p.cmd.Process.Kill()
	if _, err := io.ReadFull(said, make([]byte, len("deaf\n"))); err != nil {
		t.Fatal(err)
	}
	stopped := make(chan error, 1)
	go func() { stopped <- p.stop(time.Millisecond) }()
	select {
	case err := <-stopped:
		if err == nil || !strings.Contains(err.Error(), "killed") {
			t.Error(err)
		}
	case <-time.After(10 * time.Second):
		t.Error("it lives on")
	}
}
