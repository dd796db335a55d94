package functions

import (
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v4"
)

// role has the permissions of a function, or of the state machine, in template.yaml. SAM adds permissions that no test
// here reads: writing logs and traces (the managed policies AWSLambdaBasicExecutionRole and AWSXRayDaemonWriteAccess),
// reading the stream (AWSLambdaDynamoDBExecutionRole), and sqs:SendMessage to the queue of failed batches. The queue of
// failed events has FailedEventsPolicy, see TestTemplateIsClosed. Lambda itself uses the permissions on the queue of
// receipts, see [action.byLambda].
type role struct {
	name          string // of the resource
	statements    []statement
	conditional   map[string][]statement // by the condition under which a deployment has them
	substitutions map[string]string      // in the state machine's definition
}

// statement is one statement of a role's policies.
type statement struct {
	allow     bool
	actions   []action
	resource  string              // as in a !Sub, with names in ${}
	condition map[string]string   // StringEquals: a value by key
	like      map[string][]string // ForAllValues:StringLike: patterns by key
}

type action struct {
	name, comment string
	line          int // in template.yaml
}

// byLambda reports whether Lambda makes the requests, in the name of the function.
func (a action) byLambda() bool { return strings.HasPrefix(a.name, "sqs:") }

// roles reads the roles in template.yaml, each under the last part of its CodeUri or
// DefinitionUri: "init".
func roles(t *testing.T) map[string]role {
	t.Helper()
	var parsed struct {
		Resources map[string]struct {
			Type       string    `yaml:"Type"`
			Properties yaml.Node `yaml:"Properties"`
		} `yaml:"Resources"`
	}
	readTemplate(t, &parsed)
	// Tables and the keyring go by the variables that name them: the tests choose their values.
	var variables []string
	for variable, value := range globals(t).Variables {
		if value = first(value); value.Tag == "!Ref" {
			variables = append(variables, "${"+value.Value+"}", "${"+variable+"}",
				"${"+value.Value+".Arn}", tables+"${"+variable+"}")
		}
	}
	all := map[string]role{}
	for name, r := range parsed.Resources {
		if r.Type == "AWS::Serverless::Function" || r.Type == "AWS::Serverless::StateMachine" {
			source, read := readRole(t, name, r.Properties, strings.NewReplacer(variables...))
			all[path.Base(source)] = read
		}
	}
	return all
}

// first returns the first value of an !If, which is a resource of the stack or a parameter. Its second value must be
// KeyringArn or ConfigurationSet, parameters that name another resource, or "". A node that is no !If is returned as it
// is.
func first(n yaml.Node) yaml.Node {
	if n.Tag != "!If" {
		return n
	}
	others := []string{"KeyringArn", "ConfigurationSet"}
	if other := n.Content[2]; other.Value != "" && (other.Tag != "!Ref" || !slices.Contains(others, other.Value)) {
		return yaml.Node{}
	}
	return *n.Content[1]
}

// readRole reads the role of one resource, and the folder or file that it runs.
func readRole(t *testing.T, name string, properties yaml.Node, variables *strings.Replacer) (source string, _ role) {
	t.Helper()
	var p struct {
		CodeURI       string               `yaml:"CodeUri"`
		DefinitionURI string               `yaml:"DefinitionUri"`
		Substitutions map[string]yaml.Node `yaml:"DefinitionSubstitutions"`
		Role          yaml.Node            `yaml:"Role"`
		Policies      []struct {
			Statement []yaml.Node `yaml:"Statement"`
		} `yaml:"Policies"`
	}
	if err := properties.Decode(&p); err != nil {
		t.Fatalf("%s: write its permissions as statements in Policies; these tests read nothing else: %v", name, err)
	}
	if !p.Role.IsZero() {
		t.Fatalf("%s shares a role: give it Policies instead of Role", name)
	}
	r := role{name: name, conditional: map[string][]statement{}, substitutions: map[string]string{}}
	for key, value := range p.Substitutions {
		r.substitutions[key] = substituted(value)
	}
	for _, policy := range p.Policies {
		if len(policy.Statement) == 0 {
			t.Fatalf("%s has a policy without statements: write them out, as these tests read nothing else", name)
		}
		for _, node := range policy.Statement {
			if node.Tag != "!If" {
				r.statements = append(r.statements, readStatement(t, name, node, variables))
				continue
			}
			when, otherwise := node.Content[0].Value, *node.Content[2]
			if otherwise.Tag != "!Ref" || otherwise.Value != "AWS::NoValue" {
				t.Fatalf("%s, line %d: a statement with !If must be !Ref AWS::NoValue otherwise", name, node.Line)
			}
			read := readStatement(t, name, *node.Content[1], variables)
			r.conditional[when] = append(r.conditional[when], read)
		}
	}
	return p.CodeURI + p.DefinitionURI, r
}

// readStatement reads a statement of a role's policies.
func readStatement(t *testing.T, name string, node yaml.Node, variables *strings.Replacer) statement {
	t.Helper()
	var s struct {
		Effect    string                          `yaml:"Effect"`
		Action    yaml.Node                       `yaml:"Action"`
		Resource  yaml.Node                       `yaml:"Resource"`
		Condition map[string]map[string]yaml.Node `yaml:"Condition"`
	}
	if err := node.Decode(&s); err != nil {
		t.Fatalf("%s, line %d: %v", name, node.Line, err)
	}
	read := statement{
		allow:     s.Effect == "Allow",
		actions:   actions(s.Action),
		resource:  variables.Replace(substituted(s.Resource)),
		condition: map[string]string{},
		like:      map[string][]string{},
	}
	for key, value := range s.Condition["StringEquals"] {
		read.condition[key] = substituted(value)
	}
	for key, value := range s.Condition["ForAllValues:StringLike"] {
		for _, pattern := range value.Content {
			read.like[key] = append(read.like[key], pattern.Value)
		}
	}
	conditions := len(s.Condition) == 0 || len(s.Condition) == 1 && len(read.condition)+len(read.like) > 0
	if !read.allow && s.Effect != "Deny" || len(read.actions) == 0 || read.resource == "" || !conditions {
		t.Fatalf("%s, line %d: a statement must have Effect, Action and one Resource, and no Condition "+
			"but StringEquals, and ForAllValues:StringLike of a list", name, s.Action.Line)
	}
	return read
}

// under returns the role in a deployment for which a condition holds.
func (r role) under(condition string) role {
	r.statements = slices.Concat(r.statements, r.conditional[condition])
	return r
}

// substituted returns a text as it is, and a !Ref or !GetAtt in the spelling of !Sub; see [first]. A list with commas
// that is split is returned whole.
func substituted(n yaml.Node) string {
	n = first(n)
	switch n.Tag {
	case "!Ref", "!GetAtt":
		return "${" + n.Value + "}"
	case "!Split": // of a list with commas
		if n.Content[0].Value == "," {
			return substituted(*n.Content[1])
		}
	}
	return n.Value
}

func actions(n yaml.Node) (list []action) {
	if n.Kind == yaml.ScalarNode {
		return []action{{n.Value, n.LineComment, n.Line}}
	}
	for _, one := range n.Content {
		list = append(list, actions(*one)...)
	}
	return list
}

// tables is the beginning of the ARN of a table.
const tables = "arn:${AWS::Partition}:dynamodb:${AWS::Region}:${AWS::AccountId}:table/"

// inStack replaces ${names} by their values in the stack of the tests.
func inStack(text string) string {
	return os.Expand(text, func(name string) string {
		switch name {
		case "AWS::Partition":
			return "aws"
		case "AWS::AccountId":
			return "123456789012"
		case "AWS::Region":
			return os.Getenv("AWS_REGION")
		}
		return os.Getenv(name)
	})
}

// ask is a permission that a request needs.
type ask struct {
	action, resource string
	keys             map[string]string // values for conditions
}

// allows decides as IAM does.
func (r role) allows(a ask) bool {
	allowed := false
	for _, s := range r.statements {
		if s.covers(a) {
			if !s.allow {
				return false
			}
			allowed = true
		}
	}
	return allowed
}

func (s statement) covers(a ask) bool {
	for key, value := range s.condition {
		if a.keys[key] != inStack(value) {
			return false
		}
	}
	for key, patterns := range s.like {
		value, has := a.keys[key]
		matches := func(pattern string) bool { return wild(pattern).MatchString(value) }
		if has && !slices.ContainsFunc(patterns, matches) {
			return false
		}
	}
	named := func(one action) bool { return one.name == a.action }
	return slices.ContainsFunc(s.actions, named) && slices.ContainsFunc(s.resources(), a.matches)
}

// resources returns the patterns of the resource, which a list with commas has several of.
func (s statement) resources() []string { return strings.Split(inStack(s.resource), ",") }

// matches reports whether the resource that a request needs is one of a pattern.
func (a ask) matches(pattern string) bool { return wild(pattern).MatchString(a.resource) }

// wild compiles a pattern of IAM.
func wild(pattern string) *regexp.Regexp {
	return regexp.MustCompile("^" + strings.ReplaceAll(regexp.QuoteMeta(pattern), `\*`, ".*") + "$")
}

// without returns the role without an action.
func (r role) without(name string) role {
	r.statements = slices.Clone(r.statements)
	for i, s := range r.statements {
		r.statements[i].actions = slices.DeleteFunc(
			slices.Clone(s.actions),
			func(a action) bool { return a.name == name },
		)
	}
	return r
}

// allowed lists the permissions that a role has for its function's own requests: each action with its resource.
func (r role) allowed() (list []string) {
	for _, s := range r.statements {
		for _, a := range s.actions {
			if s.allow && !a.byLambda() {
				list = append(list, a.name+" "+inStack(s.resource))
			}
		}
	}
	return list
}

// The roles hold what they are for: no function reads codes, verify sends nothing, no function changes clients, and
// events come from source "countersign" only.
func TestRoles(t *testing.T) {
	t.Setenv("AWS_REGION", "eu-central-1")
	t.Setenv("COUNTERSIGN_TABLE", "challenges")
	t.Setenv("COUNTERSIGN_CLIENTS_TABLE", "clients")
	t.Setenv("COUNTERSIGN_KEYS", "the keyring's ARN")
	const (
		challenges = "arn:aws:dynamodb:eu-central-1:123456789012:table/challenges"
		clients    = "arn:aws:dynamodb:eu-central-1:123456789012:table/clients"
		bus        = "arn:aws:events:eu-central-1:123456789012:event-bus/"
	)
	all := roles(t)
	for _, c := range []struct {
		function, action, resource, source string
		want                               bool
	}{
		{"init", "sns:Publish", "+6591234567", "", true},
		{"init", "sns:Publish", "arn:aws:sns:eu-central-1:123456789012:alarms", "", false},
		{"otp", "sns:Publish", "arn:aws:sns:eu-central-1:123456789012:alarms", "", false},
		{"cognito", "sns:Publish", "arn:aws:sns:eu-central-1:123456789012:alarms", "", false},
		{"verify", "sns:Publish", "+6591234567", "", false},
		{"init", "dynamodb:PutItem", challenges, "", true},
		{"init", "dynamodb:GetItem", clients, "", true},
		{"verify", "dynamodb:UpdateItem", clients, "", false},
		{"verify", "secretsmanager:GetSecretValue", "the keyring's ARN", "", true},
		{"verify", "secretsmanager:GetSecretValue", "another ARN", "", false},
		{"changes", "secretsmanager:GetSecretValue", "the keyring's ARN", "", false},
		{"changes", "events:PutEvents", bus + "default", "countersign", true},
		{"changes", "events:PutEvents", bus + "default", "another", false},
		{"changes", "events:PutEvents", bus + "another", "countersign", false},
	} {
		a := ask{c.action, c.resource, map[string]string{"events:source": c.source}}
		if got := all[c.function].allows(a); got != c.want {
			t.Errorf("%s on %s by %s (source %q): allowed is %v, want %v",
				c.action, c.resource, c.function, c.source, got, c.want)
		}
	}
}

// Where passwords are served, a function reads challenges, and writes passwords and no other document of the clients.
func TestPasswordsRole(t *testing.T) {
	t.Setenv("AWS_REGION", "eu-central-1")
	t.Setenv("COUNTERSIGN_TABLE", "challenges")
	t.Setenv("COUNTERSIGN_CLIENTS_TABLE", "clients")
	all := roles(t)
	for _, c := range []struct {
		action, table, key string
		want               []string // functions
	}{
		{"GetItem", "challenges", "C#demo#1", []string{"init", "verify"}},
		{"GetItem", "challenges", "N#1", nil},
		{"PutItem", "challenges", "C#demo#1", []string{"cognito", "init", "otp", "verify"}},
		{"PutItem", "challenges", "N#1", []string{"cognito", "init", "otp"}},
		{"PutItem", "clients", "password#demo#digest", []string{"init", "verify"}},
		{"PutItem", "clients", "digestkey#password", []string{"init"}},
		{"PutItem", "clients", "digestkey#user", nil},
		{"PutItem", "clients", "client#demo", nil},
		{"PutItem", "clients", "user#demo#u", nil},
		{"UpdateItem", "clients", "password#demo#digest", nil},
		{"DeleteItem", "clients", "password#demo#digest", nil},
		{"Query", "clients", "password#demo#digest", nil},
	} {
		for function, r := range all {
			got := r.allows(onTable("dynamodb:"+c.action, c.table, c.key))
			if want := slices.Contains(c.want, function); got != want {
				t.Errorf("%s may %s %s of %s: %v, want %v", function, c.action, c.key, c.table, got, want)
			}
		}
	}
}

// A function reads budgets of the guard where it sends, and where it credits right codes, and the ledger of the number
// where it sends. It reads nothing else of the table but challenges, see TestPasswordsRole, and only the function that
// credits replaces a budget without making challenges.
func TestGuardsRole(t *testing.T) {
	t.Setenv("AWS_REGION", "eu-central-1")
	t.Setenv("COUNTERSIGN_TABLE", "challenges")
	reads := map[string]string{
		"init": "BatchGetItem", "otp": "BatchGetItem", "cognito": "BatchGetItem", "changes": "BatchGetItem",
	}
	for function, r := range roles(t) {
		for _, operation := range []string{"GetItem", "BatchGetItem", "Query", "Scan", "DeleteItem"} {
			for _, key := range []string{"G#demo#c#MY#0", "C", "N#demo", "M#demo", "T#demo", "g#demo"} {
				ledger := strings.HasPrefix(key, "N#") && function != "changes"
				want := (strings.HasPrefix(key, "G#") || ledger) && reads[function] == operation
				if got := r.allows(onTable("dynamodb:"+operation, "challenges", key)); got != want {
					t.Errorf("%s may %s %s: %v, want %v", function, operation, key, got, want)
				}
			}
		}
	}
	changes := roles(t)["changes"]
	for key, want := range map[string]bool{"G#demo#c#MY#0": true, "C#demo": false, "N#demo": false} {
		if got := changes.allows(onTable("dynamodb:PutItem", "challenges", key)); got != want {
			t.Errorf("changes may put %s: %v, want %v", key, got, want)
		}
	}
}

// With a key of its own for the keyring, a deployment lets the functions that read the keyring decrypt with that key,
// through Secrets Manager only. Without one, no function may.
func TestKeyringsKey(t *testing.T) {
	t.Setenv("AWS_REGION", "eu-central-1")
	t.Setenv("COUNTERSIGN_KEYS", "the keyring's ARN")
	t.Setenv("KeyringKmsKeyArn", "the key's ARN")
	use := func(action, resource, via string) ask {
		return ask{action, resource, map[string]string{"kms:ViaService": via}}
	}
	decrypt := func(resource, via string) ask { return use("kms:Decrypt", resource, via) }
	const via = "secretsmanager.eu-central-1.amazonaws.com"
	readers := 0
	for function, r := range roles(t) {
		reads := r.allows(ask{"secretsmanager:GetSecretValue", "the keyring's ARN", nil})
		if reads {
			readers++
		}
		with := r.under("HasKeyringKmsKey")
		if got := with.allows(decrypt("the key's ARN", via)); got != reads {
			t.Errorf("%s may decrypt with the keyring's key: %v, want %v", function, got, reads)
		}
		for name, other := range map[string]bool{
			"without the parameter":   r.allows(decrypt("the key's ARN", via)),
			"with another key":        with.allows(decrypt("another key", via)),
			"by itself":               with.allows(decrypt("the key's ARN", "")),
			"through another service": with.allows(decrypt("the key's ARN", "dynamodb.eu-central-1.amazonaws.com")),
			"to encrypt":              with.allows(use("kms:Encrypt", "the key's ARN", via)),
		} {
			if other {
				t.Errorf("%s may use the key %s", function, name)
			}
		}
	}
	if readers != 4 {
		t.Errorf("%d functions read the keyring, want 4", readers)
	}
	var file struct {
		Resources map[string]struct {
			Properties map[string]yaml.Node `yaml:"Properties"`
		} `yaml:"Resources"`
	}
	readTemplate(t, &file)
	key := file.Resources["Keyring"].Properties["KmsKeyId"]
	if key.Tag != "!If" || key.Content[0].Value != "HasKeyringKmsKey" || key.Content[1].Value != "KeyringKmsKeyArn" {
		t.Errorf("the keyring's KmsKeyId is %v, want the parameter if it is given", key.Value)
	}
}
