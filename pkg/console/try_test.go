package console

import (
	"bufio"
	"bytes"
	"crypto/rand"
	"errors"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"

	"countersign/pkg/clients"
	"countersign/pkg/filetest"
)

// FuzzTry: each form that is not refused gives one whole HTTP request, and one line for a shell.
func FuzzTry(f *testing.F) {
	for _, form := range []string{
		"do=send&contract=ams&client=demo&number=%2B60+6543-216353&request-id=a&language=de&amount=1",
		"do=verify&contract=unimatrix&client=demo&number=60-6543216353&code=123+456&access-key=%27%26%0a",
		"do=resend&contract=ams&authentication-id=1&client=demo", "do=new&contract=ams", "number=a&number=b&do=%ff",
	} {
		f.Add(form)
	}
	c := &Console{Sources: Sources{
		Now: time.Now, Demo: clients.Record{ID: "demo", Unsigned: true, Unimatrix: "simple"},
		Local: &Local{Rand: rand.Reader},
	}}
	f.Fuzz(func(t *testing.T, body string) {
		form, err := url.ParseQuery(body)
		if err != nil {
			return
		}
		in, refused := parseTry(form)
		if len(refused) > 0 || in["do"] == doNew {
			return
		}
		q, err := c.request(tryClient{c.Demo, &clients.Client{Unsigned: true}}, in)
		if errors.As(err, &refused) {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		q.to = "127.0.0.1:1"
		rest := bufio.NewReader(bytes.NewReader(q.bytes()))
		r, err := http.ReadRequest(rest)
		if err != nil {
			t.Fatalf("%v: %q", err, q.bytes())
		}
		sent, err := io.ReadAll(r.Body)
		whole := bytes.Equal(sent, q.body) && r.RequestURI == q.target && rest.Buffered() == 0
		if err != nil || !whole || len(r.Header) > 6 {
			t.Errorf("%v: %q", err, q.bytes())
		}
		words := strings.ReplaceAll(q.curl(), `'\''`, "")
		if strings.Count(words, "'")%2 != 0 || strings.ContainsFunc(words, unicode.IsControl) {
			t.Errorf("%q", q.curl())
		}
	})
}

// TestWritten: a number is sent as the contract writes it, and a text that is no number as it is.
func TestWritten(t *testing.T) {
	for typed, want := range map[string][2]string{
		"+60 6543-216353":   {"60-6543216353", "+606543216353"},
		"+1 (206) 880-0123": {"1-2068800123", "+12068800123"},
		"60-6543216353":     {"60-6543216353", "+606543216353"},
		"+54 11 5555 0001":  {"54-1155550001", "+541155550001"},
		"0123":              {"0123", "0123"},
		"":                  {"", ""},
		"+60 1":             {"", "+601"},
		"hello":             {"hello", "hello"},
	} {
		ams, reason := written(contractAMS, typed)
		unimatrix, other := written(contractUnimatrix, typed)
		if ams != want[0] || unimatrix != want[1] || other != "" || (reason != "") != (want[0] == "" && typed != "") {
			t.Errorf("%q: %q (%s), %q (%s), want %q", typed, ams, reason, unimatrix, other, want)
		}
	}
}

// TestOnceKept: the calls that are kept are bounded, and one that panics is not kept.
func TestOnceKept(t *testing.T) {
	var o onceEach
	made := 0
	do := func(n byte) bool {
		_, again, _ := o.do([32]byte{n}, func(tried) bool { return true }, func() (tried, error) {
			made++
			return tried{}, nil
		})
		return again
	}
	for n := range byte(mostKept + 1) {
		do(n)
	}
	if len(o.calls) != mostKept || !do(mostKept) || do(0) || made != mostKept+2 {
		t.Errorf("%d kept, %d made", len(o.calls), made)
	}
	func() {
		defer func() { recover() }()
		o.do([32]byte{200}, func(tried) bool { return true }, func() (tried, error) { panic("a fault") })
	}()
	if do(200) {
		t.Error("a call that panicked is kept")
	}
}

// TestWords: each result that an outcome of the contracts has, in their page's table, has words.
func TestWords(t *testing.T) {
	page := filetest.Read(t, "../../docs/contracts.md")
	_, table, _ := strings.Cut(string(page), "| outcome | when | AMS/DWS | Unimatrix |")
	table, _, _ = strings.Cut(table, "\n\n")
	code := regexp.MustCompile("^`([A-Z0-9_]+)`")
	// The form has no wallet tokens.
	other := []string{"INVALID_ACCESS_TOKEN", "USER_NOT_EXIST", "USER_STATUS_ABNORMAL"}
	seen := 0
	for row := range strings.Lines(table) {
		cells := strings.Split(row, " | ")
		if len(cells) < 5 {
			continue
		}
		for i, words := range []map[string]verdict{wordsAMS, wordsUnimatrix} {
			m := code.FindStringSubmatch(cells[2+i])
			if m == nil || m[1] == "0" || slices.Contains(other, m[1]) {
				continue
			}
			if seen++; words[m[1]].Text == "" {
				t.Errorf("%s has no words", m[1])
			}
		}
	}
	for _, unnamed := range []string{"101000", "104002"} { // no answer has the field or the fault
		if !strings.Contains(wordsUnimatrix[unnamed].Text, "terminal") {
			t.Errorf("%s does not say where the reason is", unnamed)
		}
	}
	if !strings.Contains(wordsUnimatrix["104002"].Text, "--verbose") { // faults alone are logged without it
		t.Error("104002 does not say how to find the field")
	}
	if seen < 30 {
		t.Errorf("the table has %d results", seen)
	}
}
