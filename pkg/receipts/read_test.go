package receipts

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"countersign/pkg/otp"
)

const (
	id      = "862a8790-60c0-4430-9b2b-658bd0000001"
	auth    = "20261122190077000000162140200586657"
	nowText = "2026-11-27T12:00:00Z"
)

var now, _ = time.Parse(time.RFC3339, nowText)

// delivered is the sample of the documentation, as an event of one of our messages.
const delivered = `{"eventType":"TEXT_DELIVERED","eventVersion":"1.0","eventTimestamp":1795780800123,"isFinal":true,
	"originationPhoneNumber":"+12065550152","destinationPhoneNumber":"+60123456789","isoCountryCode":"MY",
	"isInternationalSend":false,"mcc":"502","mnc":"12","messageId":"` + id + `","messageRequestTimestamp":1795780800000,
	"messageEncoding":"GSM","messageType":"TRANSACTIONAL","messageStatus":"DELIVERED",
	"messageStatusDescription":"Message has been accepted by phone",
	"context":{"client":"demo","authenticationId":"` + auth + `"},
	"totalMessageParts":2,"totalMessagePrice":0.09582,"totalCarrierFee":0.0}`

// failure is the sample of SNS's documentation, with a number.
const failure = `{"notification":{"messageId":"` + id + `","timestamp":"2026-11-27 12:00:00.123"},
	"delivery":{"mnc":8,"numberOfMessageParts":1,"destination":"+60123456789","priceInUSD":0.00645,
	"smsType":"Transactional","mcc":502,"providerResponse":"Unknown error attempting to reach phone","dwellTimeMs":1420,
	"dwellTimeMsUntilDeviceAck":1692},"status":"FAILURE"}`

// probe is what CloudWatch sends to see whether the function is there.
const probe = `{"messageType":"CONTROL_MESSAGE","logEvents":[{"message":"CWL CONTROL MESSAGE: Checking health"}]}`

// published is a call of SNS with events.
func published(events ...string) []byte {
	var call struct{ Records []map[string]any }
	for _, e := range events {
		call.Records = append(call.Records, map[string]any{
			"EventSource": "aws:sns", "EventVersion": "1.0",
			"Sns": map[string]any{"Type": "Notification", "Message": e},
		})
	}
	text, _ := json.Marshal(call)
	return text
}

// logged is a call of CloudWatch Logs with lines.
func logged(lines ...string) []byte {
	var events []map[string]any
	for _, l := range lines {
		events = append(events, map[string]any{"id": "1", "timestamp": 1, "message": l})
	}
	text, _ := json.Marshal(map[string]any{"messageType": "DATA_MESSAGE", "logGroup": "sns/x", "logEvents": events})
	return zipped(text)
}

func zipped(text []byte) []byte { return piecewise(compressed(text)) }

func compressed(text []byte) []byte {
	var data bytes.Buffer
	zip := gzip.NewWriter(&data)
	_, _ = zip.Write(text)
	_ = zip.Close()
	return data.Bytes()
}

// piecewise is a call of CloudWatch Logs with a piece of a log.
func piecewise(data []byte) []byte {
	return fmt.Appendf(nil, `{"awslogs":{"data":%q}}`, base64.StdEncoding.EncodeToString(data))
}

// with returns a report with another value of a field, which is written as JSON.
func with(t testing.TB, report, path, value string) string {
	t.Helper()
	var whole map[string]any
	if err := json.Unmarshal([]byte(report), &whole); err != nil {
		t.Fatal(err)
	}
	at, keys := whole, strings.Split(path, ".")
	for _, k := range keys[:len(keys)-1] {
		at = at[k].(map[string]any)
	}
	at[keys[len(keys)-1]] = json.RawMessage(value)
	text, err := json.Marshal(whole)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// Both forms of reports become receipts with all that they have.
func TestReceiptOfBothForms(t *testing.T) {
	event := otp.Receipt{
		MessageID: id, Reason: otp.ReasonArrived, Network: "502-12", At: 1795780800123, Parts: 2, Price: 95_820,
		TTL:      now.Add(otp.ReceiptMemory).Unix(),
		Reported: otp.Reported{Client: "demo", AuthID: auth, Region: "MY", Mask: "+60*****6789"},
	}
	line := otp.Receipt{
		MessageID: id, Reason: otp.ReasonFailed, Network: "502-08", At: 1795780801815, Parts: 1, Price: 6450,
		TTL: event.TTL, Reported: otp.Reported{Mask: "+60*****6789"},
	}
	for name, c := range map[string]struct {
		call []byte
		want []otp.Receipt
	}{
		"an event":              {published(delivered), []otp.Receipt{event}},
		"several events":        {published(delivered, delivered), []otp.Receipt{event, event}},
		"a line":                {logged(failure), []otp.Receipt{line}},
		"several lines":         {logged(failure, failure, failure), []otp.Receipt{line, line, line}},
		"a probe of CloudWatch": {zipped([]byte(probe)), nil},
	} {
		var got []otp.Receipt
		for _, r := range Read(c.call, now) {
			if r.Err != nil || r.Note != "" {
				t.Fatalf("%s: %+v", name, r)
			}
			got = append(got, *r.Receipt)
		}
		if !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s:\n%+v\nwant\n%+v", name, got, c.want)
		}
	}
}

// reports reads one report, which is alone in its call.
func report(t testing.TB, call []byte) Report {
	t.Helper()
	all := Read(call, now)
	if len(all) > 1 {
		t.Fatalf("%d reports", len(all))
	}
	return append(all, Report{})[0]
}

// Each event of the service's model has its meaning, and each of a release to come a line.
func TestEveryEvent(t *testing.T) {
	want := map[otp.Reason]string{
		underWay: "TEXT_QUEUED TEXT_PENDING TEXT_SENT VOICE_INITIATED VOICE_RINGING RCS_QUEUED RCS_SENT " +
			"RCS_FALLEN_BACK_TO_SMS RCS_TTL_EXPIRATION_REVOKED RCS_TTL_EXPIRATION_REVOKE_FAILED MEDIA_QUEUED",
		otp.ReasonAccepted:           "TEXT_SUCCESSFUL VOICE_ANSWERED MEDIA_SUCCESSFUL",
		otp.ReasonArrived:            "TEXT_DELIVERED VOICE_COMPLETED RCS_DELIVERED RCS_READ MEDIA_DELIVERED",
		otp.ReasonInvalidNumber:      "TEXT_INVALID MEDIA_INVALID",
		otp.ReasonInvalidMessage:     "TEXT_INVALID_MESSAGE",
		otp.ReasonPhoneUnreachable:   "TEXT_UNREACHABLE",
		otp.ReasonNetworkUnreachable: "TEXT_CARRIER_UNREACHABLE",
		otp.ReasonBlocked:            "TEXT_BLOCKED",
		otp.ReasonCarrierBlocked:     "TEXT_CARRIER_BLOCKED",
		otp.ReasonSpam:               "TEXT_SPAM",
		otp.ReasonProtect:            "TEXT_PROTECT_BLOCKED RCS_PROTECT_BLOCKED",
		otp.ReasonExpired:            "TEXT_TTL_EXPIRED VOICE_TTL_EXPIRED RCS_TTL_EXPIRED",
		otp.ReasonSilence:            "TEXT_UNKNOWN",
		otp.ReasonNoAnswer:           "VOICE_BUSY VOICE_NO_ANSWER",
		otp.ReasonFailed:             "VOICE_FAILED RCS_FAILED",
	}
	for reason, types := range want {
		for _, kind := range strings.Fields(types) {
			text := with(t, delivered, "eventType", `"`+kind+`"`)
			r := report(t, published(text))
			if r.Err != nil || r.Note != "" || (r.Receipt == nil) != (reason == underWay) ||
				r.Receipt != nil && r.Receipt.Reason != reason {
				t.Errorf("%s: %+v", kind, r)
			}
			if r = report(t, published(with(t, text, "isFinal", "false"))); r != (Report{}) {
				t.Errorf("%s, which is not final: %+v", kind, r)
			}
			if reason == underWay || reason.State() == otp.MessageDelivered {
				continue
			}
			for _, field := range []string{"messageStatus", "messageStatusDescription"} {
				for _, words := range []string{`"DESTINATION_PHONE_NUMBER_OPTED_OUT"`, `"Phone number is opted out"`} {
					r = report(t, published(with(t, text, field, words)))
					if r.Receipt.Reason != otp.ReasonOptedOut {
						t.Errorf("%s with %s: %s", kind, words, r.Receipt.Reason)
					}
				}
			}
		}
	}
	for status, reason := range map[string]otp.Reason{
		"DELIVERED":     otp.ReasonArrived,
		"UNDELIVERABLE": otp.ReasonPhoneUnreachable,
		"REJECTED":      otp.ReasonCarrierBlocked,
	} {
		text := with(t, with(t, delivered, "eventType", `"RCS_DELIVERED"`), "messageStatus", `"`+status+`"`)
		if r := report(t, published(text)); r.Receipt == nil || r.Receipt.Reason != reason {
			t.Errorf("RCS_DELIVERED with %s: %+v", status, r)
		}
	}
	for _, kind := range strings.Split("TEXT_SOMETHING_NEW,TEXT_,DELIVERED,,MEDIA_FILE_SIZE_EXCEEDED,TEXT_ALL", ",") {
		r := report(t, published(with(t, delivered, "eventType", `"`+kind+`"`)))
		if r.Err != nil || r.Receipt != nil || !strings.HasSuffix(r.Note, kind) || r.Note == "" {
			t.Errorf("%q: %+v", kind, r)
		}
	}
}

// Each text that AWS documents has its reason, in the words of today and in those of before.
func TestEveryResponse(t *testing.T) {
	for text, want := range map[string]otp.Reason{
		"Blocked as spam by phone carrier":                   otp.ReasonSpam,
		"Destination is on a blocked list":                   otp.ReasonBlocked,
		"Destination is blacklisted":                         otp.ReasonBlocked,
		"Invalid phone number":                               otp.ReasonInvalidNumber,
		"Message body is invalid":                            otp.ReasonInvalidMessage,
		"Phone carrier has blocked this message":             otp.ReasonCarrierBlocked,
		"Phone carrier is currently unreachable/unavailable": otp.ReasonNetworkUnreachable,
		"Phone has blocked SMS":                              otp.ReasonBlocked,
		"Phone is on a blocked list":                         otp.ReasonBlocked,
		"Phone is blacklisted":                               otp.ReasonBlocked,
		"Phone is currently unreachable/unavailable":         otp.ReasonPhoneUnreachable,
		"Phone number is opted out":                          otp.ReasonOptedOut,
		"Phone has opted out":                                otp.ReasonOptedOut,
		"This delivery would exceed max price":               otp.ReasonPrice,
		"Message exceeds max price":                          otp.ReasonPrice,
		"No quota left for account":                          otp.ReasonSpendLimit,
		"Unknown error attempting to reach phone":            otp.ReasonFailed,
	} {
		r := report(t, logged(with(t, failure, "delivery.providerResponse", `"`+text+`"`)))
		if r.Receipt == nil || r.Receipt.Reason != want || r.Note != "" || r.Err != nil {
			t.Errorf("%s: %+v", text, r)
		}
	}
	success := with(t, failure, "status", `"SUCCESS"`)
	for text, want := range map[string]otp.Reason{
		"Message has been accepted by phone carrier": otp.ReasonAccepted,
		"Message has been accepted by phone":         otp.ReasonArrived,
		"":                                           otp.ReasonArrived,
	} {
		r := report(t, logged(with(t, success, "delivery.providerResponse", `"`+text+`"`)))
		if r.Receipt == nil || r.Receipt.Reason != want || r.Note != "" {
			t.Errorf("%q: %+v", text, r)
		}
	}
	r := report(t, logged(with(t, failure, "delivery.providerResponse", `"No route to +60123456789"`)))
	if r.Receipt == nil || r.Receipt.Reason != otp.ReasonFailed || !strings.HasSuffix(r.Note, "route to +***********") {
		t.Errorf("a text that is new: %+v", r)
	}
}
