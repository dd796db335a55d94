package main

import (
	"bufio"
	"bytes"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"time"
)

// initRounds is how often a binary is started to measure its packages.
const initRounds = 15

// share is what a package's variables and init functions take at process start.
type share struct {
	Package string
	Time    time.Duration
	KB      float64 // allocated
}

// inits returns the shares, the largest first, and their sum. The function ends at
// once, as there is no Runtime API.
func inits(binary string) (all []share, sum time.Duration) {
	times, sizes := map[string][]time.Duration{}, map[string]float64{}
	for range initRounds {
		for _, s := range initTrace(binary) {
			times[s.Package], sizes[s.Package] = append(times[s.Package], s.Time), s.KB
		}
	}
	for name, t := range times {
		s := share{name, median(t), sizes[name]}
		all, sum = append(all, s), sum+s.Time
	}
	slices.SortFunc(all, func(a, b share) int { return int(b.Time - a.Time) })
	return all, sum
}

// initTrace reads lines such as "init net/http @1.2 ms, 0.015 ms clock, 4872 bytes, 50 allocs".
func initTrace(binary string) (all []share) {
	cmd := exec.Command(binary)
	cmd.Env = []string{"GODEBUG=inittrace=1"}
	var said bytes.Buffer
	cmd.Stderr = &said
	cmd.Run() // it fails
	lines := bufio.NewScanner(&said)
	for lines.Scan() {
		f := strings.Fields(lines.Text())
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
