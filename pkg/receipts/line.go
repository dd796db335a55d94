package receipts

import (
	"encoding/json"
	"errors"
	"strings"
	"time"

	"countersign/pkg/otp"
)

// line is a line of SNS's delivery log. Without its status, time and message, nothing follows from it.
type line struct {
	Notification struct {
		MessageID string `json:"messageId"`
		Timestamp string `json:"timestamp"`
	} `json:"notification"`
	Delivery struct {
		Destination               beside[string]      `json:"destination"`
		PriceInUSD                beside[json.Number] `json:"priceInUSD"`
		MCC                       digits              `json:"mcc"`
		MNC                       digits              `json:"mnc"`
		ProviderResponse          beside[string]      `json:"providerResponse"`
		NumberOfMessageParts      beside[int]         `json:"numberOfMessageParts"`
		DwellTimeMsUntilDeviceAck beside[int64]       `json:"dwellTimeMsUntilDeviceAck"`
	} `json:"delivery"`
	Status string `json:"status"`
}

// responses are the reasons why SNS did not deliver a message, by a part of its response in lower case. The first one
// that fits counts.
var responses = []struct {
	part   string
	reason otp.Reason
}{
	{"opted out", otp.ReasonOptedOut},
	{"invalid phone number", otp.ReasonInvalidNumber},
	{"message body is invalid", otp.ReasonInvalidMessage},
	{"spam", otp.ReasonSpam},
	{"max price", otp.ReasonPrice},
	{"quota", otp.ReasonSpendLimit},
	{"phone carrier has blocked", otp.ReasonCarrierBlocked},
	{"phone carrier is currently unreachable", otp.ReasonNetworkUnreachable},
	{"unreachable", otp.ReasonPhoneUnreachable},
	{"blocked", otp.ReasonBlocked},
	{"blacklisted", otp.ReasonBlocked},
	{"unknown error", otp.ReasonFailed},
}

// reason returns what a line reports. known is false for a text that this release does not know; the message failed all
// the same.
func (l line) reason() (reason otp.Reason, known bool) {
	text := strings.ToLower(l.Delivery.ProviderResponse.value)
	switch l.Status {
	case "SUCCESS":
		if strings.Contains(text, "carrier") {
			return otp.ReasonAccepted, true
		}
		return otp.ReasonArrived, true
	case "FAILURE":
		for _, r := range responses {
			if strings.Contains(text, r.part) {
				return r.reason, true
			}
		}
		return otp.ReasonFailed, false
	}
	return "", false
}

// longestDwell is more than a message waits for its phone.
const longestDwell = 7 * 24 * time.Hour

// at returns when the phone or its network answered: the log has the time of the request, in UTC, and how long it took.
func (l line) at() time.Time {
	at, err := time.Parse("2006-01-02 15:04:05.999", l.Notification.Timestamp)
	if err != nil {
		return time.Time{}
	}
	if ms := l.Delivery.DwellTimeMsUntilDeviceAck.value; ms > 0 && ms < longestDwell.Milliseconds() {
		at = at.Add(time.Duration(ms) * time.Millisecond)
	}
	return at
}

// readLine reads a line of SNS's delivery log. The line does not name the challenge. Its only hint of the country
// is the number.
func readLine(text []byte, now time.Time) Report {
	var l line
	if json.Unmarshal(text, &l) != nil { // its error may quote a number
		return Report{Err: errors.New("a field of a line of SNS's delivery log has another type than documented")}
	}
	reason, known := l.reason()
	if reason == "" {
		return Report{Err: errors.New("the status of a line of SNS's delivery log is neither SUCCESS nor FAILURE")}
	}
	number := l.Delivery.Destination.value
	r, err := newReceipt(l.Notification.MessageID, reason, number, l.at(), now)
	if err != nil {
		return Report{Err: err}
	}
	r.Network = network(l.Delivery.MCC, l.Delivery.MNC)
	r.Parts, r.Price = parts(l.Delivery.NumberOfMessageParts.value), micros(l.Delivery.PriceInUSD.value)
	report := Report{Receipt: r, to: &number}
	if !known {
		report.Note = "this release does not know the reason of SNS: " + shown(l.Delivery.ProviderResponse.value)
	}
	return report
}
