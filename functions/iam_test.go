package functions

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"countersign/pkg/standin"
)

// iam is IAM in front of the services: it refuses each request that the role of its caller does not allow. The id of
// the access key that signed a request is the name of the role.
type iam struct {
	mu      sync.Mutex
	roles   map[string]role
	granted map[string]map[string]bool // by role: actions with their resources
	refused map[string][]string        // by role: actions
}

// newIAM returns IAM with the roles in template.yaml. The test fails at its end if a request was refused.
func newIAM(t *testing.T) *iam {
	t.Helper()
	i := &iam{roles: roles(t), granted: map[string]map[string]bool{}, refused: map[string][]string{}}
	t.Cleanup(func() {
		i.mu.Lock()
		defer i.mu.Unlock()
		for caller, actions := range i.refused {
			t.Errorf("%s was refused %q: template.yaml must allow it on the resource of the request", caller, actions)
		}
	})
	return i
}

// before puts IAM before a service.
func (i *iam) before(service http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return // the caller has gone
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		caller, asks := asked(r.Header, body)
		if len(asks) == 0 {
			asks = []ask{{action: "an operation that these tests cannot read"}}
		}
		for _, a := range asks {
			if !i.allow(caller, a) {
				refuse(w, caller, a)
				return
			}
		}
		service.ServeHTTP(w, r)
	})
}

func (i *iam) allow(caller string, a ask) bool {
	i.mu.Lock()
	defer i.mu.Unlock()
	if !i.roles[caller].allows(a) {
		i.refused[caller] = append(i.refused[caller], a.action)
		return false
	}
	if i.granted[caller] == nil {
		i.granted[caller] = map[string]bool{}
	}
	if !strings.HasPrefix(a.resource, "arn:") {
		a.resource = "*" // a phone number
	}
	i.granted[caller][a.action+" "+a.resource] = true
	return true
}

// allUsed fails the test for each permission of a role that no request has needed so far.
func (i *iam) allUsed(t *testing.T) {
	t.Helper()
	i.mu.Lock()
	defer i.mu.Unlock()
	for _, function := range functionNames(t) {
		r := i.roles[function]
		for _, may := range r.allowed() {
			if !i.granted[function][may] {
				t.Errorf("template.yaml: %s may %s, and no sample event needs that: narrow the statement, or add an "+
					"event to events/; the events need %q", r.name, may, slices.Sorted(maps.Keys(i.granted[function])))
			}
		}
	}
}

var credential = regexp.MustCompile(`Credential=([^/]+)/[0-9]+/[^/]+/([a-z-]+)/aws4_request`)

// asked returns the caller of a request, and the permissions that the request needs.
func asked(header http.Header, body []byte) (caller string, asks []ask) {
	signed := credential.FindStringSubmatch(header.Get("Authorization"))
	if signed == nil {
		return "", nil
	}
	caller, service := signed[1], signed[2]
	_, operation, _ := strings.Cut(header.Get("X-Amz-Target"), ".")
	var in struct {
		TableName, SecretID, OriginationIdentity string
		Entries                                  []struct{ EventBusName, Source string }
		Key, Item                                map[string]struct{ S string }
		RequestItems                             map[string]struct {
			Keys []map[string]struct{ S string }
		}
	}
	if service == "sns" {
		form, _ := url.ParseQuery(string(body))
		resource := cmp.Or(form.Get("TopicArn"), form.Get("TargetArn"), form.Get("PhoneNumber"))
		return caller, []ask{{action: "sns:" + form.Get("Action"), resource: resource}}
	}
	if json.Unmarshal(body, &in) != nil {
		return caller, nil
	}
	switch action := service + ":" + operation; {
	case service == "dynamodb" && in.RequestItems != nil:
		for table, items := range in.RequestItems {
			for _, key := range items.Keys {
				asks = append(asks, onTable(action, table, key["pk"].S))
			}
		}
	case service == "dynamodb":
		key := in.Key["pk"].S + in.Item["pk"].S
		asks = []ask{onTable(action, in.TableName, key)}
	case service == "secretsmanager":
		asks = []ask{{action: action, resource: in.SecretID}}
	case service == "sms-voice":
		asks = []ask{{action: action, resource: in.OriginationIdentity}}
	case service == "events":
		const buses = "arn:${AWS::Partition}:events:${AWS::Region}:${AWS::AccountId}:event-bus/"
		for _, e := range in.Entries {
			bus := inStack(buses) + cmp.Or(e.EventBusName, "default")
			asks = append(asks, ask{action, bus, map[string]string{"events:source": e.Source}})
		}
	}
	return caller, asks
}

// onTable returns the permission that an action on the item under a key of a table needs.
func onTable(action, table, key string) ask {
	return ask{action, inStack(tables) + table, map[string]string{"dynamodb:LeadingKeys": key}}
}

// refuse answers as AWS does to a caller without the permission.
func refuse(w http.ResponseWriter, caller string, a ask) {
	why := fmt.Sprintf("User: arn:aws:sts::123456789012:assumed-role/%s/function is not authorized to perform: %s on "+
		"resource: %s because no identity-based policy allows the %[2]s action", caller, a.action, a.resource)
	if strings.HasPrefix(a.action, "sns:") {
		w.Header().Set("Content-Type", "text/xml")
		w.WriteHeader(http.StatusForbidden)
		fmt.Fprintf(w, `<ErrorResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><Error><Type>Sender</Type>`+
			`<Code>AuthorizationError</Code><Message>%s</Message></Error><RequestId>local</RequestId></ErrorResponse>`,
			why)
		return
	}
	w.Header().Set("Content-Type", "application/x-amz-json-1.0")
	w.WriteHeader(http.StatusBadRequest)
	json.NewEncoder(w).
		Encode(map[string]string{"__type": "com.amazon.coral.service#AccessDeniedException", "Message": why})
}

// A function whose role lacks one of its actions answers at least one sample event wrong.
func TestBinariesWithoutAction(t *testing.T) {
	b, all := newBinaries(t), samples(t)
	b.warmUp(t)
	for _, function := range functionNames(t) {
		for _, may := range b.iam.roles[function].allowed() {
			name, _, _ := strings.Cut(may, " ")
			t.Run(function+" "+name, func(t *testing.T) {
				caller := function + "-without-" + strings.ReplaceAll(name, ":", "-")
				b.iam.mu.Lock()
				b.iam.roles[caller] = b.iam.roles[function].without(name)
				b.iam.mu.Unlock()
				p, err := b.runtime.Start(caller, bootstrap(t, function), functionEnvironment(caller), io.Discard)
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(func() { p.Stop() })
				fails := func(s sample) bool { return s.function == function && b.fails(t, s, p) }
				if !slices.ContainsFunc(all, fails) {
					t.Errorf("all sample events are answered right")
				}
				b.iam.mu.Lock()
				defer b.iam.mu.Unlock()
				if refused := b.iam.refused[caller]; !slices.Equal(slices.Compact(refused), []string{name}) {
					t.Errorf("refused %q, want %s", refused, name)
				}
				delete(b.iam.refused, caller)
			})
		}
	}
}

// fails reports whether a process answers an event wrong, or not at all. For cognito-create-begin it also fails if no
// message goes out, because a user pool gets the same answer then.
func (b *binaries) fails(t *testing.T, s sample, p *standin.Process) bool {
	sent := len(b.SNS.Requests())
	got, want := b.play(t, s, p, b.warm[s.at])
	return got != want || s.name == "cognito-create-begin" && len(b.SNS.Requests()) == sent
}
