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
	Receipt *otp.Receipt // nil if nothing follows
	Note    string       // what this release does not know of it, for a line; it is no fault
	Err     error        // why it cannot be read; it quotes nothing
}

// maxText bounds the lines of one call: CloudWatch Logs hands over at most 6 MB.
const maxText = 8 << 20

// payload is what Lambda hands over: notifications of SNS, or a piece of a log.
type payload struct {
	Records []struct {
		EventSource string
		Sns         struct{ Message string }
	}
	Logs struct{ Data []byte } `json:"awslogs"`
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
		return []Report{{Err: errors.New("the call is neither of a topic of SNS nor of a log in CloudWatch: " +
			"subscribe the function to the topic of the configuration set, or to SNS's delivery log")}}
	}
	var reports []Report
	add := func(r Report) {
		if r != (Report{}) {
			reports = append(reports, r)
		}
	}
	for _, r := range in.Records {
		if r.EventSource != "aws:sns" {
			add(Report{Err: errors.New("a record of the call is not from SNS")})
			continue
		}
		add(read(r.Sns.Message, now))
	}
	if len(in.Logs.Data) > 0 {
		lines, err := unpack(in.Logs.Data)
		if err != nil {
			add(Report{Err: err})
		}
		for _, line := range lines {
			add(read(line, now))
		}
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

// read reads one event or line. The report is empty if the message is under way.
func read(text string, now time.Time) Report {
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
