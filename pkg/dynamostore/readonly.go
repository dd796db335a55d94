package dynamostore

import (
	"context"
	"fmt"
	"slices"

	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/smithy-go/middleware"
)

// reads are the operations of a client that only reads. An operator who looks at tables needs the permissions of the
// same names.
var reads = []string{"GetItem", "BatchGetItem", "Query", "Scan"}

// onlyReads has a client refuse all other operations before anything is sent.
func onlyReads(stack *middleware.Stack) error {
	check := func(
		ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler,
	) (out middleware.InitializeOutput, data middleware.Metadata, err error) {
		if operation := awsmiddleware.GetOperationName(ctx); !slices.Contains(reads, operation) {
			return out, data, fmt.Errorf("%s: this process only reads", operation)
		}
		return next.HandleInitialize(ctx, in)
	}
	// After what registers the name of the operation.
	return stack.Initialize.Add(middleware.InitializeMiddlewareFunc("OnlyReads", check), middleware.After)
}
