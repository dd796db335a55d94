package dynamostore

import (
	"context"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"countersign/pkg/otp"
)

// Challenge reads a challenge for an operator; it is nil if there is none. No call of a client reads one.
func (s *Store) Challenge(ctx context.Context, key string) (*otp.Challenge, error) {
	item, err := s.get(ctx, key)
	if item == nil {
		return nil, err
	}
	return ReadChallenge(item)
}

// maxOperands is the most operands of IN in a filter.
const maxOperands = 100

// ChallengesOf reads the challenges of the numbers with these ledgers, for an operator. It scans the whole table with
// eventual reads, page by page. There is no index: an index would cost a write for each write of a challenge.
func (s *Store) ChallengesOf(ctx context.Context, ledgers []string) (all []*otp.Challenge, err error) {
	if len(ledgers) == 0 {
		return nil, nil
	}
	wanted := map[string]bool{}
	for _, ledger := range ledgers {
		wanted[ledger] = true
	}
	for pages := dynamodb.NewScanPaginator(s.client, s.ofLedgers(ledgers)); pages.HasMorePages(); {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, Describe("Scan", *s.table, err)
		}
		for _, item := range page.Items {
			c, err := ReadChallenge(item)
			if err != nil {
				return nil, err
			}
			if wanted[c.LedgerKey] {
				all = append(all, c)
			}
		}
	}
	return all, nil
}

// ofLedgers is the scan for challenges of ledgers. If a filter cannot name all of them, the scan returns all
// challenges.
func (s *Store) ofLedgers(ledgers []string) *dynamodb.ScanInput {
	if len(ledgers) > maxOperands {
		return &dynamodb.ScanInput{
			TableName:                 s.table,
			FilterExpression:          aws.String("begins_with(#pk, :challenge)"),
			ExpressionAttributeNames:  map[string]string{"#pk": "pk"},
			ExpressionAttributeValues: image{":challenge": text(otp.ChallengePrefix)},
		}
	}
	values := image{}
	operands := make([]string, len(ledgers))
	for i, ledger := range ledgers {
		operands[i] = fmt.Sprint(":l", i)
		values[operands[i]] = text(ledger)
	}
	return &dynamodb.ScanInput{
		TableName:                 s.table,
		FilterExpression:          aws.String("#ledger IN (" + strings.Join(operands, ", ") + ")"),
		ExpressionAttributeNames:  map[string]string{"#ledger": "ledger"},
		ExpressionAttributeValues: values,
	}
}
