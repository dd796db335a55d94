package localserver

import (
	"slices"

	"countersign/pkg/config"
)

// Own returns what the local server makes of settings beside their table.
func Own() []config.Own { return slices.Clone(own) }

// own are the settings that this server has other values for, or none: no message leaves this machine, and no request
// costs anything.
var own = []config.Own{
	{Name: "COUNTRIES", Value: "*", Origin: config.FromProcess},
	{Name: "REQUESTS_PER_MINUTE", Value: "0", Origin: config.FromProcess},
	{Name: "MESSAGES_PER_DAY", Value: "0", Origin: config.FromProcess},
	{Name: "SENDER", Value: "outbox", Origin: config.FromProcess},
	{Name: "UNSIGNED_CLIENTS", Value: "yes", Origin: config.Fixed},
	{Name: "RECEIPTS", Value: "yes", Origin: config.Fixed},

	{Name: "KEYS", Origin: config.Unused},
	{Name: "STACK", Origin: config.Unused},
	{Name: "COGNITO_CLIENT", Origin: config.Unused},
	{Name: "SENDER_ID", Origin: config.Unused},
	{Name: "ORIGINATION_NUMBER", Origin: config.Unused},
	{Name: "MAX_PRICE", Origin: config.Unused},
	{Name: "ENTITY_ID", Origin: config.Unused},
	{Name: "TEMPLATE_ID", Origin: config.Unused},
	{Name: "ORIGINATION_IDENTITY", Origin: config.Unused},
	{Name: "CONFIGURATION_SET", Origin: config.Unused},
	{Name: "PROTECT_CONFIGURATION", Origin: config.Unused},
	{Name: "FALLOVER", Origin: config.Unused},
	{Name: "MESSAGE_FEEDBACK", Origin: config.Unused},
	{Name: "SENDERS", Origin: config.Unused},
	{Name: "URL", Origin: config.Unused},
}
