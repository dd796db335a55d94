package dynamostore

import (
	"bytes"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"countersign/pkg/changes"
)

// ReadImage reads the item of a challenge as facts are told from it, for package
// streams. What is missing or mistyped is an error, which names the attribute and
// not its value.
func ReadImage(item map[string]types.AttributeValue) (*changes.Image, error) {
	c, err := readChallenge(item)
	if err != nil {
		return nil, err
	}
	return &changes.Image{
		Key: c.Key, AuthID: c.AuthID, Seed: c.Seed, State: c.State, Result: c.Result,
		Passed: bytes.Equal(c.Guess, c.Code), Op: c.Op, Attempts: c.Attempts, Max: c.Max,
		SentAt: c.SentAt, ExpiresAt: c.ExpiresAt, Ledger: c.LedgerKey, Mask: c.Mask, Client: c.Client, Region: c.Region,
	}, nil
}
