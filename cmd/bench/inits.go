package main

import (
	"bytes"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"time"
)

// initRounds is how often a binary is started to measure its packages.
const initRounds = 15

// share is the cost of a package's variables and init functions at process start.
type share struct {
	Package string
	Time    time.Duration
	KB      float64 // allocated
}

// inits returns the shares of a function's packages, the largest first. The function ends at once, as there is no
// Runtime API.
func inits(binary string) (all []share) {
	times, sizes := map[string][]time.Duration{}, map[string]float64{}
	for range initRounds {
		for _, s := range initTrace(binary) {
			times[s.Package], sizes[s.Package] = append(times[s.Package], s.Time), s.KB
		}
	}
	for name, t := range times {
		all = append(all, share{name, median(t), sizes[name]})
	}
	slices.SortFunc(all, func(a, b share) int { return int(b.Time - a.Time) })
	return all
}

// initTrace reads lines such as "init net/http @1.2 ms, 0.015 ms clock, 4872 bytes, 50 allocs".
func initTrace(binary string) (all []share) {
	cmd := exec.Command(binary)
	cmd.Env = []string{"GODEBUG=inittrace=1"}
	var trace bytes.Buffer
	cmd.Stderr = &trace
	cmd.Run() // it fails
	for line := range strings.Lines(trace.String()) {
		f := strings.Fields(line)
		if len(f) < 10 || f[0] != "init" {
			continue
		}
		took, err := time.ParseDuration(f[4] + f[5])
		size, err2 := strconv.ParseFloat(f[7], 64)
		if err == nil && err2 == nil {
			all = append(all, share{f[1], took, size / 1024})
		}
	}
	return all
}
