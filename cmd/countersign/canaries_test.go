package main

import (
	"crypto/rand"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"countersign/pkg/dynamostore/dynamotest"
	"countersign/pkg/filetest"
)

// canaries sends a code, checks it in several ways, and ends the server. It returns the code
// and the number, which the server must not keep (P14).
func canaries(t *testing.T, p *process) []string {
	t.Helper()
	p.post(initPath, docRequest)
	code := p.messages("+606543216353")[0].Code
	for _, guess := range []string{"000000", code + "0", code} {
		p.post(verifyPath, verifyBody(docID, guess))
	}
	p.post(initPath, strings.Replace(docRequest, "60-6543216353", "60-65432163539999", 1))
	eventually(t, "the receipt of the message", func() bool { return received(p.messages("")) == 1 })
	if err := p.end(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	canaries := []string{code, "6543216353", "606543216353"}
	for line := range strings.Lines(p.out.String()) {
		if !strings.HasPrefix(line, "SMS to") && !strings.HasPrefix(line, "curl") {
			silent(t, "the log", []byte(line), canaries)
		}
	}
	return canaries
}

// silent fails if text has a canary. It ignores canaries inside longer numbers, because six
// digits of an authenticationId may equal a code by chance.
func silent(t *testing.T, name string, text []byte, canaries []string) {
	t.Helper()
	for _, canary := range canaries {
		if regexp.MustCompile(`(^|[^0-9])` + canary + `([^0-9]|$)`).Match(text) {
			t.Errorf("%s has %s", name, canary)
		}
	}
}

// TestNothingInFiles looks for codes and numbers in the data folder. Only the outbox, which
// stands for the phone, may have them.
func TestNothingInFiles(t *testing.T) {
	p := serveOn(t, newFolder(t))
	canaries := canaries(t, p)
	files, err := filepath.Glob(filepath.Join(p.data, "*"))
	if err != nil || len(files) < 3 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		if info, _ := os.Stat(file); info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s has mode %v", file, info.Mode())
		}
		if filepath.Base(file) == "outbox.jsonl" {
			continue
		}
		text := filetest.Read(t, file)
		silent(t, file, text, canaries)
	}
}

// TestNothingInTable looks for codes and numbers in the table.
func TestNothingInTable(t *testing.T) {
	table := "canary-" + rand.Text()
	t.Setenv("COUNTERSIGN_TABLE", table)
	p := serveOn(t, newFolder(t), "--store", "dynamodb", "--dynamodb-endpoint", dynamotest.Endpoint(t))
	canaries := canaries(t, p)
	dump, err := dynamotest.Client(t, nil).Scan(t.Context(), &dynamodb.ScanInput{TableName: &table})
	if err != nil || len(dump.Items) < 2 {
		t.Fatalf("%d items, %v; want a challenge and a ledger at least", len(dump.Items), err)
	}
	for _, item := range dump.Items {
		for name, value := range item {
			switch v := value.(type) {
			case *types.AttributeValueMemberB:
				silent(t, name, v.Value, canaries)
			case *types.AttributeValueMemberS:
				silent(t, name, []byte(v.Value), canaries)
			default:
				silent(t, name, fmt.Append(nil, value), canaries)
			}
		}
	}
}
