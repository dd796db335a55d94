package dynamostore_test

import (
	"bytes"
	"context"
	"fmt"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go/middleware"

	"countersign/pkg/dynamostore"
	"countersign/pkg/dynamostore/dynamotest"
	"countersign/pkg/message"
	"countersign/pkg/otp"
)

// unit is the largest size, in bytes, of an item whose write costs one unit.
const unit = 1024

// size is the size of an item in bytes by DynamoDB's rules: names and strings in UTF-8; a
// number has a byte for two digits and one more; a list has three and one for each element.
func size(item image) int {
	n := 0
	for name, v := range item {
		n += len(name) + valueSize(v)
	}
	return n
}

func valueSize(v types.AttributeValue) int {
	switch v := v.(type) {
	case *types.AttributeValueMemberS:
		return len(v.Value)
	case *types.AttributeValueMemberB:
		return len(v.Value)
	case *types.AttributeValueMemberN:
		return (len(v.Value)+1)/2 + 1
	case *types.AttributeValueMemberBS:
		n := 3
		for _, e := range v.Value {
			n += 1 + len(e)
		}
		return n
	case *types.AttributeValueMemberL:
		n := 3
		for _, e := range v.Value {
			n += 1 + valueSize(e)
		}
		return n
	}
	panic(fmt.Sprintf("no size for %T", v))
}

// longest has the largest value that any contract allows for each field. No one challenge has all of them: see
// [contracts].
func longest() map[string]any {
	digest, id := strings.Repeat("d", 32), strings.Repeat("i", 22)
	return map[string]any{
		"authId": challenge("id").AuthID, "print": digest,
		"state": string(otp.Reserved), "result": string(otp.Undeliverable),
		"owner": id, "lease": int64(now), "seed": digest[:16],
		"sealed": "+123456789012345 12345678" + longestPayment + strings.Repeat("t", 16), // and the tag of the cipher
		"chosen": true, "digits": 8, "kv": 1_000_000, "code": digest, "guess": digest, "op": id,
		"attempts": 5, "max": 5, "sentAt": int64(now), "expiresAt": int64(now.Add(time.Hour)), "ttl": now.Seconds(),
		"ledger": "N#" + strings.Repeat("l", 43), "mask": "+123" + strings.Repeat("*", 8) + "6353",
		"user":   "token#" + plainID + "#" + strings.Repeat("t", 43),
		"client": anyID, "region": "MY",
		"source": digest[:8], "test": true, "messages": digest + digest, "g": digest[:17],
		"pk": "", // it follows from the client, see fullest
	}
}

// longestPayment is the amount, the currency and the payee of the longest payment, in two bytes for each unit.
var longestPayment = " 999999999999.999 KWD " + strings.Repeat("p", 2*message.MaxPayee)

// The longest id of a client that signs AMS requests, and of any other client.
var (
	plainID = strings.Repeat("c", 64)
	anyID   = strings.Repeat("\U0001F600", 64)
)

// contracts changes a challenge of the [longest] values to one that the contract can make. A field that only some of
// the contracts fill is cleared in the others.
var contracts = map[string]func(c *otp.Challenge){
	"AMS, customers": func(c *otp.Challenge) {
		c.User = ""
		signed(c)
	},
	"AMS, users": func(c *otp.Challenge) {
		c.Source = nil // the request has no env
		signed(c)
	},
	"Unimatrix": func(c *otp.Challenge) { c.User = "" },
	// The guard refused the message: its tag has figures, and there is no message.
	"Unimatrix, refused": func(c *otp.Challenge) {
		c.User, c.Messages, c.Result = "", nil, otp.OverCountry
		c.Guard = bytes.Repeat([]byte("g"), 30)
	},
	"Cognito": func(c *otp.Challenge) {
		c.User = ""
		generated(c)
		c.Encrypted = c.Encrypted[len(longestPayment):]
	},
}

// signed makes a challenge one of a client that signs, after a signed re-send.
func signed(c *otp.Challenge) {
	c.Client = plainID
	c.Owner = otp.SignedMark + strings.Repeat("9", 16) + "." + c.Owner
	generated(c)
}

// generated makes the code of a challenge one that the service chose.
func generated(c *otp.Challenge) {
	c.Chosen, c.Encrypted = false, c.Encrypted[len("12345678"):]
}

// fullest returns the largest challenge that the contract allows.
func fullest(t testing.TB, contract string) otp.Challenge {
	t.Helper()
	var c otp.Challenge
	for _, f := range otp.ChallengeFields {
		field, value := reflect.ValueOf(f.Pointer(&c)).Elem(), reflect.ValueOf(longest()[f.Name])
		if !value.IsValid() {
			t.Fatalf("%s: add its largest value to longest in pkg/dynamostore/size_test.go", f.Name)
		}
		field.Set(value.Convert(field.Type()))
	}
	c.Test = false // that of a test number has neither a ledger nor a message
	contracts[contract](&c)
	c.Key = otp.ChallengeKey(c.Client, contract)
	return c
}

func TestFullestChallengeIsOneUnit(t *testing.T) {
	for contract := range contracts {
		got := size(dynamostore.WriteChallenge(fullest(t, contract)))
		t.Logf("%s: %d bytes, %d are left", contract, got, unit-got)
		if got > unit {
			t.Errorf("the fullest challenge of %s has %d bytes, %d more than one write unit: shorten the field "+
				"or its name, or store a digest of it; if %s never fills it, or not beside another field, clear one "+
				"of them in contracts in pkg/dynamostore/size_test.go", contract, got, got-unit, contract)
		}
	}
}

// consumed keeps the capacity that writes consumed.
type consumed struct {
	mu    sync.Mutex
	units map[string]float64 // the highest of each operation
}

// asking returns client with writes that ask for the capacity that they consume.
func (c *consumed) asking(client *dynamodb.Client) *dynamodb.Client {
	ask := func(
		ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler,
	) (middleware.InitializeOutput, middleware.Metadata, error) {
		switch in := in.Parameters.(type) {
		case *dynamodb.PutItemInput:
			in.ReturnConsumedCapacity = types.ReturnConsumedCapacityTotal
		case *dynamodb.UpdateItemInput:
			in.ReturnConsumedCapacity = types.ReturnConsumedCapacityTotal
		}
		out, md, err := next.HandleInitialize(ctx, in)
		switch out := out.Result.(type) {
		case *dynamodb.PutItemOutput:
			c.note("PutItem", out.ConsumedCapacity)
		case *dynamodb.UpdateItemOutput:
			c.note("UpdateItem", out.ConsumedCapacity)
		}
		return out, md, err
	}
	add := func(s *middleware.Stack) error {
		return s.Initialize.Add(middleware.InitializeMiddlewareFunc("ask for capacity", ask), middleware.Before)
	}
	return dynamodb.New(client.Options(), func(o *dynamodb.Options) { o.APIOptions = append(o.APIOptions, add) })
}

func (c *consumed) note(operation string, got *types.ConsumedCapacity) {
	if got == nil || got.CapacityUnits == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.units[operation] = max(c.units[operation], *got.CapacityUnits)
}

// Every write on the fullest items consumes one unit (P8): on the challenges of all contracts, and on a ledger with the
// longest list of the widest policy.
func TestFullestItemsConsumeOneUnit(t *testing.T) {
	c := consumed{units: map[string]float64{}}
	table := dynamotest.Table(t)
	client := dynamotest.Client(t, nil)
	s := dynamostore.New(c.asking(client), table)
	for contract := range contracts {
		writeChallenge(t, s, fullest(t, contract))
	}
	key := fullest(t, "AMS, users").LedgerKey
	for name, limits := range map[string]otp.Limits{
		"a client's":   otp.Policy{PerHour: 20, PerDay: 20, Unanswered: 100, Pause: time.Hour}.KnownLimits(),
		"all clients'": {Windows: []otp.Window{{Sends: otp.MaxNumberPerDay, In: 24 * time.Hour}}, Uncounted: true},
	} {
		largest := fillLedger(t, s, key[:len(key)-1]+name[1:2], limits, func(key string) int {
			return size(item(t, client, table, key))
		})
		t.Logf("%s largest ledger has %d bytes", name, largest)
		if largest > unit {
			t.Errorf("%s largest ledger has %d bytes, more than %d", name, largest, unit)
		}
	}
	for _, operation := range []string{"PutItem", "UpdateItem"} {
		if got := c.units[operation]; got != 1 {
			t.Errorf("%s consumed up to %v units, want 1", operation, got)
		}
	}
}

// A receipt with the largest values is one unit, and so is the write that puts it in the place of another one. A client
// whose id is not plain is in it as a digest.
func TestFullestReceiptIsOneUnit(t *testing.T) {
	r := otp.Receipt{
		MessageID: "0123abcd-89ef-4000-8000-000000000001",
		Network:   "502-123", At: now, Parts: 10, Price: 100_000_000, TTL: now.Seconds(),
		Reported: otp.Reported{
			Client: plainID, AuthID: challenge("id").AuthID, Region: "MY",
			Mask: "+123" + strings.Repeat("*", 8) + "6353",
		},
	}
	c := consumed{units: map[string]float64{}}
	s := dynamostore.New(c.asking(dynamotest.Client(t, nil)), dynamotest.Table(t))
	for _, r.Reason = range otp.Reasons() {
		if got := size(dynamostore.WriteReceipt(r)); got > unit/2 {
			t.Errorf("the fullest receipt has %d bytes, more than half of the %d of one write unit", got, unit)
		}
		if _, err := s.Receive(t.Context(), r); err != nil {
			t.Fatal(err)
		}
	}
	if got := c.units["PutItem"]; got != 1 {
		t.Errorf("a receipt consumed up to %v units, want 1", got)
	}
}

// fillLedger counts a hundred sends and returns the largest size that the ledger had. Its known sources are as many as
// can be, unless it counts no unanswered messages: then it is no client's.
func fillLedger(t *testing.T, s *dynamostore.Store, key string, limits otp.Limits, sizeOf func(string) int) int {
	t.Helper()
	largest, at := 0, now
	for n := range 100 {
		at = at.Add((24*time.Hour + otp.LongestLife) / time.Duration(limits.Depth()))
		p := otp.Spend{Key: key, ID: fmt.Sprintf("%011d", n), Now: at, Limits: limits, TTL: at.Seconds()}
		if got, err := s.Spend(t.Context(), p); err != nil || !got.Applied {
			t.Fatal(got, err)
		}
		largest = max(largest, sizeOf(key))
		if limits.Uncounted {
			continue
		}
		a := otp.Answer{Ledger: key, Source: bytes.Repeat([]byte{byte(n)}, 8), At: at}
		if err := s.Answered(t.Context(), a); err != nil {
			t.Fatal(err)
		}
	}
	return largest + len("01234567890") + 1 + 8 + 1 // the entry that the trim of the same spend drops
}

// writeChallenge stores a challenge, takes it over, and settles it.
func writeChallenge(t *testing.T, s *dynamostore.Store, c otp.Challenge) {
	t.Helper()
	if w, err := s.Reserve(t.Context(), c, nil, now); err != nil || !w.Applied {
		t.Fatal(w, err)
	}
	take := otp.TakeOver{Key: c.Key, From: c.Owner, Owner: strings.Repeat("n", 22), Lease: c.Lease, Now: c.Lease}
	if w, err := s.TakeOver(t.Context(), take); err != nil || !w.Applied {
		t.Fatal(w, err)
	}
	settle := otp.Settlement{
		Key: c.Key, Owner: take.Owner, State: otp.Delivered, Result: otp.Undeliverable, Lease: c.Lease,
	}
	if w, err := s.Settle(t.Context(), settle); err != nil || !w.Applied {
		t.Fatal(w, err)
	}
}

func item(t testing.TB, client *dynamodb.Client, table, key string) image {
	t.Helper()
	got, err := client.GetItem(t.Context(), &dynamodb.GetItemInput{
		TableName: &table, Key: image{"pk": &types.AttributeValueMemberS{Value: key}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return got.Item
}
