package receipts

import (
	"encoding/json"
	"errors"
	"strings"
	"time"

	"countersign/pkg/otp"
)

// event is an event of End User Messaging. Without its type, time and message, nothing follows from it.
type event struct {
	EventType                string                            `json:"eventType"`
	EventTimestamp           int64                             `json:"eventTimestamp"` // in milliseconds
	IsFinal                  beside[*bool]                     `json:"isFinal"`
	DestinationPhoneNumber   beside[string]                    `json:"destinationPhoneNumber"`
	IsoCountryCode           beside[string]                    `json:"isoCountryCode"`
	MCC                      digits                            `json:"mcc"`
	MNC                      digits                            `json:"mnc"`
	MessageID                string                            `json:"messageId"`
	MessageStatus            beside[string]                    `json:"messageStatus"`
	MessageStatusDescription beside[string]                    `json:"messageStatusDescription"`
	Context                  beside[map[string]beside[string]] `json:"context"`
	TotalMessageParts        beside[int]                       `json:"totalMessageParts"`
	TotalMessagePrice        beside[json.Number]               `json:"totalMessagePrice"`
}

// underWay is the reason of an event after which another one comes.
const underWay otp.Reason = ""

// channels begin the types of events. The rest of a type is in events.
var channels = []string{"TEXT_", "VOICE_", "RCS_", "MEDIA_"}

var events = map[string]otp.Reason{
	"QUEUED": underWay, "PENDING": underWay, "SENT": underWay, "INITIATED": underWay, "RINGING": underWay,
	"FALLEN_BACK_TO_SMS": underWay, "TTL_EXPIRATION_REVOKED": underWay, "TTL_EXPIRATION_REVOKE_FAILED": underWay,
	// Some countries report one of these two for the other.
	"SUCCESSFUL": otp.ReasonAccepted,
	"DELIVERED":  otp.ReasonArrived,

	"READ":                otp.ReasonArrived,
	"ANSWERED":            otp.ReasonAccepted,
	"COMPLETED":           otp.ReasonArrived,
	"INVALID":             otp.ReasonInvalidNumber,
	"INVALID_MESSAGE":     otp.ReasonInvalidMessage,
	"UNREACHABLE":         otp.ReasonPhoneUnreachable,
	"CARRIER_UNREACHABLE": otp.ReasonNetworkUnreachable,
	"BUSY":                otp.ReasonNoAnswer,
	"NO_ANSWER":           otp.ReasonNoAnswer,
	"FAILED":              otp.ReasonFailed,
	"BLOCKED":             otp.ReasonBlocked,
	"CARRIER_BLOCKED":     otp.ReasonCarrierBlocked,
	"SPAM":                otp.ReasonSpam,
	"PROTECT_BLOCKED":     otp.ReasonProtect,
	"TTL_EXPIRED":         otp.ReasonExpired,
	"UNKNOWN":             otp.ReasonSilence, // after 72 hours
}

// rcsDelivered are the statuses of an event RCS_DELIVERED that did not arrive.
var rcsDelivered = map[string]otp.Reason{
	"PENDING":       underWay,
	"UNDELIVERABLE": otp.ReasonPhoneUnreachable,
	"REJECTED":      otp.ReasonCarrierBlocked,
}

// reason returns what an event reports. known is false for a type that this release does not know.
func (e event) reason() (reason otp.Reason, known bool) {
	for _, channel := range channels {
		if rest, ok := strings.CutPrefix(e.EventType, channel); ok {
			reason, known = events[rest]
		}
	}
	if other, ok := rcsDelivered[e.MessageStatus.value]; ok && e.EventType == "RCS_DELIVERED" {
		reason = other
	}
	if final := e.IsFinal.value; final != nil && !*final {
		return underWay, known
	}
	failed := reason != underWay && reason.State() != otp.MessageDelivered
	if failed && optedOut(e.MessageStatus.value+e.MessageStatusDescription.value) {
		reason = otp.ReasonOptedOut
	}
	return reason, known
}

// optedOut reports whether a text states that the person opted out: "DESTINATION_PHONE_NUMBER_OPTED_OUT".
func optedOut(text string) bool {
	return strings.Contains(strings.ReplaceAll(strings.ToLower(text), "_", " "), "opted out")
}

// readEvent reads an event. An event that is not final is of a message under way.
func readEvent(text []byte, now time.Time) Report {
	var e event
	if json.Unmarshal(text, &e) != nil { // its error may quote a number
		return Report{Err: errors.New("a field of an event of End User Messaging has another type than documented")}
	}
	reason, known := e.reason()
	switch {
	case !known:
		return Report{Note: "this release does not know the event " + shown(e.EventType)}
	case reason == underWay:
		return Report{}
	}
	r, err := newReceipt(e.MessageID, reason, e.DestinationPhoneNumber.value, time.UnixMilli(e.EventTimestamp), now)
	if err != nil {
		return Report{Err: err}
	}
	r.Region, r.Network = country(e.IsoCountryCode.value), network(e.MCC, e.MNC)
	r.Client = client(e.Context.value[otp.ContextClient].value)
	r.AuthID = authID(e.Context.value[otp.ContextAuthID].value)
	r.Parts, r.Price = parts(e.TotalMessageParts.value), micros(e.TotalMessagePrice.value)
	report := Report{Receipt: r}
	if r.Region == "" {
		report.to = &e.DestinationPhoneNumber.value
	}
	return report
}
