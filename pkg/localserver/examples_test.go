package localserver

import (
	"context"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"countersign/docs/openapitest"
	"countersign/pkg/clients"
	"countersign/pkg/clients/registry"
	"countersign/pkg/openstore"
	"countersign/pkg/otp"
	"countersign/pkg/phone"
	"countersign/pkg/service"
	"countersign/pkg/service/sending"
	"countersign/pkg/signature"
)

// Values that the examples in docs/openapi.yaml have in common.
const (
	exampleAuthID = "20261122536260504723041441422238793" // in place of a generated one
	exampleSMS    = "4adf1bb94ab81b32a77e42da0fbde2ee"    // in place of a generated one
	exampleCode   = "425502"
	exampleNumber = "+606543216353"
	exampleToken  = "281010033AB2F588D14B43238637264FCA5AAF35xxxx"
)

// desk is the server on a real store, with the parts that an answer depends on: its only client,
// the sender and the store's faults.
type desk struct {
	*scene
	client    *clients.Client
	busy      bool         // the client is above its rate
	delivery  otp.Delivery // of messages
	storeDown bool         // attempts are faults
}

func openDesk(t *testing.T) *desk {
	d := &desk{scene: stage(t, captures{})}
	d.issuer.Sender = d
	p := d.ports
	p.Store, p.Table = failing{d.store, d}, d.store.Documents()
	p.ClientAge, p.UnknownAge = recent, recent // of a cache that d replaces
	shared := service.New(p)
	shared.Gate.Door.Clients, shared.Gate.Door.Limiter = d, d
	d.local = serverOf(sending.New(shared, d), d.outbox, p.Log)
	return d
}

// Find implements [admission.Clients].
func (d *desk) Find(_ context.Context, id string) (*clients.Client, error) {
	if id != d.client.ID {
		return nil, nil
	}
	return d.client, nil
}

// Allow implements [admission.Limiter].
func (d *desk) Allow(context.Context, *clients.Client) (bool, error) { return !d.busy, nil }

var errExample = errors.New("a fault that the example needs")

// Send implements [otp.Sender].
func (d *desk) Send(context.Context, otp.Message) (otp.Delivery, error) {
	if d.delivery == otp.Accepted {
		return otp.Accepted, nil
	}
	return d.delivery, errExample
}

// failing is a store whose attempts fail if its desk says so.
type failing struct {
	openstore.Store
	d *desk
}

// Attempt implements [otp.Challenges].
func (f failing) Attempt(ctx context.Context, g otp.Guess) (otp.Write, error) {
	if f.d.storeDown {
		return otp.Write{}, errExample
	}
	return f.Store.Attempt(ctx, g)
}

// example is an example request with its answer. Each has a client of its own, so that no
// example depends on another.
type example struct {
	*desk
	t            *testing.T
	path, status string
	name         string // of the request, or of the answer if the request has no name
	want         any    // the answer's body

	method, uri, body string
	header            http.Header
	authID            string // of the authentication under way
	unrouted          bool   // send it to Unimatrix, even if the server serves its path otherwise
}

// answers are the example answers of a path, by name. Some are references, see [answerOf].
func answers(path, status string) map[string]any {
	return openapitest.Load().Object("paths", path, "post", "responses", status, "content", "application/json",
		"examples")
}

// answerOf is one of the answers.
func answerOf(path, status, name string) map[string]any {
	return openapitest.Load().Object("paths", path, "post", "responses", status, "content", "application/json",
		"examples", name)
}

// requests are the example requests of a path, by name.
func requests(path string) map[string]any {
	return openapitest.Load().Object("paths", path, "post", "requestBody", "content", "application/json", "examples")
}

// examplesOf returns all examples of a path.
func (d *desk) examplesOf(t *testing.T, path string) (all []*example) {
	responses := openapitest.Load().Object("paths", path, "post", "responses")
	add := func(name, status, answer string) {
		want := answerOf(path, status, answer)["value"]
		all = append(all, &example{desk: d, t: t, path: path, status: status, name: name, want: want})
	}
	for status := range responses {
		for name := range answers(path, status) {
			add(name, status, name)
		}
	}
	for name := range requests(path) { // a variant has the answer of its parent
		for status := range responses {
			if of := parent(name); answers(path, status)[name] == nil && answers(path, status)[of] != nil {
				add(name, status, of)
			}
		}
	}
	return all
}

// request is the example request of a name, or else that of success.
func request(t *testing.T, path, name string) string {
	t.Helper()
	examples := requests(path)
	for _, success := range []string{"SUCCESS", "0.sent"} {
		if examples[name] == nil && examples[success] != nil {
			name = success
		}
	}
	text, err := json.Marshal(examples[name].(map[string]any)["value"])
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// parent is the part of a name before its last dot, or "".
func parent(name string) string { return name[:max(strings.LastIndex(name, "."), 0)] }

// begin sets the state and the request that most examples need.
func (e *example) begin(client string) {
	e.busy, e.delivery, e.storeDown, e.authID = false, otp.Accepted, false, exampleAuthID
	policy := otp.DefaultPolicy()
	policy.Cooldown = 0
	e.client = &clients.Client{ID: client, Unsigned: true, Unimatrix: "simple", Countries: []string{"*"},
		CustomCodes: true, Policy: policy, Brand: "Acme"}
	registry := registry.Registry{Table: e.users.Table, Sealer: e.users.Sealer,
		Defaults: clients.Defaults{Policy: policy}, Now: e.now}
	e.must(registry.Add(e.t.Context(), clients.Record{ID: client}, nil)) // a user needs a stored client
	e.must(e.users.Add(e.t.Context(), client, "u", "60-6543216353"))
	e.must(e.users.AddToken(e.t.Context(), client, "u", exampleToken, time.Time{}))
	e.method, e.uri, e.body = "POST", e.path, request(e.t, e.path, e.name)
	e.header = http.Header{"Content-Type": {"application/json"}, "Client-Id": {client}}
	if e.path == "/" {
		e.uri = "/?action=otp.send&accessKeyId=" + client
	}
}

// must ends the test if the example cannot be arranged.
func (e *example) must(err error) {
	e.t.Helper()
	if err != nil {
		e.t.Fatal(err)
	}
}

// replace changes the body of the request.
func (e *example) replace(old, new string) {
	e.t.Helper()
	if !strings.Contains(e.body, old) {
		e.t.Fatalf("no %s in the body %s", old, e.body)
	}
	e.body = strings.ReplaceAll(e.body, old, new)
}

// sent sends a code to the examples' number.
func (e *example) sent(id string, code otp.Code) (authID string) {
	e.t.Helper()
	got, err := e.issuer.Init(e.t.Context(), otp.Start{
		Client: e.client.ID, ID: id, To: exampleNumber, Mask: "+60******6353", Policy: e.client.Policy, Code: code,
		Text: func(code string, _ time.Duration) string { return code },
	})
	if err != nil || got.Outcome != otp.Sent {
		e.t.Fatal(got, err)
	}
	return got.AuthID
}

// verifying sends the code that the example of otp.verify checks.
func (e *example) verifying() {
	e.sent(e.issuer.Keys.Keys(e.t.Context()).Scenarios(e.client.ID, exampleNumber, "")[0], exampleCode)
	e.uri = strings.Replace(e.uri, "otp.send", "otp.verify", 1)
}

// before sends another request first.
func (e *example) before(path, body string) {
	e.t.Helper()
	other := *e
	other.uri, other.body = path, body
	if w := other.send(); w.Code != http.StatusOK || strings.Contains(w.Body.String(), "PARAM_ILLEGAL") {
		e.t.Fatal(w.Code, w.Body)
	}
}

// underToken begins the authentication for the user behind the token, and then changes that
// user.
func (e *example) underToken(change func() error) {
	e.t.Helper()
	if e.path != usersInit {
		e.before(usersInit, request(e.t, usersInit, "SUCCESS"))
		e.body = request(e.t, verifyPath, "SUCCESS") // it needs no authenticationId
	}
	e.must(change())
}

// signing makes signatures mandatory for the client, and signs with a header.
func (e *example) signing(header string) {
	key, err := signature.ParsePublicKey(readFile(e.t, publicKey))
	e.must(err)
	e.client.Unsigned, e.client.Keys, e.client.LatestKey = false, map[string]*rsa.PublicKey{"1": key}, "1"
	e.header.Set("Request-Time", e.now().UTC().Format(time.RFC3339))
	e.header.Set("Signature", header)
}

// signingQuery is signing for Unimatrix, whose signature is in the query.
func (e *example) signingQuery(more string) {
	e.client.Unimatrix, e.client.Secrets = "hmac", [][]byte{[]byte("secret")}
	e.uri += more
}

// send sends the request.
func (e *example) send() *httptest.ResponseRecorder {
	e.t.Helper()
	r := httptest.NewRequest(e.method, e.uri, strings.NewReader(strings.ReplaceAll(e.body, exampleAuthID, e.authID)))
	r.Header = e.header.Clone()
	w := httptest.NewRecorder()
	h := http.Handler(e.local)
	if e.unrouted {
		path, query := target(e.uri)
		h = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			e.local.serve(w, r, e.local.otp, path, query)
		})
	}
	openapitest.Handler(e.t, h).ServeHTTP(w, r)
	return w
}

const (
	initShort   = "/v1/customers/initAuthentication"
	triggerPath = "/v1/security/triggerChallenge"
	usersInit   = "/v1/users/initAuthentication"
	allFields   = "0.sent.all-fields"
	forged      = "algorithm=RSA256,keyVersion=1,signature=AAAA"
	otherKey    = "algorithm=RSA256,keyVersion=9,signature=AAAA"
)

// reasons arrange the reasons for answers, by the name of the example. The path or the status
// comes first if the reason differs there. An example that is missing needs its request alone.
var reasons = map[string]func(*example){
	"API_INVALID":                  func(e *example) { e.uri += "/" },
	"INVALID_API":                  func(e *example) { e.uri += "/" },
	"METHOD_NOT_SUPPORTED":         func(e *example) { e.method = "PUT" },
	"CLIENT_INVALID":               func(e *example) { e.header.Set("Client-Id", "nobody") },
	"INVALID_CLIENT":               func(e *example) { e.header.Del("Client-Id") },
	"SIGNATURE_INVALID":            func(e *example) { e.signing(forged) },
	"INVALID_SIGNATURE":            func(e *example) { e.signing(forged) },
	"INVALID_SIGNATURE.key":        func(e *example) { e.signing(otherKey) },
	"KEY_NOT_FOUND":                func(e *example) { e.signing(otherKey) },
	"ACCESS_DENIED":                func(e *example) { e.client.APIs = []string{"unimatrix"} },
	"ACCESS_DENIED.number":         func(e *example) { e.client.Countries = []string{"GB"} },
	"REQUEST_TRAFFIC_EXCEED_LIMIT": func(e *example) { e.busy = true },
	"TIMES_EXCEED_LIMIT":           func(e *example) { e.sent("earlier", ""); e.client.Policy.Cooldown = time.Second },
	"SEND_TIMES_EXCEED_LIMIT": func(e *example) {
		e.sent("earlier", "")
		e.sent("earlier too", "")
		e.client.Policy.PerHour = 2
	},
	"PROCESS_FAIL":      func(e *example) { e.delivery = otp.Refused },
	"UNKNOWN_EXCEPTION": func(e *example) { e.delivery, e.storeDown = otp.MaybeSent, true },
	"VERIFY_TIMES_EXCEED_LIMIT": func(e *example) {
		for range e.client.Policy.Attempts {
			e.before(verifyPath, verifyBody(docID, "1"))
		}
	},
	"INVALID_ACCESS_TOKEN": func(e *example) {
		e.underToken(func() error { return e.users.RevokeToken(e.t.Context(), e.client.ID, exampleToken) })
	},
	"USER_NOT_EXIST": func(e *example) {
		e.underToken(func() error { return e.users.Remove(e.t.Context(), e.client.ID, "u") })
	},
	"USER_STATUS_ABNORMAL": func(e *example) {
		e.underToken(func() error { return e.users.Block(e.t.Context(), e.client.ID, "u") })
	},

	initShort + " PARAM_ILLEGAL": func(e *example) { e.replace(`Method":"OTP"`, `Method":"PASSWORD"`) },
	initShort + " REPEAT_REQ_INCONSISTENT": func(e *example) {
		e.before(usersInit, request(e.t, usersInit, "SUCCESS"))
	},
	usersInit + " PARAM_ILLEGAL": func(e *example) { e.replace("WALLET_TOKEN", "PASSPORT") },
	usersInit + " REPEAT_REQ_INCONSISTENT": func(e *example) {
		e.before(initShort, request(e.t, initShort, "SUCCESS"))
	},
	usersInit + " INVALID_PHONE_NUMBER": func(e *example) { e.client.Numbers = phone.Mobile },
	triggerPath + " PARAM_ILLEGAL":      func(e *example) { e.replace(exampleAuthID, "") },
	triggerPath + " REPEAT_REQ_INCONSISTENT": func(e *example) {
		e.before(triggerPath, strings.Replace(e.body, exampleAuthID, e.sent("another", ""), 1))
	},
	verifyPath + " PARAM_ILLEGAL":                     func(e *example) { e.replace(exampleCode, "42550a") },
	verifyPath + " AUTHENTICATION_REQUEST_ID_INVALID": func(e *example) { e.replace(docID, "another") },
	"/v1/security/verifyAuthentication PARAM_ILLEGAL": func(e *example) { e.replace(`"`+exampleAuthID+`"`, "null") },

	"0.right":    func(e *example) { e.verifying() },
	"0.wrong":    func(e *example) { e.verifying() },
	"104001":     func(e *example) { e.body = "{}" },
	"104002":     func(e *example) { e.body = "[]" },
	"104003":     func(e *example) { e.client.CustomCodes, e.body = false, request(e.t, "/", allFields) },
	"107121":     func(e *example) { e.client.SenderNames, e.body = []string{"Other"}, request(e.t, "/", allFields) },
	"107141":     func(e *example) { e.client.Templates, e.body = []string{"other"}, request(e.t, "/", allFields) },
	"104110":     func(e *example) { e.uri = "/?action=otp.send" },
	"104111":     func(e *example) { e.uri = "/?action=otp.send&accessKeyId=nobody" },
	"104200":     func(e *example) { e.signingQuery("") },
	"104201":     func(e *example) { e.signingQuery("&signature=0&timestamp=1") },
	"104202":     func(e *example) { e.signingQuery("&signature=0") },
	"105001":     func(e *example) { e.client.APIs = []string{"ams"} },
	"105100":     func(e *example) { e.client.Networks = []netip.Prefix{netip.MustParsePrefix("198.51.100.0/24")} },
	"404 104002": func(e *example) { e.uri, e.unrouted = "/nothing", true },
	"405 104002": func(e *example) { e.method = "PUT" },
	"105300":     func(e *example) { e.busy = true },
	"101000":     func(e *example) { e.delivery = otp.MaybeSent },
	"101303":     func(e *example) { e.delivery = otp.Refused },
}

// TestExamplesAreTrue: the request of each example gets its answer, member for member except
// generated ids.
func TestExamplesAreTrue(t *testing.T) {
	d := openDesk(t)
	made := regexp.MustCompile(`"authenticationId":"[0-9]{35}"|"id":"[0-9a-f]{32}"`)
	n := 0
	for path := range openapitest.Load().Object("paths") {
		for _, e := range d.examplesOf(t, path) {
			t.Run(strings.TrimPrefix(path, "/v1/")+" "+e.status+" "+e.name, func(t *testing.T) {
				e.t = t
				n++
				e.begin(fmt.Sprint("example", n))
				e.arrange()
				w := e.send()
				text := made.ReplaceAllStringFunc(w.Body.String(), func(s string) string {
					if strings.HasPrefix(s, `"id"`) {
						return `"id":"` + exampleSMS + `"`
					}
					return `"authenticationId":"` + exampleAuthID + `"`
				})
				got, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
				if err != nil || fmt.Sprint(w.Code) != e.status || !reflect.DeepEqual(got, e.want) {
					t.Errorf("%s %s\n%s\nanswered %d %s\nwant %s %v",
						e.method, e.uri, e.body, w.Code, text, e.status, e.want)
				}
			})
		}
	}
	if n < 100 {
		t.Errorf("%d examples, want 100 or more", n)
	}
}

// arrange makes the state that gets the example's answer.
func (e *example) arrange() {
	ofUser := strings.HasPrefix(e.name, "USER_") || e.name == "INVALID_ACCESS_TOKEN"
	if e.path != "/" && e.path != initShort && e.path != usersInit && !ofUser {
		e.authID = e.sent(docID, exampleCode)
	}
	for _, name := range []string{e.path + " " + e.name, e.status + " " + e.name, e.name} {
		if reason := reasons[name]; reason != nil {
			reason(e)
			return
		}
	}
}

// TestEveryCodeHasAnExample: an answer has an example of each code that its schema allows, and
// of no other. Together they have all codes of the contracts.
func TestEveryCodeHasAnExample(t *testing.T) {
	d := openapitest.Load()
	shown := map[string]bool{}
	for path := range d.Object("paths") {
		for status := range d.Object("paths", path, "post", "responses") {
			schema := []string{"paths", path, "post", "responses", status, "content", "application/json", "schema"}
			found, _ := d.Find(schema...)
			allowed, codes := codesOf(found), map[string]bool{}
			for name := range answers(path, status) {
				example := answerOf(path, status, name)
				checkExample(t, d, path+" "+status+" "+name, example, schema)
				for code := range codesOf(example["value"]) {
					codes[code], shown[code] = true, true
					if base, _, _ := strings.Cut(name, "."); base != code {
						t.Errorf("%s %s %s is an example of %s", path, status, name, code)
					}
				}
			}
			if !reflect.DeepEqual(allowed, codes) {
				t.Errorf("the schema of %s %s allows %v, and its examples have %v", path, status, allowed, codes)
			}
		}
	}
	for _, code := range contractCodes(t) {
		if !shown[code] {
			t.Errorf("%s has no example", code)
		}
	}
}

// checkExample checks an example answer: it has a summary, and its value fits the schema.
func checkExample(t *testing.T, d *openapitest.Description, name string, example map[string]any, schema []string) {
	t.Helper()
	if summary, _ := example["summary"].(string); len(summary) < 5 {
		t.Errorf("%s has no summary", name)
	}
	if err := d.Validate(example["value"], schema...); err != nil {
		t.Errorf("%s: %v", name, err)
	}
}

// contractCodes returns the codes of the contracts' documents and of the source code.
func contractCodes(t *testing.T) []string {
	t.Helper()
	all := slices.Clone(openapitest.Codes)
	code := regexp.MustCompile(`"([A-Z]{2,}[A-Z_]+|[0-9]+)"`)
	for _, file := range []string{"../../pkg/ams/result.go", "../../pkg/unimatrix/result.go"} {
		for _, match := range code.FindAllSubmatch(readFile(t, file), -1) {
			all = append(all, string(match[1]))
		}
	}
	return all
}

// TestRequestsFitTheirSchema: the body of each example request fits its schema.
func TestRequestsFitTheirSchema(t *testing.T) {
	d := openapitest.Load()
	for path := range d.Object("paths") {
		schema := []string{"paths", path, "post", "requestBody", "content", "application/json", "schema"}
		for name, example := range requests(path) {
			if err := d.Validate(example.(map[string]any)["value"], schema...); err != nil {
				t.Errorf("request %s %s: %v", path, name, err)
			}
		}
	}
}

// codesOf collects the values of code and resultCode, in a schema or in a value.
func codesOf(node any) map[string]bool {
	codes := map[string]bool{}
	var walk func(node any, code bool)
	walk = func(node any, code bool) {
		switch node := node.(type) {
		case string:
			if code {
				codes[node] = true
			}
		case []any:
			for _, inner := range node {
				walk(inner, code)
			}
		case map[string]any:
			if ref, ok := node["$ref"].(string); ok {
				inner, _ := openapitest.Load().Find(strings.Split(ref, "/")[1:]...)
				walk(inner, false)
			}
			for name, inner := range node {
				switch {
				case name == "data", name == "$ref":
				case code && name != "enum" && name != "const":
				default:
					walk(inner, code || name == "code" || name == "resultCode")
				}
			}
		}
	}
	walk(node, false)
	return codes
}
