package profile

import (
	"countersign/pkg/clients"
	"countersign/pkg/clients/origins"
)

// CannotCall is the note on a client without a credential, see [CanCall].
const CannotCall = "cannot call over HTTP: client rotate-key gives it a key, " +
	"client add-access-key and client set --unimatrix a Unimatrix credential; " +
	"Cognito and direct invocations need neither"

// CanCall reports whether a client can prove itself over HTTP.
func CanCall(r clients.Record) bool { return len(r.Keys) > 0 || r.Unsigned || r.Unimatrix != "" }

// Notes are sentences on what a client lacks or has without use. brand is the deployment's.
func Notes(r clients.Record, brand string) (all []string) {
	if !CanCall(r) {
		all = append(all, "it "+CannotCall)
	}
	if len(r.Secrets) > 0 && r.Unimatrix != "hmac" {
		all = append(all, "its secret is not used: client set --unimatrix hmac changes that")
	}
	if r.Once && r.Unimatrix != "hmac" {
		all = append(all, "--once has no effect: only requests with hmac have a nonce")
	}
	if len(r.Countries) == 0 {
		all = append(all, "it can send nothing: client set --country allows countries")
	}
	if tags := NoRoom(r, brand); tags != "" {
		all = append(all, "one SMS has no room for the lines for autofill in these languages, and such requests get "+
			"the client's own: "+tags)
	}
	return all
}

// Warnings are sentences on a client whose id, which log lines and events show, is enough to send.
func Warnings(r clients.Record, deployed bool) (all []string) {
	if r.Unsigned {
		all = append(all, unsigned(r.ID, deployed))
	}
	if r.ShowsItsKey() {
		all = append(all, "the id of client "+Quoted(r.ID)+", which log lines and events show, is its access key: "+
			"anyone who knows it can send messages at your cost; client add-access-key gives it another one, and "+
			"--retire-old ends this one")
	}
	return all
}

// unsigned warns of an unsigned client, which deployed functions refuse by default.
func unsigned(id string, deployed bool) string {
	text := "client " + Quoted(id) + " is unsigned: anyone who knows this id can send messages at your cost"
	if deployed {
		text += ". The functions refuse its AMS/DWS requests without a signature, unless the stack's parameter " +
			"UnsignedClients is yes; client rotate-key gives it a key"
	}
	return text
}

// SenderWarnings are sentences on countries to which a client's messages do not go out as they are meant to.
func SenderWarnings(r clients.Record) (all []string) {
	standard := origins.Standard{Sender: clients.Sender{Identity: r.SenderID}, OfClient: true}
	for _, gap := range origins.Gaps(r.Countries, r.Senders, standard) {
		all = append(all, "messages of client "+Quoted(r.ID)+" to "+gap+
			"; client set --sender gives a country an entry")
	}
	return all
}
