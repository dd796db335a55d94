package dynamostore

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"countersign/pkg/otp"
)

// ownedByMe: who was taken over from has no say any more.
const ownedByMe = "#owner = :owner"

var settle = when("SET #state = :state, #result = :result, #lease = :lease", ownedByMe)

// Settle implements [otp.Challenges].
func (s *Store) Settle(ctx context.Context, t otp.Settlement) (otp.Write, error) {
	return s.change(ctx, t.Key, settle, image{
		":owner":  text(t.Owner),
		":state":  text(string(t.State)),
		":result": text(string(t.Result)),
		":lease":  millis(t.Lease),
	}, types.ReturnValueNone)
}
