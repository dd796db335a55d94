package admission

import (
	"context"
	"errors"
	"log/slog"
	"runtime/debug"
	"time"

	"countersign/pkg/clients"
	"countersign/pkg/otp"
	"countersign/pkg/telemetry"
)

// Door admits requests. It is safe for concurrent use.
type Door struct {
	Clients clients.Directory
	Limiter Limiter // nil: no client's rate is limited
	Now     func() time.Time
	Log     *slog.Logger     // gets a line for each request
	Lines   *telemetry.Lines // nil: no metrics, and no lines about strangers
}

// Limiter counts requests against their client's rate. [clients.Meter] is one.
type Limiter interface {
	// Allow counts one request and reports whether it is within the client's rate. A refusal lasts until the clock
	// minute ends. An error means that the request could not be counted and must not be served.
	Allow(ctx context.Context, c *clients.Client) (bool, error)
}

// Begin starts the record of a request of a contract ("ams", "unimatrix" or "cognito") and puts it into the context.
func (d *Door) Begin(ctx context.Context, contract string) (context.Context, *telemetry.Request) {
	ctx, record := telemetry.Begin(ctx, d.Now())
	record.Contract = contract
	return ctx, record
}

// Write writes the line of a request that is over.
func (d *Door) Write(ctx context.Context, record *telemetry.Request) {
	d.Lines.Write(ctx, d.Log, record, d.Now())
}

// Find finds the client of an id and notes it in the record. The client is nil where it is unknown or disabled.
//
// Errors are noted as faults, except for [clients.ErrBusy]: strangers cause it, and they must not raise an alarm.
func (d *Door) Find(ctx context.Context, id string) (*clients.Client, error) {
	c, err := d.Clients.Find(ctx, id)
	return noted(ctx, c, err)
}

// FindAccessKey finds the client of an access key, as Find does. The record gets the client's id. The key is a secret.
func (d *Door) FindAccessKey(ctx context.Context, key string) (*clients.Client, error) {
	c, err := d.Clients.FindAccessKey(ctx, key)
	return noted(ctx, c, err)
}

// noted notes the result of a look-up.
func noted(ctx context.Context, c *clients.Client, err error) (*clients.Client, error) {
	record := telemetry.From(ctx)
	switch {
	case errors.Is(err, clients.ErrBusy):
		record.Cause = err.Error()
		return nil, err
	case err != nil:
		record.Fail("client", err)
		return nil, err
	case c != nil:
		record.Client, record.IDIsKey = c.ID, c.IDIsKey
	}
	return c, nil
}

// Rules that a client's record sets for its callers, for the detail of the log line: answers have one code for several.
const (
	OtherNetwork = "address: must be in a network of the client's, see client show"
	OtherAPI     = "api: must be one that the client may call, see client show"
)

// Count counts a request and reports whether it is within its client's rate. Errors are noted as faults.
func (d *Door) Count(ctx context.Context, c *clients.Client) (within bool, err error) {
	if d.Limiter == nil {
		return true, nil
	}
	within, err = d.Limiter.Allow(ctx, c)
	if err != nil {
		telemetry.From(ctx).Fail("traffic", err)
		return false, err
	}
	if !within {
		telemetry.From(ctx).Cause = "the client's requests of the minute are used up"
	}
	return within, nil
}

// Recovered notes a panic as a fault and reports whether there was one. panicked is the result of recover(), which only
// the deferred function itself can call:
//
//	defer func() {
//		if admission.Recovered(ctx, recover()) {
//			answer = fault
//		}
//	}()
//
// The record gets the type of the panic's value and the stack, not the value: it could hold a code or a number.
func Recovered(ctx context.Context, panicked any) bool {
	if panicked == nil {
		return false
	}
	p, beside := panicked.(*otp.Panic)
	if !beside {
		p = &otp.Panic{Value: panicked, Trace: string(debug.Stack())}
	}
	record := telemetry.From(ctx)
	record.Fail("panic", p)
	record.Trace = p.Trace
	return true
}
