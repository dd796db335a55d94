package standin

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"syscall"
	"time"
)

// region is the region of functions, unless their environment names another.
const region = "us-east-1"

// errEnded is the reason why an invocation has no answer.
var errEnded = errors.New("the process ended")

// Process is a running binary of a function: one execution environment. It takes one event at a time, as in Lambda.
type Process struct {
	function *function
	cmd      *exec.Cmd
	err      error // how it ended, once function.ended is closed
}

// Start runs a function's binary (Lambda's "bootstrap") under a name that no other running function has. Its
// environment is that of Lambda and env; it gets nothing from the environment of this process. Its output goes to
// log.
func (r *Runtime) Start(name, binary string, env []string, log io.Writer) (*Process, error) {
	f, err := r.add(name)
	if err != nil {
		return nil, err
	}
	p := &Process{function: f, cmd: exec.Command(binary)}
	p.cmd.Env = slices.Concat(lambdaEnvironment(name), env, []string{"AWS_LAMBDA_RUNTIME_API=" + r.address(f)})
	p.cmd.Stdout, p.cmd.Stderr = log, log
	if err := p.cmd.Start(); err != nil {
		close(f.ended)
		if errors.Is(err, syscall.ENOEXEC) {
			err = fmt.Errorf("%w: it was built for another processor than this machine's", err)
		}
		return nil, fmt.Errorf("start function %s: %w", name, err)
	}
	go func() {
		p.err = p.cmd.Wait()
		close(f.ended)
	}()
	return p, nil
}

// lambdaEnvironment returns the variables that Lambda sets for each function of this template, with made-up
// credentials.
func lambdaEnvironment(name string) []string {
	return []string{
		"AWS_ACCESS_KEY_ID=local", "AWS_SECRET_ACCESS_KEY=local",
		"_HANDLER=bootstrap", "LAMBDA_TASK_ROOT=/var/task", "LAMBDA_RUNTIME_DIR=/var/runtime", "TZ=:UTC",
		"LANG=en_US.UTF-8", "PATH=/usr/local/bin:/usr/bin:/bin:/opt/bin",
		"AWS_REGION=" + region, "AWS_DEFAULT_REGION=" + region,
		"AWS_LAMBDA_FUNCTION_NAME=" + name, "AWS_LAMBDA_FUNCTION_VERSION=$LATEST",
		"AWS_LAMBDA_FUNCTION_MEMORY_SIZE=256", "AWS_LAMBDA_INITIALIZATION_TYPE=on-demand",
		"AWS_LAMBDA_LOG_GROUP_NAME=/aws/lambda/" + name, "AWS_LAMBDA_LOG_STREAM_NAME=local",
	}
}

// initTimeout is how long a function may take to start in Lambda.
const initTimeout = 10 * time.Second

// Ready waits until the function asks for its first event. The error has the exit status of a function that ended
// instead, or the time that Lambda would wait; the reason is in the function's log.
func (p *Process) Ready(ctx context.Context) error {
	late := fmt.Errorf("its start may take %s in Lambda", initTimeout)
	ctx, cancel := context.WithTimeoutCause(ctx, initTimeout, late)
	defer cancel()
	select {
	case <-p.function.ready:
		return nil
	case a := <-p.function.failed:
		return fmt.Errorf("function %s failed to start: %s", p.function.name, a.Body)
	case <-p.function.ended:
		return p.ending()
	case <-ctx.Done():
		return fmt.Errorf("function %s did not ask for an event: %w", p.function.name, context.Cause(ctx))
	}
}

// Invoke sends an event to the function and waits for its answer. An answer that is a function's error is no error, see
// [Answer]. It is an error that the function ends, that ctx ends, or that the time is over which template.yaml gives to
// a function of this name ([Timeout] to others).
func (p *Process) Invoke(ctx context.Context, event []byte) (Answer, error) {
	a, err := p.function.invoke(ctx, event)
	if errors.Is(err, errEnded) {
		err = p.ending()
	}
	return a, err
}

// ending returns how the process ended.
func (p *Process) ending() error {
	if p.err == nil {
		return fmt.Errorf("function %s ended by itself; see its log", p.function.name)
	}
	return fmt.Errorf("function %s ended: %w; see its log", p.function.name, p.err)
}

// Stop ends the process by SIGTERM, as Lambda does. If the process ended otherwise, the error has its exit status.
func (p *Process) Stop() error { return p.stop(grace) }

// grace is how long a process may take to end.
const grace = 5 * time.Second

func (p *Process) stop(grace time.Duration) error {
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	late := time.AfterFunc(grace, func() { p.cmd.Process.Kill() })
	defer late.Stop()
	<-p.function.ended
	var exit *exec.ExitError
	if errors.As(p.err, &exit) {
		if status, ok := exit.Sys().(syscall.WaitStatus); ok && status.Signaled() &&
			status.Signal() == syscall.SIGTERM {
			return nil
		}
	}
	return p.ending()
}
