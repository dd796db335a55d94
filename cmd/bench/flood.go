package main

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"countersign/pkg/dynamostore/engine"
)

const (
	// strangersPerSecond is the rate of requests with invented ids.
	strangersPerSecond = 1000
	// strangersAhead is how long they come before the first merchant does.
	strangersAhead = 2 * time.Second
	// merchantsWithin is the time in which all merchants begin.
	merchantsWithin = 2 * time.Second
)

// flooded are the figures of one server under strangers.
type flooded struct {
	Build, Store string
	Merchants    int
	In           []time.Duration // from a merchant's first request to its first answer, sorted
	Strangers    int64
	Answers      map[string]int // of strangers, by the result's code
	CPU          time.Duration  // of the server for each stranger's request
	Reads        int64          // of the engine's documents; -1: not counted
}

// runFlood measures how fast merchants come in while strangers send invented ids to a server that has just started,
// on both stores, with both commits in turn.
func runFlood(o options, dir, before string) error {
	roots := map[string]string{"now": "."}
	if before != "" {
		roots["before"] = before
	}
	for build, root := range roots {
		if err := buildServer(root, filepath.Join(dir, "countersign-"+build)); err != nil {
			return err
		}
	}
	fmt.Printf("%d requests a second of invented ids, from %v before the first merchant to the end.\n\n",
		strangersPerSecond, strangersAhead)
	fmt.Println("| store | merchants | commit | in | median ms | p99 ms | max ms | reads | strangers | " +
		"their answers | cpu per stranger, ms |")
	fmt.Println("|---|--:|---|--:|--:|--:|--:|--:|--:|---|--:|")
	for _, store := range []string{"sqlite", "dynamodb"} {
		for _, merchants := range []int{20, 100} {
			for _, build := range []string{"before", "now"} {
				if roots[build] == "" {
					continue
				}
				f, err := floodOne(dir, build, store, merchants)
				if err != nil {
					return err
				}
				fmt.Println(f)
			}
		}
	}
	return nil
}

func (f flooded) String() string {
	at := func(q float64) string {
		if len(f.In) == 0 {
			return "-"
		}
		return fmt.Sprintf("%.0f", f.In[int(q*float64(len(f.In)-1))].Seconds()*1000)
	}
	var answers []string
	for code, n := range f.Answers {
		answers = append(answers, fmt.Sprintf("%s %d", code, n))
	}
	slices.Sort(answers)
	reads := "-"
	if f.Reads >= 0 {
		reads = fmt.Sprint(f.Reads)
	}
	return fmt.Sprintf("| %s | %d | %s | %d | %s | %s | %s | %s | %d | %s | %.2f |", f.Store, f.Merchants, f.Build,
		len(f.In), at(0.5), at(0.99), at(1), reads, f.Strangers, strings.Join(answers, ", "), f.CPU.Seconds()*1000)
}

// floodOne measures one server.
func floodOne(dir, build, store string, merchants int) (f flooded, err error) {
	f = flooded{Build: build, Store: store, Merchants: merchants, Reads: -1, Answers: map[string]int{}}
	binary, arguments := filepath.Join(dir, "countersign-"+build), []string{"--store", store}
	var gets atomic.Int64
	if store == "dynamodb" {
		url, end, err := countedEngine(&gets)
		if err != nil {
			return f, err
		}
		defer end()
		arguments = append(arguments, "--dynamodb-endpoint", url)
	}
	data, err := os.MkdirTemp(dir, "data-")
	if err != nil {
		return f, err
	}
	s, err := startServerOn(binary, data, arguments...) // makes the tables
	if err != nil {
		return f, err
	}
	if err := s.end(); err != nil {
		return f, err
	}
	for i := range merchants {
		add := append([]string{"client", "add", merchant(i), "--unsigned", "--country", "*", "--data", data},
			arguments...)
		if text, err := exec.Command(binary, add...).CombinedOutput(); err != nil {
			return f, fmt.Errorf("client add: %w\n%s", err, text)
		}
	}
	if s, err = startServerOn(binary, data, arguments...); err != nil {
		return f, err
	}
	gets.Store(0)
	err = f.measure(s)
	if store == "dynamodb" {
		f.Reads = gets.Load()
	}
	return f, cmp.Or(err, s.stop())
}

func merchant(i int) string { return fmt.Sprint("merchant", i) }

// measure lets strangers and merchants call a server.
func (f *flooded) measure(s *server) error {
	done := make(chan struct{})
	var mu sync.Mutex
	var strangers, all sync.WaitGroup
	var sent atomic.Int64
	begun := s.cpu()
	for range connections * 2 {
		strangers.Go(func() {
			every := time.NewTicker(time.Second * connections * 2 / strangersPerSecond)
			defer every.Stop()
			client := &http.Client{Transport: &http.Transport{}}
			for {
				select {
				case <-done:
					return
				case <-every.C:
				}
				code := call(client, s.addr, fmt.Sprint("invented", sent.Add(1)))
				mu.Lock()
				f.Answers[code]++
				mu.Unlock()
			}
		})
	}
	time.Sleep(strangersAhead)
	f.Strangers = sent.Load()
	f.CPU = (s.cpu() - begun) / time.Duration(max(1, f.Strangers))
	for i := range f.Merchants {
		all.Go(func() {
			time.Sleep(merchantsWithin * time.Duration(i) / time.Duration(f.Merchants))
			if took, in := comeIn(s.addr, merchant(i)); in {
				mu.Lock()
				defer mu.Unlock()
				f.In = append(f.In, took)
			}
		})
	}
	all.Wait()
	close(done)
	strangers.Wait()
	slices.Sort(f.In)
	return nil
}

// comeIn calls as a merchant until the server knows it, for ten seconds at most.
func comeIn(addr, id string) (took time.Duration, in bool) {
	client := &http.Client{Transport: &http.Transport{}}
	begin := time.Now()
	for time.Since(begin) < 10*time.Second {
		if call(client, addr, id) == "AUTHENTICATION_REQUEST_ID_INVALID" {
			return time.Since(begin), true
		}
		time.Sleep(100 * time.Millisecond)
	}
	return 0, false
}

// call checks a code that nobody has, and returns the result's code.
func call(client *http.Client, addr, id string) string {
	request, _ := http.NewRequest(http.MethodPost, "http://"+addr+verifyPath, strings.NewReader(
		`{"authenticationType":"OTP","authenticationRequestId":"none","authenticationValue":"123456"}`))
	request.Header.Set("Client-Id", id)
	answer, err := client.Do(request)
	if err != nil {
		return "no answer"
	}
	defer answer.Body.Close()
	text, _ := io.ReadAll(answer.Body)
	_, rest, _ := bytes.Cut(text, []byte(`"resultCode":"`))
	code, _, _ := bytes.Cut(rest, []byte(`"`))
	return string(code)
}

// countedEngine starts a DynamoDB engine behind a proxy that counts reads of single items.
func countedEngine(gets *atomic.Int64) (at string, end func(), err error) {
	path, err := engine.Path(".")
	if err != nil {
		return "", nil, err
	}
	e, err := engine.Start(path, "127.0.0.1", "")
	if err != nil {
		return "", nil, err
	}
	target, err := url.Parse(e.URL)
	if err != nil {
		return "", nil, err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, err
	}
	proxy := httputil.NewSingleHostReverseProxy(target)
	server := &http.Server{ReadHeaderTimeout: time.Minute, Handler: http.HandlerFunc(
		func(w http.ResponseWriter, r *http.Request) {
			if strings.HasSuffix(r.Header.Get("X-Amz-Target"), ".GetItem") {
				gets.Add(1)
			}
			proxy.ServeHTTP(w, r)
		})}
	go server.Serve(listener)
	return "http://" + listener.Addr().String(), func() { server.Close(); e.Stop() }, nil
}

// cpu returns the processor time that the server has used so far.
func (s *server) cpu() time.Duration {
	text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/stat", s.cmd.Process.Pid))
	_, rest, _ := strings.Cut(string(text), ") ")
	var ticks int64
	if fields := strings.Fields(rest); len(fields) > 12 {
		for _, field := range fields[11:13] { // utime and stime, in hundredths of a second
			n, _ := strconv.ParseInt(field, 10, 64)
			ticks += n
		}
	}
	return time.Duration(ticks) * 10 * time.Millisecond
}
