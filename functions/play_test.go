package functions

import (
	"bytes"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"countersign/pkg/standin"
)

// A built function answers each sample event with the answer beside it: as the first event of a process, and as a later
// one. Together the samples need each permission of the functions' roles.
func TestBinaries(t *testing.T) {
	b, all := newBinaries(t), samples(t)
	b.warmUp(t)
	learned(t, b.Store, os.Getenv("COUNTERSIGN_TABLE"), time.Now(), "MY", "US")
	var played atomic.Int64
	play := func(s sample, state string, p, first func(*testing.T) *standin.Process) {
		t.Run(s.name+" "+state, func(t *testing.T) {
			played.Add(1)
			if got, want := b.play(t, s, p(t), first(t)); got != want {
				t.Errorf("answered\n%s\nwant\n%s", got, want)
			}
		})
	}
	var waiting sync.WaitGroup
	for _, s := range all {
		if s.waits() {
			waiting.Go(func() {
				name := filepath.Base(s.name)
				own, first := b.process(t, s.function, name), b.process(t, s.function, name+"-first")
				play(s, "cold", is(own), is(first))
				play(s, "warm", is(own), is(first))
			})
		}
	}
	waiting.Wait()
	for _, s := range all {
		if !s.waits() {
			cold := func(t *testing.T) *standin.Process { return b.process(t, s.function, s.function+"-cold") }
			play(s, "cold", cold, is(b.warm[s.at]))
			play(s, "warm", is(b.warm[s.function]), is(b.warm[s.at]))
		}
	}
	if played.Load() == int64(2*len(all)) { // -run has not left out any
		b.iam.allUsed(t)
	}
}

func is(p *standin.Process) func(*testing.T) *standin.Process {
	return func(*testing.T) *standin.Process { return p }
}

// warmUp starts a process of each function, and sends it events of no known shape.
func (b *binaries) warmUp(t *testing.T) {
	t.Helper()
	for _, function := range functionNames(t) {
		b.warm[function] = b.process(t, function, function+"-warm")
		for range 3 {
			got := invokeBinary(t, b.warm[function], []byte(`{"none":"of them"}`))
			if function != "changes" && !bytes.Contains(got, []byte("errorMessage")) {
				t.Errorf("%s answered %s to an event of no shape", function, got)
			}
		}
	}
}
