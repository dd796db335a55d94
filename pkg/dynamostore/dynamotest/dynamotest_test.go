package dynamotest

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"countersign/pkg/dynamostore/engine"
	"countersign/pkg/otp"
)

// Other parts of a template are ignored, also its short forms.
func TestParse(t *testing.T) {
	const table = `
Resources:
  Function:
    Type: AWS::Serverless::Function
    Properties:
      Environment: !If [Prod, !Sub "${A}", !GetAtt B.Arn]
  ChallengesTable:
    Type: %s
    Properties:
      BillingMode: PAY_PER_REQUEST
      KeySchema: [{AttributeName: pk, KeyType: HASH}]
      TimeToLiveSpecification: {AttributeName: ttl, Enabled: true}
      StreamSpecification: {StreamViewType: NEW_IMAGE}
  ClientsTable:
    Type: %s
    Properties:
      KeySchema: [{AttributeName: id, KeyType: HASH}]
`
	good := strings.ReplaceAll(table, "%s", "AWS::DynamoDB::Table")
	d, err := parse([]byte(good))
	if err != nil {
		t.Fatal(err)
	}
	if got := d.Challenges.Table.StreamSpecification.StreamViewType; got != types.StreamViewTypeNewImage {
		t.Errorf("stream view is %q", got)
	}
	if c := d.Challenges; len(c.Table.KeySchema) != 1 || *c.TimeToLive.AttributeName != "ttl" {
		t.Errorf("the challenges are parsed as %+v", c)
	}
	c := d.Clients
	if len(c.Table.KeySchema) != 1 || *c.Table.KeySchema[0].AttributeName != "id" {
		t.Errorf("the key of the clients is parsed as %+v", c.Table.KeySchema)
	}
	if c.Table.StreamSpecification != nil || c.TimeToLive != nil {
		t.Errorf("the clients are parsed with a stream or a TTL: %+v", c)
	}
	for _, bad := range []string{
		"", "Resources: {}", "a: b: c",
		strings.ReplaceAll(table, "%s", "AWS::Serverless::SimpleTable"),
		strings.Replace(good, "ClientsTable", "OtherTable", 1),
		strings.Replace(good, "ChallengesTable", "OtherTable", 1),
	} {
		if _, err := parse([]byte(bad)); err == nil {
			t.Errorf("no error for %q", bad)
		}
	}
}

// verdict records the end of a test.
type verdict struct {
	testing.TB
	end string
}

func (v *verdict) Helper()                     {}
func (v *verdict) Name() string                { return "TestOfSomebody" }
func (v *verdict) Skipf(f string, args ...any) { v.end = "skip: " + fmt.Sprintf(f, args...) }
func (v *verdict) Fatalf(f string, args ...any) {
	v.end = "fail: " + fmt.Sprintf(f, args...)
	panic(v)
}

func TestMissingEngine(t *testing.T) {
	for ci, want := range map[string]string{"": "skip", "true": "fail"} {
		t.Setenv("CI", ci)
		v := &verdict{TB: t}
		func() {
			defer func() { _ = recover() }()
			missing(v, errors.New("no engine"))
		}()
		for _, part := range []string{
			want + ":", "NOT TESTED: TestOfSomebody", "no engine", "make tools", "DYNAMODB_ENDPOINT",
		} {
			if !strings.Contains(v.end, part) {
				t.Errorf("with CI=%q the test ended with %q, which lacks %q", ci, v.end, part)
			}
		}
	}
}

// The engine ends with the test process, even one that is killed.
func TestEngineEndsWithItsProcess(t *testing.T) {
	const child = "DYNAMOTEST_CHILD"
	if os.Getenv(child) != "" {
		fmt.Printf("%s\n", Endpoint(t))
		select {} // until killed
	}
	root, err := engine.ModuleRoot()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := engine.Path(root); err != nil && os.Getenv("DYNAMODB_ENDPOINT") != "" {
		t.Skipf("SKIPPED: there is no engine to start, and the tests use DYNAMODB_ENDPOINT: %v", err)
	}
	t.Setenv("DYNAMODB_ENDPOINT", "")
	Endpoint(t) // skips where there is none, and fails with CI=true
	self := exec.Command(os.Args[0], "-test.run=^TestEngineEndsWithItsProcess$")
	self.Env = append(os.Environ(), child+"=1")
	out, err := self.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := self.Start(); err != nil {
		t.Fatal(err)
	}
	var endpoint string
	if _, err := fmt.Fscanln(out, &endpoint); err != nil {
		t.Fatal(err)
	}
	if !answers(t, endpoint) {
		t.Error("the engine does not answer while its process lives")
	}
	if err := self.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = self.Wait() // it was killed
	patience, poll := time.After(10*time.Second), time.NewTicker(10*time.Millisecond)
	defer poll.Stop()
	for answers(t, endpoint) {
		select {
		case <-patience:
			t.Fatal("the engine still answers 10 s after the end of its process")
		case <-poll.C:
		}
	}
}

func answers(t *testing.T, endpoint string) bool {
	t.Helper()
	u, err := url.Parse(endpoint)
	if err != nil {
		t.Fatal(err)
	}
	c, err := net.Dial("tcp", u.Host)
	if err != nil {
		return false
	}
	return c.Close() == nil
}

// A request is applied or not as its fault states, and the wire counts it in any case.
func TestWire(t *testing.T) {
	table := Table(t)
	for _, c := range []struct {
		name    string
		fault   Fault
		applied bool
	}{
		{"lost", Lost, false},
		{"answer lost", AnswerLost, true},
		{"answer cut", AnswerCut, true},
		{"throttled", Throttled, false},
		{"failed", Failed, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			wire := NewWire(func(n int, _ string) Fault { return map[int]Fault{2: c.fault}[n] })
			client := Client(t, wire)
			once := dynamodb.New(client.Options(), func(o *dynamodb.Options) { o.RetryMaxAttempts = 1 })
			write := func(pk string) error {
				_, err := once.PutItem(t.Context(), &dynamodb.PutItemInput{TableName: &table, Item: key(pk)})
				return err
			}
			if err := write(c.name + " 1"); err != nil {
				t.Error(err)
			}
			if err := write(c.name + " 2"); err == nil {
				t.Error("the second write has no error")
			}
			got, err := once.GetItem(t.Context(), &dynamodb.GetItemInput{TableName: &table, Key: key(c.name + " 2")})
			if err != nil || (got.Item != nil) != c.applied {
				t.Errorf("applied %v, want %v, error %v", got.Item != nil, c.applied, err)
			}
			if n := wire.Counts(); n["PutItem"] != 2 || n["GetItem"] != 1 || wire.Total() != 3 {
				t.Errorf("counted %v, %d in all", n, wire.Total())
			}
		})
	}
}

func key(pk string) map[string]types.AttributeValue {
	return map[string]types.AttributeValue{"pk": &types.AttributeValueMemberS{Value: pk}}
}

func TestStore(t *testing.T) {
	s := Store(t, nil)
	w, err := s.Settle(t.Context(), otp.Settlement{Key: "C#none"})
	if err != nil || w.Applied || w.Item != nil {
		t.Errorf("settling no challenge: %+v, %v", w, err)
	}
}
