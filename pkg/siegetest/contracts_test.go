package siegetest

import (
	"maps"
	"slices"

	"countersign/pkg/otp"
	"countersign/pkg/phone/plan"
)

// person asks for codes of a number in one contract, and types them. A source of "" is
// none.
type person interface {
	// ask asks for a code and reports whether a message went out.
	ask(number, source string) bool
	// guess types a code, and reports whether it passes.
	guess(number, source, code string) bool
}

// people are the contracts, by name.
func (w *world) people() map[string]func() person {
	return map[string]func() person{
		"ams":       func() person { return &viaAMS{world: w} },
		"unimatrix": func() person { return &viaUnimatrix{world: w} },
		"cognito":   func() person { return &viaCognito{world: w} },
	}
}

type viaAMS struct {
	*world
	request, challenge string // of the latest code
	late               bool   // the stream follows later
}

func (p *viaAMS) ask(number, source string) bool {
	id, body := p.id(), object{
		"authenticationMethod": "OTP", "authenticationType": "SMS", "identityType": "MOBILENO",
		"identityValue": dashed(number),
	}
	body["authenticationRequestId"] = id
	if source != "" {
		body["env"] = object{"clientIp": source}
	}
	return p.sent(func() {
		answer := p.post(p.init.Serve, "/v1/customers/initAuthentication", body)
		if challenge, ok := answer["authenticationId"].(string); ok {
			p.request, p.challenge = id, challenge
		}
	}) > 0
}

// dashed returns a number as the contract has it.
func dashed(number string) string {
	n, _ := plan.Lookup(number)
	return n.CC + "-" + number[1+len(n.CC):]
}

// again asks for the latest code once more.
func (p *viaAMS) again() bool {
	return p.challenge != "" && p.sent(func() {
		p.post(p.init.Serve, "/v1/security/triggerChallenge", object{"challengeId": p.challenge})
	}) > 0
}

func (p *viaAMS) guess(_, _, code string) bool {
	if p.request == "" {
		return false
	}
	answer := p.post(p.check.Serve, "/v1/users/verifyAuthentication", object{
		"authenticationType": "OTP", "authenticationRequestId": p.request, "authenticationValue": code,
	})
	p.followUnless(p.late)
	return answer["isPassed"] == true
}

type viaUnimatrix struct {
	*world
	intent string
	late   bool // the stream follows later
}

func (p *viaUnimatrix) ask(number, source string) bool {
	return p.sent(func() { p.query("otp.send", source, object{"to": number, "intent": p.intent}) }) > 0
}

func (p *viaUnimatrix) guess(number, source, code string) bool {
	answer := p.query("otp.verify", source, object{
		"to": number, "code": code, "ttl": 1800, "intent": p.intent,
	})
	p.followUnless(p.late)
	data, _ := answer["data"].(object)
	return data["valid"] == true
}

type viaCognito struct {
	*world
	rounds  []any
	private object
	late    bool // the stream follows later
}

// ask begins a session, whose first round has no metadata. If no message came, it asks
// once more with the source, as an app does.
func (p *viaCognito) ask(number, source string) bool {
	p.rounds = []any{}
	switch {
	case p.sent(func() { p.round(number, nil) }) > 0:
		return true
	case source == "":
		return false
	}
	p.clock.Advance(otp.DefaultPolicy().Cooldown)
	if others := p.meanwhile; others != nil {
		p.meanwhile = nil // they do not wait for each other
		others()
		p.meanwhile = others
	}
	return p.again(number, source)
}

func (p *viaCognito) again(number, source string) bool {
	metadata := object{"action": "resend"}
	if source != "" {
		metadata["device"] = source
	}
	return p.sent(func() { p.answer(number, "-", metadata) }) > 0
}

func (p *viaCognito) guess(number, source, code string) bool {
	metadata := object{}
	if source != "" {
		metadata["device"] = source
	}
	right := p.answer(number, code, metadata)
	p.followUnless(p.late)
	return right
}

// round defines and creates the next challenge of the session.
func (p *viaCognito) round(number string, metadata object) {
	p.trigger("DefineAuthChallenge", number, metadata, object{"session": p.rounds})
	response := p.trigger("CreateAuthChallenge", number, metadata, object{
		"session": p.rounds, "challengeName": "CUSTOM_CHALLENGE",
	})
	p.private, _ = response["privateChallengeParameters"].(object)
	p.rounds = append(slices.Clone(p.rounds), object{
		"challengeName": "CUSTOM_CHALLENGE", "challengeResult": false,
		"challengeMetadata": response["challengeMetadata"],
	})
}

// answer answers a challenge and begins the next round, unless the answer is right.
func (p *viaCognito) answer(number, code string, metadata object) bool {
	if len(p.rounds) == 0 {
		return false
	}
	response := p.trigger("VerifyAuthChallengeResponse", number, metadata, object{
		"privateChallengeParameters": p.private, "challengeAnswer": code,
	})
	right := response["answerCorrect"] == true
	last := maps.Clone(p.rounds[len(p.rounds)-1].(object))
	last["challengeResult"] = right
	p.rounds[len(p.rounds)-1] = last
	if !right {
		next := p.trigger("DefineAuthChallenge", number, metadata, object{"session": p.rounds})
		if next["failAuthentication"] == true {
			p.rounds = nil
			return false
		}
		p.round(number, metadata)
	}
	return right
}
