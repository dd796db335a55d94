package sendertest

import (
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"countersign/pkg/awsfake"
	"countersign/pkg/awssender"
	"countersign/pkg/otp"
)

// Refusal is an answer that refuses a message, and its meaning.
type Refusal struct {
	Answer       awsfake.Answer
	Code, Detail string
	Delivery     otp.Delivery
	Operator     bool
	Another      bool   // another service may take the message
	Reason       string // the wanted one; "" for any
}

// TestRefusals holds a sender to the meanings of its service's refusals.
func (s Service) TestRefusals(t *testing.T, all []Refusal) {
	t.Helper()
	fake, sender := s.start(t)
	for _, want := range all {
		fake.Next(want.Answer)
		d, _, err := sender.Send(t.Context(), Message())
		var e *awssender.Error
		if !errors.As(err, &e) || d != want.Delivery || e.Operator != want.Operator || e.ForAnother() != want.Another ||
			e.Code != want.Code || e.Detail != want.Detail || want.Reason != "" && e.Reason != want.Reason {
			t.Errorf("Send = %s, %#v, want %s and %+v", names[d], e, names[want.Delivery], want)
		}
		if e != nil && e.RequestID != awsfake.RequestID {
			t.Errorf("%s %s: request id %q", want.Code, want.Detail, e.RequestID)
		}
		checkSilence(t, err)
	}
	if fake.Count() != len(all) {
		t.Errorf("%d requests on the wire, want %d", fake.Count(), len(all))
	}
}

// SDKErrors reads the error codes in the source of the SDK's deserializer. At run time the SDK has no list of them. sdk
// is the SDK's package, and function the one that reads the errors.
func SDKErrors(t *testing.T, sdk, function string) []string {
	t.Helper()
	dir, err := exec.CommandContext(t.Context(), "go", "list", "-f", "{{.Dir}}", sdk).Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	path := filepath.Join(strings.TrimSpace(string(dir)), "deserializers.go")
	file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, d := range file.Decls {
		f, ok := d.(*ast.FuncDecl)
		if !ok || f.Name.Name != function {
			continue
		}
		ast.Inspect(f, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			if name, ok := call.Fun.(*ast.SelectorExpr); !ok || name.Sel.Name != "EqualFold" {
				return true
			}
			if code, err := strconv.Unquote(call.Args[0].(*ast.BasicLit).Value); err == nil {
				found = append(found, code)
			}
			return true
		})
	}
	return found
}
