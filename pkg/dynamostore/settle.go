package dynamostore

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"countersign/pkg/otp"
)

// ownedByMe: a call that lost the challenge to another one changes nothing.
const ownedByMe = "#owner = :owner"

const settled = "SET #state = :state, #result = :result, #lease = :lease"

// What some settlements also set, each with a bit of its own.
var settledParts = [...]string{
	", #sentAt = :sentAt, #mask = :mask", ", #messages = :messages", ", #g = :g", ", #ttl = :ttl",
}

const (
	settlesSentAt = 1 << iota
	settlesMessages
	settlesGuard
	settlesTTL
)

// settlements are the expressions of a settlement, by the bits of its parts.
var settlements = func() (all [1 << len(settledParts)]*expression) {
	for bits := range all {
		update := settled
		for i, part := range settledParts {
			if bits&(1<<i) != 0 {
				update += part
			}
		}
		all[bits] = when(update, ownedByMe)
	}
	return all
}()

// Settle implements [otp.Challenges].
func (s *Store) Settle(ctx context.Context, t otp.Settlement) (otp.Write, error) {
	bits, values := 0, image{
		":owner":  text(t.Owner),
		":state":  text(string(t.State)),
		":result": text(string(t.Result)),
		":lease":  millis(t.Lease),
	}
	if t.SentAt != 0 {
		bits |= settlesSentAt
		values[":sentAt"], values[":mask"] = millis(t.SentAt), text(t.Mask)
	}
	if len(t.Messages) > 0 {
		bits |= settlesMessages
		values[":messages"] = binary(t.Messages)
	}
	if len(t.Guard) > 0 {
		bits |= settlesGuard
		values[":g"] = binary(t.Guard)
	}
	if t.Forget {
		bits |= settlesTTL
		values[":ttl"] = number(int64(t.Lease) / 1000)
	}
	return s.change(ctx, t.Key, settlements[bits], values, types.ReturnValueNone)
}
