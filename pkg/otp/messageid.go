package otp

import (
	"encoding/hex"
	"fmt"
	"strings"
)

// MaxMessages is how many messages a challenge names at most, so that its item stays within one write unit: the latest
// ones.
const MaxMessages = 4

// messageIDBytes is the length of a message's id in a challenge: SNS and End User Messaging name each message by a
// UUID, whose text would take 36.
const messageIDBytes = 16

// withMessage returns the Messages of a challenge once the provider accepted one more. An id that is no UUID in lower
// case is not kept: there is nothing to join by, and nil leaves Messages unchanged.
func (c Challenge) withMessage(id string) []byte {
	raw, err := hex.DecodeString(strings.ReplaceAll(id, "-", ""))
	if err != nil || len(raw) != messageIDBytes || messageID(raw) != id {
		return nil
	}
	all := append(raw, c.Messages...)
	return all[:min(len(all), MaxMessages*messageIDBytes)]
}

// MessageIDs returns the provider's ids of a challenge's latest messages that it accepted, the newest first: at most
// [MaxMessages], in the form of UUIDs.
func (c Challenge) MessageIDs() []string {
	var ids []string
	for rest := c.Messages; len(rest) >= messageIDBytes; rest = rest[messageIDBytes:] {
		ids = append(ids, messageID(rest[:messageIDBytes]))
	}
	return ids
}

// messageID returns the text of a UUID.
func messageID(raw []byte) string {
	return fmt.Sprintf("%x-%x-%x-%x-%x", raw[:4], raw[4:6], raw[6:8], raw[8:10], raw[10:])
}

// IsMessageID reports whether a challenge keeps the id of a message, see [Challenge.MessageIDs].
func IsMessageID(id string) bool { return Challenge{}.withMessage(id) != nil }
