package receipts

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"countersign/pkg/otp"
)

// Report is what one event or line comes to.
type Report struct {
	Message string       // id of the queue's message that it came in; "" where it came in no queue
	Receipt *otp.Receipt // nil if nothing follows
	Note    string       // what this release does not know of it, for a line; it is no fault
	Err     error        // why it cannot be read; it quotes nothing
	// to is the number of a report that does not name its country, as no line of SNS's log does. It is a pointer so
	// that a report which is printed does not show it.
	to *string
}

// maxText bounds the lines of one call: CloudWatch Logs hands over at most 6 MB.
const maxText = 8 << 20

// payload is what Lambda hands over: messages of a queue, notifications of SNS, or a piece of a log.
type payload struct {
	Records []struct {
		EventSource string
		MessageID   string
		Body        string
		Sns         struct{ Message string }
	}
	Logs logs `json:"awslogs"`
}

// logs is a piece of a log, in an envelope.
type logs struct{ Data []byte }

// inQueue is a message of the queue that is not an event itself: a notification in the envelope of SNS, or a call that
// failed, which Lambda puts there.
type inQueue struct {
	Type, Message  string
	RequestPayload struct {
		Logs logs `json:"awslogs"`
	}
}

// piece is a piece of a log.
type piece struct {
	MessageType string
	LogEvents   []struct{ Message string }
}

// Read reads what Lambda hands to the function. Reports about messages that are still under way are left out.
func Read(text []byte, now time.Time) []Report {
	var in payload
	if json.Unmarshal(text, &in) != nil || len(in.Records) == 0 && len(in.Logs.Data) == 0 {
		return []Report{{Err: errCall}}
	}
	var reports []Report
	add := func(message string, some ...Report) {
		for _, r := range some {
			if r != (Report{}) {
				r.Message = message
				reports = append(reports, r)
			}
		}
	}
	for _, r := range in.Records {
		switch r.EventSource {
		case "aws:sns":
			add("", read(r.Sns.Message, now))
		case "aws:sqs":
			add(r.MessageID, readMessage(r.Body, now)...)
		default:
			add("", Report{Err: errors.New("a record of the call is neither from SNS nor from SQS")})
		}
	}
	add("", in.Logs.read(now)...)
	return reports
}

// errCall is the error of a call from elsewhere.
var errCall = errors.New("the call is neither of a queue or topic of SNS nor of a log in CloudWatch: " +
	"subscribe the function's queue to the topic of the configuration set, or the function to SNS's delivery log")

// readMessage reads a message of the queue.
func readMessage(body string, now time.Time) []Report {
	var in inQueue
	switch err := json.Unmarshal([]byte(body), &in); {
	case err == nil && len(in.RequestPayload.Logs.Data) > 0:
		return in.RequestPayload.Logs.read(now)
	case err == nil && in.Type == "Notification":
		return []Report{read(in.Message, now)}
	}
	return []Report{read(body, now)}
}

// read reads the lines in a piece of a log.
func (l logs) read(now time.Time) (reports []Report) {
	if len(l.Data) == 0 {
		return nil
	}
	lines, err := unpack(l.Data)
	if err != nil {
		return []Report{{Err: err}}
	}
	for _, line := range lines {
		reports = append(reports, read(line, now))
	}
	return reports
}

// unpack returns the lines in a piece of a log. CloudWatch also sends pieces without lines, to see whether the function
// is there.
func unpack(data []byte) (lines []string, err error) {
	zip, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		return nil, errors.New("the piece of the log is not compressed by gzip")
	}
	text, err := io.ReadAll(io.LimitReader(zip, maxText+1))
	var p piece
	if err != nil || len(text) > maxText || json.Unmarshal(text, &p) != nil {
		return nil, fmt.Errorf("the piece of the log is broken, or has more than %d MB", maxText>>20)
	}
	if p.MessageType == "CONTROL_MESSAGE" {
		return nil, nil
	}
	for _, e := range p.LogEvents {
		lines = append(lines, e.Message)
	}
	return lines, nil
}

// validated begins the text that AWS publishes to a topic when it becomes a destination of events.
const validated = "Successfully validated SNS topic"

// read reads one event or line. The report is empty if the message is under way. A panic over one report must not end
// the process: a queue would repeat all that came with it.
func read(text string, now time.Time) (r Report) {
	defer func() {
		if panicked := recover(); panicked != nil {
			r = Report{Err: fmt.Errorf("a report cannot be read: panic with a value of type %T", panicked)}
		}
	}()
	if strings.HasPrefix(text, validated) {
		return Report{Note: "AWS validated the topic"}
	}
	var has struct {
		EventType    *json.RawMessage `json:"eventType"`
		Notification *json.RawMessage `json:"notification"`
	}
	switch err := json.Unmarshal([]byte(text), &has); {
	case err != nil:
		return Report{Err: errors.New("a report is not a JSON object")}
	case has.EventType != nil:
		return readEvent([]byte(text), now)
	case has.Notification != nil:
		return readLine([]byte(text), now)
	}
	return Report{Err: errors.New("a report has neither an eventType, as those of End User Messaging have, " +
		"nor a notification, as SNS's delivery log has")}
}
