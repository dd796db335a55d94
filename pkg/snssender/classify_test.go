package snssender

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
	"countersign/pkg/otp"
	"countersign/pkg/otp/sendertest"
)

// codes has the error codes by their meaning. classify.go has the meanings by their code.
var codes = []struct {
	want     otp.Delivery
	operator bool
	codes    []string
}{
	{otp.Refused, false, []string{"OptedOut"}},
	{otp.Refused, true, []string{
		"AccessDenied", "AccessDeniedException", "AuthorizationError", "EndpointDisabled", "IncompleteSignature",
		"InvalidAction", "InvalidClientTokenId", "InvalidParameter", "InvalidParameterCombination",
		"InvalidParameterValue", "InvalidQueryParameter", "InvalidSecurity", "KMSAccessDenied", "KMSDisabled",
		"KMSInvalidState", "KMSNotFound", "KMSOptInRequired", "MalformedQueryString", "MissingAction",
		"MissingAuthenticationToken", "MissingParameter", "NotAuthorized", "NotFound", "OptInRequired",
		"ParameterValueInvalid", "PlatformApplicationDisabled", "SignatureDoesNotMatch",
		"UnknownOperationException", "UnrecognizedClientException", "UserError", "ValidationError",
		"ValidationException",
	}},
	{otp.MaybeSent, false, []string{
		"InternalError", "InternalFailure", "KMSThrottling", "ServiceUnavailable", "Throttled",
		"ThrottledException", "Throttling", "ThrottlingException",
	}},
	{otp.MaybeSent, true, []string{"ExpiredToken", "ExpiredTokenException", "RequestExpired"}},
}

func TestEveryCode(t *testing.T) {
	stub, s := start(t, Config{})
	n := 0
	for _, group := range codes {
		for _, code := range group.codes {
			n++
			stub.Next(awsfake.FailSNSWith(400, code, "Invalid parameter: Message Reason: it says (%s, %s)"))
			d, _, err := s.Send(t.Context(), sendertest.Message())
			var e *Error
			if !errors.As(err, &e) || d != group.want || e.Operator != group.operator || e.Code != code {
				t.Errorf("%s: %v, %+v, want %v, operator %v", code, d, e, group.want, group.operator)
			}
			if e != nil && e.RequestID != awsfake.RequestID {
				t.Errorf("%s: request id %q", code, e.RequestID)
			}
			checkSilence(t, err)
		}
	}
	if n != len(rules) {
		t.Errorf("%d codes tested, %d in the table", n, len(rules))
	}
	if stub.Count() != n {
		t.Errorf("%d requests on the wire, want %d", stub.Count(), n)
	}
}

// SNS has one code for a bad number and for a bad setting. Only the latter is
// worth an alarm, or strangers could raise it by typing.
func TestWhoIsToBlame(t *testing.T) {
	stub, s := start(t, Config{})
	for words, operator := range map[string]bool{
		"Invalid parameter: PhoneNumber Reason: %s is not valid to publish to":  false,
		"Invalid parameter: AWS.SNS.SMS.SenderID Reason: not a valid sender ID": true,
	} {
		for _, code := range []string{"InvalidParameter", "ParameterValueInvalid", "ValidationException"} {
			stub.Next(awsfake.FailSNSWith(400, code, words))
			d, _, err := s.Send(t.Context(), sendertest.Message())
			var e *Error
			if !errors.As(err, &e) || d != otp.Refused || e.Operator != operator {
				t.Errorf("%s, %s: %v, %+v, want Refused, operator %v", code, words, d, e, operator)
			}
		}
	}
}

// An error that a new version of the SDK knows of must get a row.
func TestEveryErrorOfTheSDKHasARow(t *testing.T) {
	known := sdkCodes(t)
	if len(known) < 15 {
		t.Fatalf("only %d errors found in the SDK's source: %v", len(known), known)
	}
	for _, code := range known {
		if _, ok := rules[code]; !ok {
			t.Errorf("the SDK knows the error %s of Publish, classify.go does not", code)
		}
	}
}

// sdkCodes reads the codes in the source of the SDK's deserializer. At run time the SDK has no list of them.
func sdkCodes(t *testing.T) []string {
	t.Helper()
	const sdk = "github.com/aws/aws-sdk-go-v2/service/sns"
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
		if !ok || f.Name.Name != "awsAwsquery_deserializeOpErrorPublish" {
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
