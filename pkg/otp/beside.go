package otp

import (
	"fmt"
	"runtime/debug"
)

// Beside makes a call in a goroutine of its own. wait returns once the call has, and must be called once. If the call
// panics, wait panics with a [Panic]: in its own goroutine a panic would end the process, with all other requests.
func Beside(call func()) (wait func()) {
	ended := make(chan *Panic, 1)
	go func() {
		defer func() {
			var p *Panic
			if v := recover(); v != nil {
				p = &Panic{Value: v, Trace: string(debug.Stack())}
			}
			ended <- p
		}()
		call()
	}()
	return func() {
		if p := <-ended; p != nil {
			panic(p)
		}
	}
}

// Panic is one of a call that was made with [Beside].
type Panic struct {
	Value any
	Trace string // of the goroutine that panicked
}

// Error names the type of the value only: the value could hold a code or a number.
func (p *Panic) Error() string { return fmt.Sprintf("panic with a value of type %T", p.Value) }
