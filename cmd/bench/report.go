package main

import (
	"cmp"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"time"
)

// goBenchmarks runs the Go benchmarks of a package and returns their lines.
func goBenchmarks(pkg string) (string, error) {
	text, err := exec.Command("go", "test", "-run", "^$", "-bench", ".", "-benchmem", "-benchtime", "2s",
		pkg).CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("go test -bench: %w\n%s", err, text)
	}
	var out strings.Builder
	for line := range strings.Lines(string(text)) {
		if strings.HasPrefix(line, "Benchmark") {
			out.WriteString(line)
		}
	}
	return out.String(), nil
}

// The peer to beat: otpgateway 277bf58 with Redis without persistence, as multiples of
// commit 54e827d in one run of wrk with 16 connections on another machine of 2 cores
// (4,418 and 7,722 calls a second, p99 of 8 and 7 ms).
var peer = map[string]float64{"otp.send": 4418. / 6645, "otp.verify, right code": 7722. / 11696}

func loadReport(loads []figures, o options) string {
	var b strings.Builder
	p := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	p("# Benchmarks")
	p("")
	p("Written by `make bench`. %s.", machine())
	p("")
	p("## The local server under load, from outside over HTTP")
	p("")
	p("SQLite in WAL mode on disk, messages to the outbox. Server and load generator share the machine;")
	p("%d keep-alive connections, %s a run, so latency is at saturation. Each figure is the commit",
		connections, o.length)
	p("`%s`, then this one: medians of %d rounds in which both ran in turn, each time on a", o.before, o.rounds)
	p("new file. RSS is the largest; cpu is that of the server for each call, with what follows from it meanwhile.")
	p("The generator takes some 25 µs of these cores for each call besides, and wrk with 2 threads as much (21 to 26).")
	p("Answers of AMS/DWS are signed (RSA-2048, about 0.7 ms each); verify's repeat within a second and are")
	p("signed once in it. The last column is this commit against otpgateway, which signs nothing and keeps")
	p("codes in memory: computed from a run of it beside `54e827d` on another machine of 2 cores.")
	p("")
	p("| contract | run | calls/s | x | p50 ms | p99 ms | p99.9 ms | cpu µs | RSS MB | otpgateway x |")
	p("|---|---|--:|--:|--:|--:|--:|--:|--:|--:|")
	for _, row := range compare(loads) {
		against := ""
		if ratio, ok := peer[row.now.Name]; ok && row.before.Calls > 0 {
			against = fmt.Sprintf("%.2f", row.now.PerSecond()/row.before.PerSecond()/ratio)
		}
		times := ""
		if row.before.Calls > 0 {
			times = fmt.Sprintf("%.2f", row.now.PerSecond()/row.before.PerSecond())
		}
		both := func(format string, value func(f figures) float64) string {
			if row.before.Calls == 0 {
				return fmt.Sprintf(format, value(row.now))
			}
			return fmt.Sprintf(format+" / "+format, value(row.before), value(row.now))
		}
		p("| %s | %s | %s | %s | %s | %s | %s | %s | %s | %s |", row.now.Contract, row.now.Name,
			both("%.0f", figures.PerSecond), times,
			both("%.2f", func(f figures) float64 { return ms(f.P50) }),
			both("%.2f", func(f figures) float64 { return ms(f.P99) }),
			both("%.2f", func(f figures) float64 { return ms(f.P999) }),
			both("%.0f", func(f figures) float64 { return float64(f.CPU) / float64(time.Microsecond) }),
			both("%.0f", func(f figures) float64 { return float64(f.RSS) / 1024 }), against)
	}
	p("")
	return b.String()
}

func handlerReport(handlers, texts string) string {
	return "## The handlers, one call at a time\n\n" +
		"API Gateway event in, answer out, SQLite on disk, delivery to an outbox file.\n\n" +
		"```\n" + handlers + "```\n\n" +
		"## The text of a message\n\n" + textIntroduction + "\n```\n" + texts + "```\n"
}

const textIntroduction = `For chooses the language and makes sure that the text fits one SMS with any code and
any time left. Write writes the text of a code and counts its parts: it allocates the text alone, which a
test holds. In each form of lines for autofill.
`

// comparison is one run on both servers. before is zero where there is none.
type comparison struct{ before, now figures }

// compare returns the medians of all rounds, in the order of the runs.
func compare(loads []figures) (rows []comparison) {
	type run struct{ build, contract, name string }
	all := map[run][]figures{}
	for _, f := range loads {
		key := run{f.Build, f.Contract, strings.Map(dropDigits, f.Name)}
		all[key] = append(all[key], f)
	}
	for _, f := range loads {
		key := run{"now", f.Contract, strings.Map(dropDigits, f.Name)}
		if f.Build != "now" || all[key] == nil {
			continue
		}
		rows = append(rows, comparison{medians(all[run{"before", key.contract, key.name}]), medians(all[key])})
		delete(all, key)
	}
	return rows
}

// dropDigits leaves out how many challenges were made, so that both servers' runs meet.
func dropDigits(r rune) rune {
	if '0' <= r && r <= '9' {
		return -1
	}
	return r
}

func medians(rounds []figures) figures {
	if len(rounds) == 0 {
		return figures{}
	}
	slices.SortFunc(rounds, func(a, b figures) int { return cmp.Compare(a.PerSecond(), b.PerSecond()) })
	f := rounds[len(rounds)/2]
	durations := func(value func(f figures) time.Duration) time.Duration {
		all := make([]time.Duration, len(rounds))
		for i, r := range rounds {
			all[i] = value(r)
			f.RSS = max(f.RSS, r.RSS)
		}
		return median(all)
	}
	f.CPU = durations(func(f figures) time.Duration { return f.CPU })
	f.P50 = durations(func(f figures) time.Duration { return f.P50 })
	f.P99 = durations(func(f figures) time.Duration { return f.P99 })
	f.P999 = durations(func(f figures) time.Duration { return f.P999 })
	return f
}

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// machine names what the figures come from.
func machine() string {
	cpu := "unknown processor"
	text, _ := os.ReadFile("/proc/cpuinfo")
	for line := range strings.Lines(string(text)) {
		if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "model name" {
			cpu = strings.TrimSpace(value)
			break
		}
	}
	return fmt.Sprintf("Measured on %d cores of %s, %s/%s, %s, on %s",
		runtime.NumCPU(), cpu, runtime.GOOS, runtime.GOARCH, runtime.Version(), time.Now().UTC().Format("2006-01-02"))
}
