package dynamostore

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"countersign/pkg/otp"
)

// ownedByMe: a call that lost the challenge to another one changes nothing.
const ownedByMe = "#owner = :owner"

const (
	settled   = "SET #state = :state, #result = :result, #lease = :lease"
	sentAgain = ", #sentAt = :sentAt, #mask = :mask"
	messages  = ", #messages = :messages"
)

var (
	settle     = when(settled, ownedByMe)
	settleSent = when(settled+sentAgain, ownedByMe)
	settleVoid = when(settled+", #ttl = :ttl", ownedByMe)

	settleMessage     = when(settled+messages, ownedByMe)
	settleSentMessage = when(settled+sentAgain+messages, ownedByMe)
)

// Settle implements [otp.Challenges].
func (s *Store) Settle(ctx context.Context, t otp.Settlement) (otp.Write, error) {
	e, values := settle, image{
		":owner":  text(t.Owner),
		":state":  text(string(t.State)),
		":result": text(string(t.Result)),
		":lease":  millis(t.Lease),
	}
	if t.SentAt != 0 {
		values[":sentAt"], values[":mask"] = millis(t.SentAt), text(t.Mask)
	}
	if len(t.Messages) > 0 {
		values[":messages"] = binary(t.Messages)
	}
	switch {
	case t.Forget:
		e, values[":ttl"] = settleVoid, number(int64(t.Lease)/1000)
	case t.SentAt != 0 && len(t.Messages) > 0:
		e = settleSentMessage
	case t.SentAt != 0:
		e = settleSent
	case len(t.Messages) > 0:
		e = settleMessage
	}
	return s.change(ctx, t.Key, e, values, types.ReturnValueNone)
}
