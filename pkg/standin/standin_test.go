package standin_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambdacontext"

	"countersign/pkg/filetest"
	"countersign/pkg/standin"

	"countersign/pkg/logtest"
)

// TestMain runs the tests. With ROLE set, this binary is the bootstrap of a function that the tests start.
func TestMain(m *testing.M) {
	switch os.Getenv("ROLE") {
	case "":
		os.Exit(m.Run())
	case "function":
		lambda.Start(serve)
	case "init error":
		http.Post(
			"http://"+os.Getenv("AWS_LAMBDA_RUNTIME_API")+"/2018-06-01/runtime/init/error",
			"application/json",
			strings.NewReader(`{"errorMessage":"no keys"}`),
		)
		select {}
	case "exit":
		fmt.Fprintln(os.Stderr, "COUNTERSIGN_KEYS is missing")
		os.Exit(1)
	case "deaf":
		select {}
	}
}

type event struct{ Do, Say string }

func serve(ctx context.Context, e event) (any, error) {
	switch e.Do {
	case "fail":
		return nil, errors.New(e.Say)
	case "panic":
		panic(e.Say)
	case "exit":
		os.Exit(3)
	case "large":
		return strings.Repeat("x", 7<<20), nil
	}
	lc, _ := lambdacontext.FromContext(ctx)
	deadline, _ := ctx.Deadline()
	return map[string]any{
		"said": e.Say, "id": lc.AwsRequestID, "function": lambdacontext.FunctionName, "arn": lc.InvokedFunctionArn,
		"left": time.Until(deadline).Round(time.Second).String(), "home": os.Getenv("HOME"), "own": os.Getenv("OWN"),
		"trace": os.Getenv("_X_AMZN_TRACE_ID"), // which the header sets
	}, nil
}

func listen(t *testing.T) *standin.Runtime {
	t.Helper()
	r, err := standin.Listen(time.Now)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	return r
}

func run(t *testing.T, r *standin.Runtime, name, role string, log *logtest.Buffer) *standin.Process {
	t.Helper()
	p, err := r.Start(name, os.Args[0], []string{"ROLE=" + role, "OWN=" + name}, log)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Stop() })
	return p
}

func invoke(t *testing.T, p *standin.Process, do, say string) (standin.Answer, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	return p.Invoke(ctx, fmt.Appendf(nil, `{"Do":%q,"Say":%q}`, do, say))
}

// One server serves several functions, each by its own path, at the same time.
func TestRuntime(t *testing.T) {
	r := listen(t)
	var all sync.WaitGroup
	for _, name := range []string{"init", "verify"} {
		p := run(t, r, name, "function", &logtest.Buffer{})
		all.Go(func() {
			if err := p.Ready(t.Context()); err != nil {
				t.Error(err)
			}
			for n := 1; n <= 50; n++ {
				a, err := invoke(t, p, "", fmt.Sprint(name, n))
				var got map[string]string
				if err != nil || a.Failed || json.Unmarshal(a.Body, &got) != nil {
					t.Errorf("%v, %s", err, a.Body)
					return
				}
				want := map[string]string{
					"said": fmt.Sprint(name, n), "id": fmt.Sprintf("00000000-0000-4000-8000-%012x", n),
					"function": name, "arn": "arn:aws:lambda:us-east-1:123456789012:function:" + name,
					"left": "10s", "home": "", "own": name,
					"trace": "Root=1-00000000-000000000000000000000000;Sampled=0",
				}
				if !maps.Equal(got, want) {
					t.Errorf("%s, call %d: %v, want %v", name, n, got, want)
				}
			}
		})
	}
	all.Wait()
}

// A function that returns an error has answered, and takes the next event.
func TestFailure(t *testing.T) {
	p := run(t, listen(t), "f", "function", &logtest.Buffer{})
	for range 2 {
		a, err := invoke(t, p, "fail", "no such thing")
		if err != nil || !a.Failed || string(a.Body) != `{"errorMessage":"no such thing","errorType":"errorString"}` {
			t.Errorf("%v %s", err, a.Body)
		}
	}
	if a, err := invoke(t, p, "", "x"); err != nil || a.Failed {
		t.Errorf("%v %s", err, a.Body)
	}
	if err := p.Stop(); err != nil {
		t.Error(err)
	}
}

// The wait for an answer ends when the function ends, with an error that says how it ended.
func TestEnds(t *testing.T) {
	p := run(t, listen(t), "f", "function", &logtest.Buffer{})
	for range 2 {
		if a, err := invoke(t, p, "exit", ""); err == nil ||
			!strings.Contains(err.Error(), "function f ended: exit status 3") {
			t.Errorf("exit: %v %s", err, a.Body)
		}
	}
	for do, want := range map[string]string{"panic": "help", "large": `"Function.ResponseSizeTooLarge"`} {
		p := run(t, listen(t), "f", "function", &logtest.Buffer{})
		if a, err := invoke(t, p, do, "help"); err != nil || !a.Failed || !json.Valid(a.Body) ||
			!strings.Contains(string(a.Body), want) {
			t.Errorf("%s: %v %s", do, err, a.Body)
		}
		if _, err := invoke(t, p, "", ""); err == nil || !strings.Contains(err.Error(), "exit status 1") {
			t.Errorf("after %s: %v", do, err)
		}
	}
}

func TestStart(t *testing.T) {
	r := listen(t)
	log := &logtest.Buffer{}
	exit := run(t, r, "exit", "exit", log)
	if err := exit.Ready(t.Context()); err == nil || !strings.Contains(err.Error(), "exit status 1") ||
		!strings.Contains(log.String(), "COUNTERSIGN_KEYS is missing") {
		t.Errorf("%v, log %s", err, log)
	}
	failed := run(t, r, "failed", "init error", &logtest.Buffer{})
	if _, err := invoke(t, failed, "", ""); err == nil || !strings.Contains(err.Error(), "no keys") {
		t.Error(err)
	}
	for name, do := range map[string]func(context.Context, *standin.Process) error{
		"ready": func(ctx context.Context, p *standin.Process) error { return p.Ready(ctx) },
		"invoke": func(ctx context.Context, p *standin.Process) error {
			_, err := p.Invoke(ctx, []byte("{}"))
			return err
		},
	} {
		deaf := run(t, r, "deaf", "deaf", &logtest.Buffer{})
		why := errors.New("that was all")
		ctx, cancel := context.WithCancelCause(t.Context())
		cancel(why)
		if err := do(ctx, deaf); !errors.Is(err, why) {
			t.Errorf("%s: %v", name, err)
		}
		if err := deaf.Stop(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	run(t, r, "one", "deaf", &logtest.Buffer{})
	if _, err := r.Start("one", os.Args[0], nil, nil); err == nil || !strings.Contains(err.Error(), "already") {
		t.Error(err)
	}
	if _, err := r.Start("a/b", os.Args[0], nil, nil); err == nil {
		t.Error("a name with a slash is taken")
	}
	if _, err := r.Start("f", "standin.go", nil, nil); err == nil {
		t.Error("a file that is not there is run")
	}
	script := t.TempDir() + "/bootstrap"
	filetest.Write(t, script, []byte("\x7fELF of another machine"), 0o755)
	if _, err := r.Start("f", script, nil, nil); !errors.Is(err, syscall.ENOEXEC) ||
		!strings.Contains(err.Error(), "another processor") {
		t.Error(err)
	}
}

// A request to a path that the Runtime API does not have is refused, and the refusal names the path.
func TestUnknownPaths(t *testing.T) {
	r := listen(t)
	run(t, r, "f", "deaf", &logtest.Buffer{})
	for _, path := range []string{
		"/",
		"/f.1",
		"/g.1/2018-06-01/runtime/invocation/next",
		"/f.1/2015-03-31/runtime/invocation/next",
		"/f.1/2018-06-01/runtime/invocation/1/else",
		"/f.1/2018-06-01/runtime/1/response",
		"/f.1/2018-06-01/runtime/else/1/response",
		"/f.1/2018-06-01/runtime/init/response",
		"/f.1/2018-06-01/runtime/invocation/1/error/",
		"/f.1/2018-06-01/runtime/invocation/next",
	} {
		w := httptest.NewRecorder()
		req, _ := http.NewRequest("POST", path, strings.NewReader("{}"))
		r.ServeHTTP(w, req)
		if w.Code != 404 || !strings.Contains(w.Body.String(), path) {
			t.Errorf("%s: HTTP %d %s", path, w.Code, w.Body)
		}
	}
	for _, id := range []string{"1", ""} {
		w := httptest.NewRecorder()
		req, _ := http.NewRequest("POST", "/f.1/2018-06-01/runtime/invocation/"+id+"/response", strings.NewReader("{}"))
		if r.ServeHTTP(w, req); w.Code != 400 || !strings.Contains(w.Body.String(), "InvalidRequestID") {
			t.Errorf("invocation %q: %d %s", id, w.Code, w.Body)
		}
	}
}
