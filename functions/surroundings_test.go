package functions

import (
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"countersign/pkg/awsfake"
	"countersign/pkg/dynamostore/dynamotest"
)

// unclear is SNS that gives no clear answer for one number. See [flaky].
type unclear struct{ stub *awsfake.SNS }

func (u *unclear) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.PostFormValue("PhoneNumber") == "+606543216359" {
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	u.stub.ServeHTTP(w, r)
}

// facts has the kinds of the events that were put on the bus.
type facts struct {
	mu    sync.Mutex
	kinds []string
}

func (f *facts) add(kind, _ string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.kinds = append(f.kinds, kind)
}

// wipe deletes all challenges, all ledgers, and all budgets but those of countries.
func (b *binaries) wipe(t *testing.T) {
	t.Helper()
	client, table := dynamotest.Client(t, nil), os.Getenv("COUNTERSIGN_TABLE")
	all, err := client.Scan(t.Context(), &dynamodb.ScanInput{TableName: &table})
	if err != nil || all.LastEvaluatedKey != nil {
		t.Fatal(err, all)
	}
	for _, item := range all.Items {
		if key := item["pk"].(*types.AttributeValueMemberS).Value; strings.HasPrefix(key, "G#demo#c#") {
			continue
		}
		delete := &dynamodb.DeleteItemInput{TableName: &table}
		delete.Key = map[string]types.AttributeValue{"pk": item["pk"]}
		if _, err := client.DeleteItem(t.Context(), delete); err != nil {
			t.Fatal(err)
		}
	}
}
