package service_test

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"countersign/pkg/clients"
	"countersign/pkg/gateway"
	"countersign/pkg/otp"
)

// trigger is a re-send: its own id, "" for none, and the challenge's.
type trigger struct{ id, auth string }

// step makes one call: the latest one again, or another.
func (w *world) step() {
	if w.latest == nil || w.r.IntN(5) > 1 {
		w.latest = w.draw()
	}
	w.latest()
}

// draw returns a random call.
func (w *world) draw() func() {
	switch k := w.r.IntN(20); {
	case k < 5 || len(w.inits) == 0:
		id := fmt.Sprint(w.n, "-", len(w.inits))
		if w.r.IntN(6) == 0 {
			id = "rival" + id
		}
		w.inits = append(w.inits, id)
		return func() { w.init(id) }
	case k < 9:
		id := w.inits[w.r.IntN(len(w.inits))]
		return func() { w.init(id) }
	case k < 12 && len(w.auths) > 0:
		r := trigger{auth: w.auths[w.r.IntN(len(w.auths))]}
		if w.r.IntN(3) > 0 {
			r.id = fmt.Sprint("t", len(w.triggers))
		}
		w.triggers = append(w.triggers, r)
		return func() { w.trigger(r) }
	case k < 13 && len(w.triggers) > 0:
		r := w.triggers[w.r.IntN(len(w.triggers))]
		return func() { w.trigger(r) }
	case k < 15:
		body := []string{``, `,"intent":"login"`, `,"digits":8`, `,"code":"4711"`}[w.r.IntN(4)]
		return func() { w.otpSend(body) }
	case k < 17:
		session := ""
		if len(w.sessions) > 0 && w.r.IntN(2) == 0 {
			session = w.sessions[w.r.IntN(len(w.sessions))]
		}
		return func() { w.signIn(session) }
	}
	id := w.inits[w.r.IntN(len(w.inits))]
	return func() { w.check(id) }
}

// during makes a call that may fail, and wants at most one request on the wire for it.
func (w *world) during(name, client string, do func(ctx context.Context) string) string {
	outer := w.call
	c := w.newCall()
	c.client = client
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	c.cancel = cancel
	w.call = c
	w.depth++
	answer := do(ctx)
	w.depth--
	w.call = outer
	w.note("%s: %s (dead %v, requests %d, on the wire %d)", name, answer, c.dead, c.requests, c.sends)
	if c.messages > 1 || c.sends > 1 && w.second == nil {
		w.t.Errorf("%s: %d requests on the wire with %d messages for one call", name, c.sends, c.messages)
	}
	return answer
}

// address returns the end user's address: one of two, which may be known for the number.
func (w *world) address() string { return fmt.Sprintf("198.51.100.%d", w.r.IntN(2)) }

// of returns the client that chose an id.
func (w *world) of(id string) *clients.Client {
	if strings.HasPrefix(id, "rival") {
		return w.rival
	}
	return w.client
}

func (w *world) national() string { return fmt.Sprintf("12%07d", w.n) }

// post makes one request of AMS and returns the status of its answer.
func (w *world) post(name, path, body string, client *clients.Client) string {
	return w.during(name, client.ID, func(ctx context.Context) string {
		r := gateway.Request{Method: http.MethodPost, Path: path, Body: []byte(body), Headers: map[string][]string{
			"client-id": {client.ID}, "request-time": {"now"},
			"signature": {"algorithm=RSA256,keyVersion=1,signature=none"},
		}}
		serve := w.ams.Serve
		if path == "/v1/users/verifyAuthentication" {
			serve = w.verify.Serve
		}
		var answer struct {
			Result           struct{ ResultCode, ResultStatus string }
			AuthenticationID string
		}
		got := serve(ctx, r)
		if err := json.Unmarshal(got.Body, &answer); err != nil || answer.Result.ResultStatus == "" {
			w.t.Fatalf("%s answered %s", name, got.Body)
		}
		if answer.AuthenticationID != "" {
			w.auths = append(w.auths, answer.AuthenticationID)
		}
		limited := strings.HasSuffix(answer.Result.ResultCode, "TIMES_EXCEED_LIMIT")
		if _, out := w.codes[w.call.seed]; out && limited && strings.HasPrefix(name, "init") {
			w.t.Errorf("%s: a limit ends a challenge whose message may have arrived", name)
		}
		return answer.Result.ResultStatus
	})
}

func (w *world) init(id string) string {
	return w.post("init "+id, "/v1/customers/initAuthentication", fmt.Sprintf(`{"authenticationRequestId":%q,`+
		`"authenticationMethod":"OTP","authenticationType":"SMS","identityType":"MOBILENO","identityValue":"60-%s",`+
		`"env":{"clientIp":%q}}`, id, w.national(), w.address()), w.of(id))
}

func (w *world) trigger(r trigger) string {
	body := fmt.Sprintf(`{"challengeId":%q}`, r.auth)
	if r.id != "" {
		body = fmt.Sprintf(`{"challengeId":%q,"triggerRequestId":%q}`, r.auth, r.id)
	}
	return w.post("trigger "+r.id, "/v1/security/triggerChallenge", body, w.client)
}

// check verifies the code of the latest message, which is often another challenge's. A
// right code is followed by its event, which ends a pause.
func (w *world) check(id string) {
	body := fmt.Sprintf(`{"authenticationRequestId":%q,"authenticationType":"OTP","authenticationValue":%q}`,
		id, cmp.Or(string(w.code), "000000"))
	status := w.post("check "+id, "/v1/users/verifyAuthentication", body, w.of(id))
	if status != "S" {
		return
	}
	number := otp.Phone("+60" + w.national())
	for _, key := range w.keys.before.LedgerKeys(w.of(id).ID, number) {
		source := w.keys.before.Source(w.of(id).ID, number, w.address())
		if err := w.ledgers.Answered(context.Background(), otp.Answer{Ledger: key, Source: source}); err != nil {
			w.note("not answered: %v", err)
		}
	}
}

// otpSend sends by the Unimatrix contract.
func (w *world) otpSend(fields string) {
	w.during("otp.send "+fields, w.client.ID, func(ctx context.Context) string {
		got := w.unimatrix.Serve(ctx, gateway.Request{
			Method: http.MethodPost, Path: "/", Query: "action=otp.send&accessKeyId=" + w.client.ID,
			Body: []byte(`{"to":"+60` + w.national() + `"` + fields + `}`),
		})
		return fmt.Sprint(got.Status)
	})
}

// signIn calls the trigger of Cognito that sends: for a new session, or for a message
// of a session again.
func (w *world) signIn(session string) {
	w.during("sign in", w.client.ID, func(ctx context.Context) string {
		request := map[string]any{
			"challengeName": "CUSTOM_CHALLENGE", "session": []any{},
			"userAttributes": map[string]any{"phone_number": "+60" + w.national(), "phone_number_verified": "true"},
		}
		if session != "" {
			request["clientMetadata"] = map[string]any{"action": "resend"}
			request["session"] = []any{map[string]any{
				"challengeName": "CUSTOM_CHALLENGE", "challengeResult": false, "challengeMetadata": session,
			}}
		}
		payload, err := json.Marshal(map[string]any{
			"version": "1", "region": "ap-southeast-1", "userPoolId": "ap-southeast-1_EXAMPLE",
			"userName": "ana", "triggerSource": "CreateAuthChallenge_Authentication",
			"request": request, "response": map[string]any{},
		})
		if err != nil {
			w.t.Fatal(err)
		}
		out, err := w.pool.Invoke(ctx, payload)
		if err != nil {
			return "error"
		}
		var answer struct {
			Response struct{ ChallengeMetadata string }
		}
		if err := json.Unmarshal(out, &answer); err != nil || answer.Response.ChallengeMetadata == "" {
			w.t.Fatalf("answered %s", out)
		}
		w.sessions = append(w.sessions, answer.Response.ChallengeMetadata)
		return "challenge"
	})
}
