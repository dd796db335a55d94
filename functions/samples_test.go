package functions

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"countersign/pkg/standin"
)

// sample is one of the events in events/ with the answer beside it.
type sample struct {
	name       string
	function   string // that the event is for
	before, at string // the event that comes before it, at which function
}

func samples(t *testing.T) (all []sample) {
	t.Helper()
	found, err := filepath.Glob(folder + "*.answer.json")
	streams, err2 := filepath.Glob(folder + "streams/*.answer.json")
	if err != nil || err2 != nil || len(found) < 70 || len(streams) < 1 {
		t.Fatal(len(found), len(streams), err, err2)
	}
	for _, path := range append(found, streams...) {
		s := sample{name: strings.TrimSuffix(strings.TrimPrefix(path, folder), ".answer.json")}
		kind, rest, _ := strings.Cut(filepath.Base(s.name), "-")
		s.function = kind
		switch kind {
		case "verify":
			s.before, s.at = beforeOf(s.name), "init"
		case "trigger":
			s.function, s.before, s.at = "init", beforeOf(s.name), "init"
		case "set":
			s.function, s.before, s.at = "init", "init-http-api", "init"
		case "unknown":
			s.function = "init"
		case "otp", "cognito":
			if strings.Contains(rest, "verify") {
				before := map[string]string{"otp": "otp-http-api-send", "cognito": "cognito-create-begin"}
				s.before, s.at = before[kind], kind
			}
		}
		all = append(all, s)
	}
	return all
}

// waits reports whether the answer to a sample takes a second on purpose, see [cognito.Pace]. These samples are played
// side by side, each with a phone number of its own.
func (s sample) waits() bool {
	return strings.HasPrefix(s.name, "cognito-create") || s.before == "cognito-create-begin"
}

// poolNumber is the number in the samples of user pools.
const poolNumber = "+60123456789"

var poolNumbers atomic.Int64

// play sends the event of a sample to process p, after the event before it to process first. It returns the answer and
// the expected answer.
func (b *binaries) play(t *testing.T, s sample, p, first *standin.Process) (got, want string) {
	t.Helper()
	number := map[string]string{}
	if s.waits() {
		number[poolNumber] = fmt.Sprintf("+6012%03d6789", 300+poolNumbers.Add(1)) // each in a block of its own
	} else {
		b.wipe(t)
	}
	sets := strings.HasPrefix(s.name, "set-")
	if ofPassword(s.name) || sets {
		b.passwords(t, !sets)
	}
	event := replaced(later(read(t, s.name+".json")), number)
	answer := replaced(read(t, s.name+".answer.json"), number)
	if s.before != "" {
		begun := invokeBinary(t, first, replaced(later(read(t, s.before+".json")), number))
		swap := b.begun(t, s.before, begun, number[poolNumber])
		event, answer = b.resealed(t, replaced(event, swap), swap), replaced(answer, swap)
		if sets {
			invokeBinary(t, b.warm["verify"], replaced(read(t, "verify-http-api-right.json"), swap))
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	given, err := p.Invoke(ctx, event)
	if err != nil {
		return err.Error(), unvaried(answer)
	}
	return unvaried(given.Body), unvaried(answer)
}

// frozen is the time of the sample events, in Unix milliseconds.
const frozen = 1_795_314_808_000

var millis = regexp.MustCompile(`\b1795[0-9]{9}\b`)

// later moves the times in an event to the present.
func later(event []byte) []byte {
	return millis.ReplaceAllFunc(event, func(text []byte) []byte {
		if bytes.Contains(event, []byte("signature")) {
			return text // it is signed
		}
		at, _ := strconv.ParseInt(string(text), 10, 64)
		return strconv.AppendInt(nil, at-frozen+time.Now().UnixMilli(), 10)
	})
}

// begun returns the code and the ids of a challenge that was begun, by the code and the ids in the samples. to is the
// number that the code was sent to; "" is any.
func (b *binaries) begun(t *testing.T, before string, answer []byte, to string) map[string]string {
	t.Helper()
	message := ""
	for _, sent := range b.SNS.Requests() {
		if to == "" || sent.PhoneNumber == to {
			message = sent.Message
		}
	}
	pairs := map[string]string{}
	switch {
	case before == passwordInit:
	case message == "":
		t.Fatalf("%s sent nothing: %s", before, answer)
	default:
		pairs[rightCode(t, before)] = regexp.MustCompile(`\b[0-9]{6}\b`).FindString(message)
	}
	for _, id := range []*regexp.Regexp{
		regexp.MustCompile(`authenticationId[\\": ]+([0-9]+)`), regexp.MustCompile(`"session": ?"([^"]+)"`),
	} {
		was, is := id.FindSubmatch(read(t, before+".answer.json")), id.FindSubmatch(answer)
		if was != nil && is != nil {
			pairs[string(was[1])] = string(is[1])
		}
	}
	return pairs
}

// rightCode returns the code that an init of the samples has sent.
func rightCode(t *testing.T, before string) string {
	t.Helper()
	verify := map[string]string{
		"init-http-api": "verify-http-api-right", "otp-http-api-send": "otp-http-api-verify-right",
		"cognito-create-begin": "cognito-verify-right",
	}[before]
	code := regexp.MustCompile(`(?:authenticationValue|code|challengeAnswer)[\\": ]+([0-9]{6})`).
		FindSubmatch(read(t, verify+".json"))
	if code == nil {
		t.Fatalf("%s has no code", verify)
	}
	return string(code[1])
}

// replaced replaces texts in an event, also in a body that is in base64.
func replaced(event []byte, pairs map[string]string) []byte {
	var list []string
	for was, is := range pairs {
		list = append(list, was, is)
	}
	swap := strings.NewReplacer(list...).Replace
	var in struct {
		Body            string
		IsBase64Encoded bool
	}
	if json.Unmarshal(event, &in) == nil && in.IsBase64Encoded {
		if body, err := base64.StdEncoding.DecodeString(in.Body); err == nil {
			swapped := base64.StdEncoding.EncodeToString([]byte(swap(string(body))))
			return bytes.Replace(event, []byte(in.Body), []byte(swapped), 1)
		}
	}
	return []byte(swap(string(event)))
}

// varies has the parts of an answer that differ from run to run, and their placeholders.
var varies = []struct {
	what *regexp.Regexp
	as   string
}{
	{regexp.MustCompile(`signature=[A-Za-z0-9%+/=]+`), "signature=S"},
	{regexp.MustCompile(`("publicKey": ?")[A-Za-z0-9+/=]+`), "${1}KEY"},
	{regexp.MustCompile(`[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}\+00:00`), "TIME"},
	{regexp.MustCompile(`\b[0-9]{35}\b`), "ID"},
	{regexp.MustCompile(`\b[0-9a-f]{32}\b`), "HEX"},
	{regexp.MustCompile(`\b[0-9]{13}\b`), "MILLIS"},
	{regexp.MustCompile(`("session": ?"|\\"id\\":\\")[A-Za-z0-9_-]{22}`), "${1}SESSION"},
}

// unvaried returns an answer, indented, with placeholders for the parts that vary.
func unvaried(answer []byte) string {
	var b bytes.Buffer
	if json.Indent(&b, answer, "", "  ") != nil {
		return "not JSON: " + string(answer)
	}
	text := strings.TrimSpace(b.String())
	for _, v := range varies {
		text = v.what.ReplaceAllString(text, v.as)
	}
	return text
}
