package localserver

import (
	"crypto/rsa"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"countersign/docs/openapitest"
	"countersign/pkg/clients"
	"countersign/pkg/clients/registry"
	"countersign/pkg/otp"
	"countersign/pkg/password"
	"countersign/pkg/phone"
	"countersign/pkg/signature"

	"countersign/pkg/filetest"
)

// Values that the examples in docs/openapi.yaml have in common.
const (
	exampleAuthID = "20261122536260504723041441422238793" // in place of a generated one
	exampleSMS    = "4adf1bb94ab81b32a77e42da0fbde2ee"    // in place of a generated one
	exampleCode   = "425502"
	exampleNumber = "+606543216353"
	exampleToken  = "281010033AB2F588D14B43238637264FCA5AAF35xxxx"
)

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
		Text: func(code string, _ time.Duration) string { return code }, Payment: e.payment(),
	})
	if err != nil || got.Outcome != otp.Sent {
		e.t.Fatal(got, err)
	}
	return got.AuthID
}

// payment is what the examples of payments confirm.
func (e *example) payment() otp.Payment {
	if !strings.HasSuffix(e.name, ".payment") {
		return otp.Payment{}
	}
	return otp.Payment{Amount: "10.50", Currency: "EUR", Payee: "Acme Shop"}
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
	if e.path != usersInit && e.path != setPath {
		e.before(usersInit, request(e.t, usersInit, "SUCCESS"))
		e.body = request(e.t, verifyPath, "SUCCESS") // it needs no authenticationId
	}
	e.must(change())
}

// signing makes signatures mandatory for the client, and signs with a header.
func (e *example) signing(header string) {
	key, err := signature.ParsePublicKey(filetest.Read(e.t, publicKey))
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
	body := e.sealed(strings.ReplaceAll(e.body, exampleAuthID, e.authID))
	r := httptest.NewRequest(e.method, e.uri, strings.NewReader(body))
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
	initShort     = "/v1/customers/initAuthentication"
	triggerPath   = "/v1/security/triggerChallenge"
	usersInit     = "/v1/users/initAuthentication"
	setPath       = "/v1/security/setPassword"
	securityShort = "/v1/security/verifyAuthentication"
	allFields     = "0.sent.all-fields"
	forged        = "algorithm=RSA256,keyVersion=1,signature=AAAA"
	otherKey      = "algorithm=RSA256,keyVersion=9,signature=AAAA"
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

	initShort + " PARAM_ILLEGAL": func(e *example) { e.replace(`Method":"OTP"`, `Method":"THIRD_PARTY"`) },
	initShort + " REPEAT_REQ_INCONSISTENT": func(e *example) {
		e.before(usersInit, request(e.t, usersInit, "SUCCESS"))
	},
	usersInit + " PARAM_ILLEGAL": func(e *example) { e.replace("WALLET_TOKEN", "PASSPORT") },
	usersInit + " REPEAT_REQ_INCONSISTENT": func(e *example) {
		e.before(initShort, request(e.t, initShort, "SUCCESS"))
	},
	usersInit + " INVALID_PHONE_NUMBER":   func(e *example) { e.client.Numbers = phone.Mobile },
	triggerPath + " INVALID_PHONE_NUMBER": func(e *example) { e.client.Numbers = phone.Mobile },
	triggerPath + " PARAM_ILLEGAL":        func(e *example) { e.replace(exampleAuthID, "") },
	triggerPath + " REPEAT_REQ_INCONSISTENT": func(e *example) {
		e.before(triggerPath, strings.Replace(e.body, exampleAuthID, e.sent("another", ""), 1))
	},
	verifyPath + " PARAM_ILLEGAL":                     func(e *example) { e.replace(exampleCode, "42550a") },
	verifyPath + " AUTHENTICATION_REQUEST_ID_INVALID": func(e *example) { e.replace(docID, "another") },
	"/v1/security/verifyAuthentication PARAM_ILLEGAL": func(e *example) { e.replace(`"`+exampleAuthID+`"`, "null") },

	setPath + " PARAM_ILLEGAL":                            func(e *example) { e.replace("PAYMENT", "THREEDS") },
	setPath + " PROCESS_FAIL":                             func(e *example) { e.blocked() },
	initShort + " PROCESS_FAIL.password":                  func(*example) {},
	securityShort + " VERIFY_TIMES_EXCEED_LIMIT.password": func(e *example) { e.guessed(password.Guesses) },

	"0.right":         func(e *example) { e.verifying() },
	"0.right.payment": func(e *example) { e.verifying() },
	"0.wrong":         func(e *example) { e.verifying() },
	"0.wrong.payment": func(e *example) { e.verifying() },

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
	made := regexp.MustCompile(`"authenticationId":"[0-9]{35}"|"id":"[0-9a-f]{32}"|"publicKey":"[^"]+"`)
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
					if strings.HasPrefix(s, `"publicKey"`) {
						return `"publicKey":"` + examplePublicKey(t) + `"`
					}
					return `"authenticationId":"` + exampleAuthID + `"`
				})
				got, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
				if err != nil || fmt.Sprint(w.Code) != e.status || !reflect.DeepEqual(got, e.want) {
					t.Errorf("%s %s\n%s\nanswered %d %s\nwant %s %v%s",
						e.method, e.uri, e.body, w.Code, text, e.status, e.want, e.advice(got))
				}
			})
		}
	}
	if n < 100 {
		t.Errorf("%d examples, want 100 or more", n)
	}
}

// advice is the remedy for an example of a refusal that was answered as a success: nothing made the reason.
func (e *example) advice(got any) string {
	succeeded := func(answer any) bool {
		codes := codesOf(answer)
		return codes["SUCCESS"] || codes["0"]
	}
	if !succeeded(got) || succeeded(e.want) {
		return ""
	}
	return "\nNothing made the reason to refuse: add a row to reasons in pkg/localserver/examples_test.go, " +
		"under the name of the example, " + e.name
}

// arrange makes the state that gets the example's answer.
func (e *example) arrange() {
	ofUser := strings.HasPrefix(e.name, "USER_") || e.name == "INVALID_ACCESS_TOKEN"
	switch {
	case e.path == setPath, e.name == "SUCCESS.first-password":
		e.proved()
	case strings.Contains(e.name, "password") && e.name != "PROCESS_FAIL.password":
		e.asked()
	case e.path != "/" && e.path != initShort && e.path != usersInit && !ofUser:
		e.authID = e.sent(docID, exampleCode)
	}
	for _, name := range []string{e.path + " " + e.name, e.status + " " + e.name, e.name} {
		if reason := reasons[name]; reason != nil {
			reason(e)
			return
		}
	}
}
