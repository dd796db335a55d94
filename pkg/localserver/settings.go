package localserver

import (
	"slices"

	"countersign/pkg/config/inforce"
)

// Own returns what the local server makes of settings beside their table.
func Own() []inforce.Own { return slices.Clone(own) }

// own are the settings that this server has other values for, or none: no message leaves this machine, and no request
// costs anything.
var own = []inforce.Own{
	{Name: "COUNTRIES", Value: "*", Origin: inforce.FromProcess},
	{Name: "REQUESTS_PER_MINUTE", Value: "0", Origin: inforce.FromProcess},
	{Name: "MESSAGES_PER_DAY", Value: "0", Origin: inforce.FromProcess},
	{Name: "SENDER", Value: "outbox", Origin: inforce.FromProcess},
	{Name: "UNSIGNED_CLIENTS", Value: "yes", Origin: inforce.Fixed},
	{Name: "RECEIPTS", Value: "yes", Origin: inforce.Fixed},

	{Name: "KEYS", Origin: inforce.Unused},
	{Name: "STACK", Origin: inforce.Unused},
	{Name: "COGNITO_CLIENT", Origin: inforce.Unused},
	{Name: "SENDER_ID", Origin: inforce.Unused},
	{Name: "ORIGINATION_NUMBER", Origin: inforce.Unused},
	{Name: "MAX_PRICE", Origin: inforce.Unused},
	{Name: "ENTITY_ID", Origin: inforce.Unused},
	{Name: "TEMPLATE_ID", Origin: inforce.Unused},
	{Name: "ORIGINATION_IDENTITY", Origin: inforce.Unused},
	{Name: "CONFIGURATION_SET", Origin: inforce.Unused},
	{Name: "PROTECT_CONFIGURATION", Origin: inforce.Unused},
	{Name: "FALLOVER", Origin: inforce.Unused},
	{Name: "MESSAGE_FEEDBACK", Origin: inforce.Unused},
	{Name: "SENDERS", Origin: inforce.Unused},
	{Name: "URL", Origin: inforce.Unused},
}
