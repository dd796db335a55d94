package console_test

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"countersign/pkg/clients"
	"countersign/pkg/console"
	"countersign/pkg/otp"
	"countersign/pkg/outbox"
	"countersign/pkg/sqlitestore/sqlitetest"
)

var now = time.Date(2026, 11, 28, 5, 0, 0, 0, time.UTC)

// phoneScene is a console behind a real server, with its outbox.
type phoneScene struct {
	*console.Console
	box    *outbox.Outbox
	folder string
	url    string
	end    context.CancelFunc // of the live pages
	server *httptest.Server
}

func newPhone(t testing.TB) *phoneScene {
	t.Helper()
	s := &phoneScene{folder: t.TempDir()}
	n := 0
	box, err := outbox.Open(filepath.Join(s.folder, "outbox.jsonl"), func() time.Time { return now },
		func() string { n++; return fmt.Sprint("id", n) }, func(outbox.Entry) { s.Changed(console.Messages) })
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { box.Close() })
	ctx, end := context.WithCancel(t.Context())
	s.box, s.end = box, end
	s.Console = console.New(ctx, console.Sources{
		Store: sqlitetest.New(t), Now: func() time.Time { return now }, Log: slog.New(slog.DiscardHandler),
		Demo: clients.Record{ID: "demo"}, Local: &console.Local{Outbox: box, Rand: rand.Reader, TTL: 5 * time.Minute},
	})
	s.server = httptest.NewServer(s)
	t.Cleanup(s.server.Close)
	t.Cleanup(end)
	s.url = s.server.URL
	return s
}

// send puts a message into the outbox.
func (s *phoneScene) send(t testing.TB, m otp.Message) {
	t.Helper()
	if got, _, err := s.box.Send(t.Context(), m); got != otp.Accepted || err != nil {
		t.Fatalf("send: %v %v", got, err)
	}
}

// write puts a line into the file of the outbox, as another version or process may.
func (s *phoneScene) write(t testing.TB, e outbox.Entry) {
	t.Helper()
	line, err := json.Marshal(e)
	if err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(filepath.Join(s.folder, "outbox.jsonl"), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	f.Write(append(line, '\n'))
}

// get returns a page as a browser shows its text, and its source.
func (s *phoneScene) get(t testing.TB, path string) (status int, source string) {
	t.Helper()
	answer, err := http.Get(s.url + path)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, string(text)
}

var article = regexp.MustCompile(`(?s)<article class="message" id="message-(.*?)".*?</article>`)

// shown returns the ids of the messages of a page, in their order.
func shown(source string) string {
	var ids []string
	for _, m := range article.FindAllStringSubmatch(source, -1) {
		ids = append(ids, m[1])
	}
	return strings.Join(ids, " ")
}

// holds reports each text that a source lacks.
func holds(t *testing.T, what, source string, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if !strings.Contains(source, text) {
			t.Errorf("%s: lacks %s in %s", what, text, source)
		}
	}
}

// phoneTexts are messages, and what the page has of each.
var phoneTexts = []struct {
	from, body string
	texts      []string
}{
	{"", "425502 is your Acme code, valid for 5 minutes.", []string{
		`dir="ltr" lang="en">425502 is your Acme code`, "Default sender", "&#43;606543216353",
		"1 part, GSM 7-bit, 46 of 160 characters", `<dd><span class="mono">425502</span></dd>`,
		`valid until <time datetime="2026-11-28T05:05:00Z">`, `data-fill="code" data-value="425502"`,
		`href="/?to=%2B606543216353"`, `href="/?challenge=2026112812"`, `href="/console/happened/2026112812"`,
		"<dd>none yet</dd>", `data-news="New message: 425502 is your Acme code`,
	}},
	{"Acme", "425502 هو رمزكم لدى Acme، وصلاحيته 5 دقائق.", []string{
		`dir="rtl" lang="ar"`, "<bdi>Acme</bdi>", "1 part, UCS-2, 43 of 70 characters",
	}},
	{"", "425502 הוא הקוד שלך ל-Acme. הוא בתוקף ל-5 דקות.", []string{`dir="rtl" lang="he"`}},
	{"", "425502 آپ کا Acme کوڈ ہے۔ یہ 5 منٹ تک کارآمد ہے۔", []string{`dir="rtl" lang="ur"`}},
	{"", "Acme: 425502 رمزك", []string{`dir="ltr" lang=""`}},
	{"", "\u200f425502 Acme", []string{`dir="rtl" lang=""`}},
	{"", "425502 it is\n@example.com #425502", []string{
		`425502</span> for pages of <bdi class="mono">example.com</bdi></dd>`,
	}},
	{"", "425502 it is\nFA+9qCX9VSu\n@example.com #425502", []string{
		`example.com</bdi> and the app <span class="mono">FA&#43;9qCX9VSu`,
	}},
	{"", "Hello.", []string{"phones find no code in this text"}},
	{"", "Order 99999. Your code is 425502.", []string{`99999</span> <span class="mark bad">this is not the code`}},
	{"", strings.Repeat("é", 400) + " 425502", []string{"3 parts, GSM 7-bit, 407 characters"}},
	{"<i>x", "<script>alert(1)</script> \"><b>425502</b> &amp; it", []string{
		`&lt;script&gt;alert(1)&lt;/script&gt; &#34;&gt;&lt;b&gt;425502&lt;/b&gt; &amp;amp; it`, `&lt;i&gt;x`,
	}},
}

// A message has its sender, number, text in its direction, size, what autofill offers, the end of its code and its
// receipt.
func TestPhoneShows(t *testing.T) {
	for _, c := range phoneTexts {
		s := newPhone(t)
		s.send(t, otp.Message{
			To: "+606543216353", Text: c.body, Code: "425502", AuthID: "2026112812", Client: "demo",
			Life: 5 * time.Minute, Origin: otp.Origin{Name: c.from},
		})
		status, source := s.get(t, "/")
		if status != 200 || strings.Contains(source, "<script>alert") || strings.Contains(source, "<b>425502") {
			t.Errorf("%q: %d %s", c.body, status, source)
		}
		holds(t, c.body, article.FindString(source), c.texts...)
	}
}

// A code that is over is marked, and so is each state of a receipt. A message without a challenge has no link to one.
func TestPhoneReceipts(t *testing.T) {
	s := newPhone(t)
	states := []otp.Reason{otp.ReasonArrived, otp.ReasonInvalidNumber, otp.ReasonCarrierBlocked, otp.ReasonNoAnswer}
	for range states {
		s.send(t, otp.Message{To: "+606543216353", Text: "425502", Code: "425502"})
	}
	if _, err := s.box.Waiting(9); err != nil {
		t.Fatal(err)
	}
	var receipts []*outbox.Receipt
	for _, r := range states {
		receipts = append(receipts, &outbox.Receipt{State: r.State(), Reason: r.Words(), At: now})
	}
	if err := s.box.Reported(receipts); err != nil {
		t.Fatal(err)
	}
	s.write(t, outbox.Entry{ID: "old", To: "+606543216353", Body: "1234", SentAt: now, ExpiresAt: now})
	_, source := s.get(t, "/")
	holds(t, "page", source,
		`<span class="mark good">delivered</span> the phone has the message, <time`,
		`<span class="mark bad">undeliverable</span> the number does not exist`,
		`<span class="mark bad">blocked</span> the network blocks messages of this sender`,
		`<span class="mark warn">undelivered</span> nobody took the call`,
		`<span class="mark">over</span> since`)
	if strings.Contains(source, "/console/happened/") || strings.Contains(source, "?challenge=") {
		t.Error("a message without a challenge has a link to one")
	}
}

// A very long text is shown in two, so that the page stays usable, and nothing of it is lost.
func TestPhoneLongText(t *testing.T) {
	s := newPhone(t)
	body := strings.Repeat("x", 1_000) + strings.Repeat("ü", 300_000)
	s.send(t, otp.Message{To: "+606543216353", Text: body, Code: "425502"})
	_, source := s.get(t, "/")
	holds(t, "page", source, ">"+body[:1000]+"</p>", "Show 300000 more characters", ">"+body[1000:]+"</p>")
}

// A number may be written as people write it, and in every spelling of its line. What is none is refused next to the
// field, with what was typed.
func TestPhoneFilter(t *testing.T) {
	s := newPhone(t)
	s.send(t, otp.Message{To: "+606543216353", Text: "1", AuthID: "20261"})
	s.send(t, otp.Message{To: "+5491155550001", Text: "2", AuthID: "20262"})
	s.send(t, otp.Message{To: "+606543216353", Text: "3", AuthID: "20263"})
	for query, want := range map[string]string{
		"": "id3 id2 id1", "to=": "id3 id2 id1", "to=%2B606543216353": "id3 id1", "to=%2B60+6543-216353": "id3 id1",
		"to=60-6543216353": "id3 id1", "to=+606543216353": "id3 id1", "to=%2B541155550001": "id2",
		"to=%2B606543216354": "", "challenge=20262": "id2", "challenge=2026": "",
		"to=%2B606543216353&challenge=20263": "id3",
	} {
		status, source := s.get(t, "/?"+query)
		if got := shown(source); status != 200 || got != want {
			t.Errorf("%s: %d, messages %q, want %q", query, status, got, want)
		}
		if want == "" {
			holds(t, query, source, "There is none. A message arrives here when one is sent.")
		}
	}
	for _, text := range []string{"%3Cb%3E", "1+Paste+this", strings.Repeat("1", 36)} {
		status, source := s.get(t, "/?challenge="+text)
		if status != 404 || strings.Contains(source, "Paste") || strings.Contains(source, "&lt;b") {
			t.Errorf("challenge %s: %d %s", text, status, source)
		}
	}
	for _, typed := range []string{"abc", "606543216353", "+1", "+", `"><script>`, strings.Repeat("9", 5000)} {
		status, source := s.get(t, "/?to="+url.QueryEscape(typed))
		if status != 422 || shown(source) != "" || strings.Contains(source, "data-live") {
			t.Errorf("%s: %d, messages %q, want none and no live part", typed, status, shown(source))
		}
		holds(t, typed, source, `aria-invalid="true" aria-describedby="to-problem"`, "This number is not possible",
			`value="`+strings.NewReplacer(`"`, "&#34;", "<", "&lt;", ">", "&gt;", "+", "&#43;").Replace(typed)+`"`)
	}
}

var older = regexp.MustCompile(`<a href="([^"]*)">Show older messages`)

// Older messages are on further pages, which stay the same while messages come. After the outbox was emptied, the
// address of one shows the newest messages and says so.
func TestPhonePages(t *testing.T) {
	s := newPhone(t)
	for n := range 103 {
		s.send(t, otp.Message{To: otp.Phone(fmt.Sprint("+60654321635", n%2)), Text: "425502"})
	}
	next, newest, ids := "", "", []string{}
	for path := "/?to=%2B606543216350"; ; {
		_, source := s.get(t, path)
		ids = append(ids, strings.Fields(shown(source))...)
		s.send(t, otp.Message{To: "+606543216350", Text: "new"})
		m := older.FindStringSubmatch(source)
		if m == nil {
			holds(t, path, source, "Older messages.", `href="/?to=%2B606543216350">Show the newest`)
			break
		}
		path = strings.ReplaceAll(m[1], "&amp;", "&")
		next, newest = path, source
	}
	if len(ids) != 52 || ids[0] != "id103" || ids[51] != "id1" || strings.Contains(newest, "Older messages.") {
		t.Errorf("%d messages: %v", len(ids), ids)
	}
	if err := s.box.Empty(); err != nil {
		t.Fatal(err)
	}
	s.send(t, otp.Message{To: "+606543216350", Text: "after"})
	_, source := s.get(t, next)
	holds(t, next, source, "The outbox was emptied since", ">after</p>")
}

// The outbox is emptied by a form that asks first. A page of another origin cannot.
func TestPhoneEmpty(t *testing.T) {
	s := newPhone(t)
	_, source := s.get(t, "/")
	holds(t, "empty page", source, "No message yet. Send a code, and it arrives here.")
	if strings.Contains(source, "Remove all messages") {
		t.Error("an empty outbox can be emptied")
	}
	s.send(t, otp.Message{To: "+606543216353", Text: "425502"})
	_, source = s.get(t, "/")
	holds(t, "page", source, `<form method="post" action="/console/messages/empty">`)
	post := func(origin string) int {
		r, err := http.NewRequest(http.MethodPost, s.url+"/console/messages/empty", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Origin", origin)
		answer, err := http.DefaultTransport.RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
		return answer.StatusCode
	}
	if status := post("http://127.0.0.1:1"); status != 403 {
		t.Errorf("another origin: %d", status)
	}
	if _, source := s.get(t, "/"); shown(source) != "id1" {
		t.Errorf("messages %s", shown(source))
	}
	if status := post(s.url); status != 303 {
		t.Errorf("%d, want the way back to the phone", status)
	}
	if _, source := s.get(t, "/"); shown(source) != "" {
		t.Errorf("messages %s in an emptied outbox", shown(source))
	}
}
