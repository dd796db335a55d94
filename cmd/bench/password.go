package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"sync"
	"time"

	"golang.org/x/crypto/argon2"

	"countersign/pkg/password"
)

// coreShare is the part of a core that Lambda gives a function of the template's 256 MB: a whole one comes with 1769.
const coreShare = 256.0 / 1769

// period is in which a quota is shared out. One of 100 ms would let a short evaluation pass without a pause.
const period = 20 * time.Millisecond

// evaluations is how many passwords a run evaluates.
const evaluations = 24

// runPassword measures how long the evaluation of a password takes and how much memory, with a whole core and with the
// share of one that the template's functions have.
func runPassword() error {
	c := password.DefaultCost
	fmt.Printf("argon2id with %d KiB, %d passes, %d lane, %d evaluations in each run:\n\n",
		c.Memory, c.Passes, c.Lanes, evaluations)
	fmt.Println("| of a core | at once | the first | median | slowest | of a core's time | most memory |")
	fmt.Println("|--:|--:|--:|--:|--:|--:|--:|")
	for _, row := range []struct {
		share  float64 // 0: no quota
		atOnce int
	}{{0, 1}, {coreShare, 1}, {coreShare, 4}} {
		t, cpu, err := evaluated(row.share, row.atOnce)
		if err != nil {
			return err
		}
		of := "all"
		if row.share > 0 {
			of = fmt.Sprintf("%.2f", row.share)
		}
		first := t.Took[0]
		m := median(t.Took) // sorts
		fmt.Printf("| %s | %d | %.0f ms | %.0f ms | %.0f ms | %.1f ms | %d MB |\n", of, row.atOnce, ms(first), ms(m),
			ms(t.Took[len(t.Took)-1]), ms(cpu/evaluations), t.PeakKB/1024)
	}
	fmt.Printf("\n%s.\n", machine())
	return nil
}

// taken is what a process measured that evaluated passwords.
type taken struct {
	Took   []time.Duration
	PeakKB int // of the process's memory
}

// evaluated evaluates passwords in a process of its own, which has a share of a core, and returns its CPU time too.
func evaluated(share float64, atOnce int) (t taken, cpu time.Duration, err error) {
	self, err := os.Executable()
	if err != nil {
		return t, 0, err
	}
	cmd := exec.Command(self, "-evaluate", strconv.Itoa(atOnce))
	begin, err := cmd.StdinPipe()
	if err != nil {
		return t, 0, err
	}
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, os.Stderr
	if err := cmd.Start(); err != nil {
		return t, 0, err
	}
	if share > 0 {
		group, quotaErr := quota(cmd.Process.Pid, share)
		if group != "" {
			defer func() { err = errors.Join(err, os.Remove(group)) }()
		}
		err = quotaErr
	}
	err = errors.Join(err, begin.Close(), cmd.Wait()) // the process begins when its input ends
	if err == nil {
		err = json.Unmarshal(out.Bytes(), &t)
	}
	return t, cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime(), err
}

// quota gives a process a share of a core, in a control group of its own, which it returns. It takes Linux and root.
func quota(pid int, share float64) (group string, err error) {
	micros := func(d time.Duration) string { return strconv.FormatInt(d.Microseconds(), 10) }
	some := micros(time.Duration(share * float64(period)))
	name := "countersign-bench-" + strconv.Itoa(pid)
	group, files := filepath.Join("/sys/fs/cgroup", name), [][2]string{{"cpu.max", some + " " + micros(period)}}
	if _, err := os.Stat("/sys/fs/cgroup/cgroup.controllers"); err != nil { // version 1
		group = filepath.Join("/sys/fs/cgroup/cpu", name)
		files = [][2]string{{"cpu.cfs_period_us", micros(period)}, {"cpu.cfs_quota_us", some}}
	}
	if err := os.Mkdir(group, 0o755); err != nil {
		return "", fmt.Errorf("a control group, which takes Linux and root: %w", err)
	}
	for _, f := range append(files, [2]string{"cgroup.procs", strconv.Itoa(pid)}) {
		if err := os.WriteFile(filepath.Join(group, f[0]), []byte(f[1]), 0o644); err != nil {
			return group, fmt.Errorf("a control group: %w", err)
		}
	}
	return group, nil
}

var peak = regexp.MustCompile(`VmHWM:\s+(\d+) kB`)

// evaluate is the process that evaluates passwords, so many at once, and prints what it has [taken].
func evaluate(atOnce int) error {
	var wait [1]byte
	os.Stdin.Read(wait[:])
	var mu sync.Mutex
	var all sync.WaitGroup
	var t taken
	for range atOnce {
		all.Go(func() {
			c := password.DefaultCost
			for range evaluations / atOnce {
				begin := time.Now()
				argon2.IDKey(make([]byte, 32), make([]byte, 16), c.Passes, c.Memory, c.Lanes, 32)
				mu.Lock()
				t.Took = append(t.Took, time.Since(begin))
				mu.Unlock()
			}
		})
	}
	all.Wait()
	status, err := os.ReadFile("/proc/self/status")
	if m := peak.FindSubmatch(status); err == nil && m != nil {
		t.PeakKB, _ = strconv.Atoi(string(m[1]))
	}
	return errors.Join(err, json.NewEncoder(os.Stdout).Encode(t))
}
