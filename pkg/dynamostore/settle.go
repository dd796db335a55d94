package dynamostore

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"countersign/pkg/otp"
)

// ownedByMe: a call that lost the challenge to another one changes nothing.
const ownedByMe = "#owner = :owner"

const settled = "SET #state = :state, #result = :result, #lease = :lease"

var (
	settle     = when(settled, ownedByMe)
	settleSent = when(settled+", #sentAt = :sentAt, #mask = :mask", ownedByMe)
	settleVoid = when(settled+", #ttl = :ttl", ownedByMe)
)

// Settle implements [otp.Challenges].
func (s *Store) Settle(ctx context.Context, t otp.Settlement) (otp.Write, error) {
	e, values := settle, image{
		":owner":  text(t.Owner),
		":state":  text(string(t.State)),
		":result": text(string(t.Result)),
		":lease":  millis(t.Lease),
	}
	switch {
	case t.Forget:
		e, values[":ttl"] = settleVoid, number(int64(t.Lease)/1000)
	case t.SentAt != 0:
		e, values[":sentAt"], values[":mask"] = settleSent, millis(t.SentAt), text(t.Mask)
	}
	return s.change(ctx, t.Key, e, values, types.ReturnValueNone)
}
