package config

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"countersign/pkg/clients"
)

// Setting is one environment variable. Tests hold docs/settings.md, template.yaml and
// the flags of the commands to its fields, see [Settings].
type Setting struct {
	Name    string // without [Prefix]
	Default string // "" means none
	Range   string // the allowed values, as "MIN to MAX" if there are bounds
	About   string // a line for docs/settings.md
	// Template names the parameter or resource of template.yaml that the variable is
	// set from. If there is none, it is "" for a setting that has a Flag, and "-" for
	// one that has no Flag either: every deployment uses the default, or only the local
	// server reads it.
	Template string
	Sends    bool   // only functions that send messages get it
	Flag     string // flag of the commands that has the same effect, such as "--listen"
	Client   string // flag of client set that gives a client a value of its own, such as "--digits"
	// Hidden settings have secret or personal values, which no error may show.
	Hidden bool

	set func(*Config, string) error // nil: [Get] returns the value to whoever needs it
}

// Settings returns the table of all environment variables that the functions, the
// local server and the commands read, in the order of docs/settings.md.
//
// To add a setting, add a row. If [Config] has a field for it, the row sets the field;
// otherwise its reader calls [Get]. The tests of this package, of docs, of functions
// and of cmd/countersign report every place that still lacks the setting.
//
// A value that clients may have of their own is not only a setting: it is also a field
// of clients.Record, with a flag in cmd/countersign/clientflags.go.
func Settings() []Setting { return table }

var table = []Setting{
	{Name: "DIGITS", Default: "6", Range: "4 to 8",
		About:    "digits of a code; if it is set, no Unimatrix request gets a shorter one",
		Template: "Digits", Client: "--digits",
		set: number(func(c *Config) *int { return &c.Policy.Digits })},
	{Name: "VALIDITY", Default: "5m", Range: "1m to 10m",
		About:    "lifetime of a code; if it is set, no Unimatrix request gets a longer one",
		Template: "ValiditySeconds", Client: "--validity",
		set: duration(func(c *Config) *time.Duration { return &c.Policy.Validity })},
	{Name: "ATTEMPTS", Default: "5", Range: "1 to 5", About: "guesses at one code", Template: "Attempts",
		Client: "--attempts",
		set:    number(func(c *Config) *int { return &c.Policy.Attempts })},
	{Name: "COOLDOWN", Default: "30s", Range: "0s to 1h",
		About:    "time between two messages of one client to one number",
		Template: "CooldownSeconds", Client: "--cooldown",
		set: duration(func(c *Config) *time.Duration { return &c.Policy.Cooldown })},
	{Name: "PER_HOUR", Default: "5", Range: "1 to PER_DAY", About: "messages of one client to one number in any hour",
		Template: "PerHour", Client: "--per-hour",
		set: number(func(c *Config) *int { return &c.Policy.PerHour })},
	{Name: "PER_DAY", Default: "10", Range: "3 to 20",
		About:    "messages of one client to one number in any 24 hours; at least PER_HOUR",
		Template: "PerDay", Client: "--per-day",
		set: number(func(c *Config) *int { return &c.Policy.PerDay })},
	{Name: "NUMBER_PER_DAY", Default: "0", Range: "0 to 30",
		About: "messages of all clients together to one number in any 24 hours; " +
			"0 is no limit, and one write less for each message",
		Template: "NumberPerDay",
		set:      setNumberPerDay},
	{Name: "UNANSWERED", Default: "20", Range: "3 to 100",
		About:    "messages in a row without a right code, after which the number is paused for the client",
		Template: "Unanswered", Client: "--unanswered",
		set: number(func(c *Config) *int { return &c.Policy.Unanswered })},
	{Name: "PAUSE", Default: "24h", Range: "1h to 168h",
		About: "longest pause. The first is an hour and each further one twice as long; " +
			"each lets three messages through",
		Template: "PauseHours", Client: "--pause",
		set: duration(func(c *Config) *time.Duration { return &c.Policy.Pause })},
	{Name: "MEMORY", Default: "24h", Range: "1h to 168h",
		About: "how long a repeated init gets the first answer, after its code has expired; " +
			"until the end of its day (UTC) in any case",
		Template: "MemoryHours", Client: "--memory",
		set: duration(func(c *Config) *time.Duration { return &c.Policy.Memory })},

	{Name: "REQUESTS_PER_MINUTE", Default: "6000", Range: "0 to 1000000",
		About: "requests of one client in a minute, if its record has no rate (`--per-minute`); 0 is any number, " +
			"and the default of the local server",
		Template: "RequestsPerMinute", Client: "--per-minute",
		set: between(0, clients.MaxPerMinute, func(c *Config) *int { return &c.RequestsPerMinute })},
	{Name: "MESSAGES_PER_DAY", Default: "100000", Range: "0 to 100000000",
		About: "messages of one client in a day of UTC, if its record has no number (`--messages-per-day`); " +
			"0 is any number, and the default of the local server",
		Template: "MessagesPerDay", Client: "--messages-per-day",
		set: between(0, clients.MaxMessagesPerDay, func(c *Config) *int { return &c.MessagesPerDay })},

	{Name: "BRAND", Default: "Countersign", Range: "one SMS, see [languages](languages.md#the-brand)",
		About:    "the name in each message",
		Template: "Brand", Client: "--brand",
		set: text(func(c *Config) *string { return &c.Brand })},
	{Name: "LANGUAGE", Default: "en", Range: "one of the [languages](languages.md)",
		About:    "language of messages, if neither the request nor the client names one",
		Template: "Language", Client: "--language",
		set: text(func(c *Config) *string { return &c.Language })},
	{Name: "COUNTRIES", Range: "`MY,GB`, or `*` for all",
		About:    "the only countries that any client may send to; the local server has `*` by default",
		Template: "AllowedCountries",
		set:      setCountries},
	{Name: "UNSIGNED_CLIENTS", Default: "no", Range: "yes, no",
		About: "whether AMS/DWS clients with `--unsigned` need no signature; " +
			"in the local server they never need one",
		Template: "UnsignedClients",
		set:      yes(func(c *Config) *bool { return &c.Unsigned })},

	{Name: "PATH_PREFIX", Range: "`/prod`, or `/prod,/otp/v2`",
		About: "prefixes that gateways in front add to paths: a stage, or the base path of a domain; " +
			"they are cut before a request is routed, and are part of what is signed",
		Template: "PathPrefix",
		set:      setPrefixes},

	{Name: "TABLE", Default: "countersign-challenges", About: "DynamoDB table of challenges and ledgers",
		Template: "ChallengesTable",
		set:      text(func(c *Config) *string { return &c.Table })},
	{Name: "CLIENTS_TABLE", Default: "countersign-clients", About: "DynamoDB table of clients and users",
		Template: "ClientsTable",
		set:      text(func(c *Config) *string { return &c.ClientsTable })},
	{Name: "KEYS", Range: "name or ARN", About: "the keyring's secret in AWS Secrets Manager",
		Template: "Keyring", Flag: "--keys-secret",
		set: text(func(c *Config) *string { return &c.Keys })},
	{Name: "STACK", About: "name of the deployment in its metrics", Template: "AWS::StackName"},
	{Name: "COGNITO_CLIENT", Range: "id of a client", About: "the client for which the user pool signs users in",
		Template: "CognitoClient"},

	{Name: "SENDER", Range: "functions: sms-voice, sns; local server: outbox",
		About: "the sender of messages, by default `outbox` in the local server, and in the functions `sms-voice` " +
			"where ORIGINATION_IDENTITY is set, else `sns`",
		Template: "-"},
	{Name: "SENDER_ID", Range: "1 to 11 letters, digits, hyphens", About: "SNS: the name that messages come from",
		Template: "SenderId", Client: "--sender-id", Sends: true},
	{Name: "ORIGINATION_NUMBER", Range: "5 to 14 digits", About: "SNS: the number that messages come from",
		Template: "OriginationNumber", Sends: true, Hidden: true},
	{Name: "MAX_PRICE", Range: "USD, such as 0.50", About: "the most that one message may cost",
		Template: "MaxPrice", Client: "--sender", Sends: true},
	{Name: "ENTITY_ID", Range: "with TEMPLATE_ID", About: "India's DLT entity id",
		Template: "EntityId", Client: "--sender", Sends: true},
	{Name: "TEMPLATE_ID", Range: "with ENTITY_ID", About: "India's DLT template id",
		Template: "TemplateId", Client: "--sender", Sends: true},
	{Name: "ORIGINATION_IDENTITY", Range: "ARN, id, number or name",
		About:    "End User Messaging: the pool, phone number or sender id that messages come from",
		Template: "OriginationIdentity", Sends: true, Hidden: true},
	{Name: "CONFIGURATION_SET", Range: "name or ARN", About: "End User Messaging: where events of messages go",
		Template: "ConfigurationSet", Sends: true},
	{Name: "PROTECT_CONFIGURATION", Range: "id or ARN",
		About:    "End User Messaging: the rules that block countries and numbers",
		Template: "ProtectConfiguration", Sends: true},
	{Name: "FALLOVER", Range: "sns, sms-voice",
		About:    "the sender that [sends what the first one refuses](senders.md#fall-over-to-the-other-service)",
		Template: "Fallover", Sends: true},
	{Name: "RECEIPTS", Default: "no", Range: "yes, no",
		About: "whether a re-send looks up what became of the message before, and is refused if none reaches the " +
			"number; the local server does",
		Template: "Receipts",
		set:      yes(func(c *Config) *bool { return &c.Receipts })},
	{Name: "MESSAGE_FEEDBACK", Default: "no", Range: "yes, no",
		About: "End User Messaging: whether AWS gets to know of each message if it led to a right code; " +
			"the functions that send and `changes` read it",
		Template: "MessageFeedback",
		set:      yes(func(c *Config) *bool { return &c.MessageFeedback })},
	{Name: "SENDERS", Range: "[entries](senders.md#senders-by-country)",
		About:    "what messages to each country come from, for clients without an entry of their own",
		Template: "Senders", Client: "--sender", Sends: true},

	{Name: "LISTEN", Default: "127.0.0.1:8080", About: "address of the local server", Flag: "--listen"},
	{Name: "ALLOW_REMOTE", About: "lets other machines reach the local server, and read codes", Flag: "--allow-remote"},
	{Name: "ALLOW_HOST", Range: "names, addresses", Flag: "--allow-host",
		About: "hosts that requests to the local server may be sent to, besides localhost and that of LISTEN"},
	{Name: "VERBOSE", About: "the local server logs each request", Flag: "--verbose"},
	{Name: "OUTBOX_RECEIPTS", Default: "delivered", Flag: "--receipts",
		Range: "delivered, undelivered, invalid, opted-out, blocked, expired, late, none",
		About: "what the local server reports about each message"},
	{Name: "DATA", Default: ".countersign", About: "folder of the local store, keys and outbox", Flag: "--data"},
	{Name: "STORE", Default: "sqlite", Range: "sqlite, dynamodb", About: "store of the local server and the commands",
		Flag: "--store"},
	{Name: "DYNAMODB_ENDPOINT", Range: "URL", About: "a DynamoDB engine on this machine", Flag: "--dynamodb-endpoint"},
	{Name: "URL", Default: "http://127.0.0.1:8080", Range: "URL", About: "the service that `countersign call` calls",
		Flag: "--url"},
}

// Find returns the setting of a name without [Prefix].
func Find(name string) (Setting, bool) {
	return find(func(s Setting) bool { return s.Name == name })
}

// OfField returns the setting that has the name of a struct's field, apart from case
// and underscores.
func OfField(field string) (Setting, bool) {
	return find(func(s Setting) bool { return strings.EqualFold(strings.ReplaceAll(s.Name, "_", ""), field) })
}

func find(is func(Setting) bool) (Setting, bool) {
	i := slices.IndexFunc(table, is)
	if i < 0 {
		return Setting{}, false
	}
	return table[i], true
}

// Get returns the value of the setting of a name without [Prefix], or its default. It
// panics if the table has no such setting, which is a mistake in the program.
func Get(getenv func(string) string, name string) string {
	s, ok := Find(name)
	if !ok {
		panic("config: there is no setting " + name + ": add a row to the table in pkg/config/settings.go")
	}
	return s.value(getenv)
}

// given reports whether the setting of a name without [Prefix] has a value of its own.
func given(getenv func(string) string, name string) bool {
	return strings.TrimSpace(getenv(Prefix+name)) != ""
}

func (s Setting) value(getenv func(string) string) string {
	if v := strings.TrimSpace(getenv(Prefix + s.Name)); v != "" {
		return v
	}
	return s.Default
}

// Wrong returns the error of a value, without the value if it is hidden. want has the
// allowed form.
func (s Setting) Wrong(value, want string) error {
	if s.Hidden && value != "" {
		return fmt.Errorf("%s%s has a value that is not shown here, and must be %s", Prefix, s.Name, want)
	}
	return fmt.Errorf("%s%s is %q, must be %s", Prefix, s.Name, value, want)
}
