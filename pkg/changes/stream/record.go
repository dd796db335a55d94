package stream

import (
	"cmp"
	"encoding/json"
	"errors"
	"strings"

	"github.com/aws/aws-lambda-go/events"

	"countersign/pkg/changes"
	"countersign/pkg/otp"
)

// record is one record of the stream.
type record struct {
	arn      string // of the stream
	sequence string // number of the record; "" if it cannot be read
	facts    []changes.Fact
	err      error // set if the record cannot be read; its text has no values
}

// sweeper is the principal that deletes items whose TTL is over.
const sweeper = "dynamodb.amazonaws.com"

// read decodes a record and derives its facts. first is the sequence number of the first record of its batch, "" for
// that record itself.
func read(text json.RawMessage, first string) (r record) {
	var in events.DynamoDBEventRecord
	if json.Unmarshal(text, &in) != nil {
		return unread(text)
	}
	r = record{arn: in.EventSourceArn, sequence: in.Change.SequenceNumber}
	pk, ok := in.Change.Keys["pk"]
	if !ok || pk.DataType() != events.DataTypeString {
		r.err = errors.New(`the key "pk" is missing or not a string`)
		return r
	}
	c := changes.Change{
		At:    in.Change.ApproximateCreationDateTime.Time,
		Swept: in.UserIdentity != nil && in.UserIdentity.PrincipalID == sweeper,
		First: cmp.Or(first, r.sequence), Record: r.sequence,
	}
	switch key := pk.String(); { // changes of the table's other items mean nothing here
	case strings.HasPrefix(key, otp.ChallengePrefix):
		c.Was, c.Is, r.err = images(in.Change, image)
	case strings.HasPrefix(key, otp.ReceiptPrefix):
		c.WasReceipt, c.Receipt, r.err = images(in.Change, receipt)
	}
	if r.err == nil {
		r.facts = changes.Facts(c)
	}
	return r
}

// images reads the item of a change before and after it. One of both may be nil.
func images[T any](c events.DynamoDBStreamRecord, read func(item) (*T, error)) (was, is *T, err error) {
	was, err = read(c.OldImage)
	is, err2 := read(c.NewImage)
	switch {
	case err != nil:
		err = errors.New("before the change: " + err.Error())
	case err2 != nil:
		err = errors.New("after the change: " + err2.Error())
	case was == nil && is == nil:
		err = errors.New("it has no image: the stream's view type must be NEW_AND_OLD_IMAGES")
	}
	return was, is, err
}

// unread returns the place of a record that does not have Lambda's form. Its error does
// not quote the decoder's error, which may quote values.
func unread(text json.RawMessage) record {
	var in struct {
		EventSourceArn string `json:"eventSourceARN"`
		Change         struct {
			SequenceNumber string
		} `json:"dynamodb"`
	}
	_ = json.Unmarshal(text, &in) // fills the fields that it can read
	err := errors.New("it is not a record of DynamoDB's")
	return record{arn: in.EventSourceArn, sequence: in.Change.SequenceNumber, err: err}
}
