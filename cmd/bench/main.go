// Command bench measures the local server from outside, over HTTP on loopback: it
// builds the server of this tree and that of an earlier commit, loads them in turn over
// keep-alive connections, and prints a table. It is bounded in time and count and stops
// by itself.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// options are the flags.
type options struct {
	length time.Duration
	rounds int
	live   int64
	before string
	out    string
	cold   bool
	load   bool
	flood  bool

	password bool
	evaluate int
	sizes    bool
}

func main() {
	var o options
	flag.DurationVar(&o.length, "for", 4*time.Second, "length of each load run")
	flag.IntVar(&o.rounds, "rounds", 3, "rounds, in each of which both commits are measured; the report has medians")
	flag.Int64Var(&o.live, "live", 700_000, "live challenges among which codes are verified; 0 leaves that run out. "+
		"All messages of a run must have room in the guard's budgets, which have 800,000")
	flag.StringVar(&o.out, "o", "", "file to write the report to, besides standard output")
	flag.BoolVar(&o.cold, "cold", false, "measure cold starts only, and replace their section of the file")
	flag.IntVar(&coldRounds, "starts", coldRounds, "cold starts of each function, of which the report has medians")
	flag.BoolVar(&o.load, "load", false, "measure the local server under load only, and write no file")
	flag.BoolVar(&o.flood, "flood", false,
		"measure how merchants come in while strangers send invented ids, and write no file")
	flag.BoolVar(&o.password, "password", false,
		"measure the evaluation of a password with the share of a core that a function has, and write no file")
	flag.IntVar(&o.evaluate, "evaluate", 0, "evaluate passwords, so many at once: what -password starts")
	flag.BoolVar(&o.sizes, "sizes", false, "compare the sizes of functions with those of -before, and write no file")
	flag.StringVar(&o.before, "before", "54e827d", "commit to compare with; empty for none")
	flag.Parse()
	if err := run(o); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(o options) error {
	switch {
	case o.evaluate > 0:
		return evaluate(o.evaluate)
	case o.password:
		return runPassword()
	case o.sizes && o.before == "":
		return errors.New("-sizes needs a commit in -before")
	}
	dir, err := os.MkdirTemp("", "countersign-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	before := ""
	if o.before != "" {
		before = filepath.Join(dir, "before")
		if err := checkout(o.before, before); err != nil {
			return err
		}
	}
	switch {
	case o.sizes:
		return runSizes(dir, before, o.before)
	case o.cold:
		return runCold(dir, before, o.out)
	case o.flood:
		return runFlood(o, dir, before)
	case o.load:
		loads, err := runLoads(o, dir, before)
		fmt.Print(loadReport(loads, o))
		return err
	}
	handlers, err := goBenchmarks("./pkg/localserver")
	if err != nil {
		return err
	}
	texts, err := goBenchmarks("./pkg/message/languages")
	if err != nil {
		return err
	}
	loads, err := runLoads(o, dir, before)
	if err != nil {
		return err
	}
	cold, err := coldStarts(dir, before)
	if err != nil {
		return err
	}
	report := loadReport(loads, o) + handlerReport(handlers, texts) + coldReport(cold)
	fmt.Print(report)
	if o.out == "" {
		return nil
	}
	return os.WriteFile(o.out, []byte(report), 0o644)
}

// runCold writes the part of the report that is about cold starts.
func runCold(dir, before, out string) error {
	cold, err := coldStarts(dir, before)
	if err != nil {
		return err
	}
	report := coldReport(cold)
	fmt.Print(report)
	if out == "" {
		return nil
	}
	text, err := os.ReadFile(out)
	if err != nil {
		return err
	}
	rest, _, _ := strings.Cut(string(text), coldTitle)
	return os.WriteFile(out, []byte(rest+report), 0o644)
}
