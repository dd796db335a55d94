package otp

// Reported is the part of a [Challenge] that its events carry, and that a [Receipt] of one of
// its messages has too, with its events. The JSON names are those of docs/events. It never
// holds a number or a code in clear.
type Reported struct {
	Client string `json:"client,omitempty"`           // whose challenge it is
	AuthID string `json:"authenticationId,omitempty"` // authenticationId, returned to the caller
	Region string `json:"country,omitempty"`          // ISO 3166-1 alpha-2 of the number; "" where it is not known
	Mask   string `json:"maskedNumber,omitempty"`     // the number with its middle starred
}

// Marks is the part of a [Challenge] that its events carry, and that no [Receipt] has. It goes
// whole from the challenge to the event: a field that is added here, to [ChallengeFields] and
// to docs/events is stored, followed and published. The rules of [Reported] hold.
type Marks struct {
	Test bool `json:"test,omitzero"` // of a test number, see [Test]: no message goes out
}

// Field is one stored field of a [Challenge].
type Field = FieldOf[Challenge]

// FieldOf is one stored field of a T: an attribute of its DynamoDB item and a column of
// its SQLite row.
type FieldOf[T any] struct {
	// Name is that of the attribute and of the column: ASCII letters. Tables of
	// running deployments have it, so it never changes.
	Name string
	// Pointer returns the address of the field in of: a *string, *[]byte, *int,
	// *int64 or *bool.
	Pointer func(of *T) any
	// Optional fields may be missing from an item, which then has their zero value.
	// A field that is younger than the first release is optional, since items without
	// it are in the tables. Any other that is missing makes its item unreadable: a zero
	// could read as "no attempts used".
	Optional bool
	// Followed fields are those that package changes reads, so that whoever follows a
	// table needs no others.
	Followed bool
}

// ChallengeFields lists every field of a [Challenge], the primary key first. All
// stores and all readers of their changes go by it. It is read only.
var ChallengeFields = []Field{
	{Name: "pk", Followed: true, Pointer: func(c *Challenge) any { return &c.Key }},
	{Name: "authId", Followed: true, Pointer: func(c *Challenge) any { return &c.AuthID }},
	{Name: "print", Pointer: func(c *Challenge) any { return &c.Fingerprint }},
	{Name: "state", Followed: true, Pointer: func(c *Challenge) any { return (*string)(&c.State) }},
	{Name: "result", Followed: true, Pointer: func(c *Challenge) any { return (*string)(&c.Result) }},
	{Name: "owner", Pointer: func(c *Challenge) any { return &c.Owner }},
	{Name: "lease", Pointer: func(c *Challenge) any { return (*int64)(&c.Lease) }},
	{Name: "seed", Followed: true, Pointer: func(c *Challenge) any { return &c.Seed }},
	{Name: "sealed", Pointer: func(c *Challenge) any { return &c.Encrypted }},
	{Name: "chosen", Followed: true, Pointer: func(c *Challenge) any { return &c.Chosen }},
	{Name: "digits", Pointer: func(c *Challenge) any { return &c.Digits }},
	{Name: "kv", Pointer: func(c *Challenge) any { return &c.KeyVersion }},
	{Name: "code", Followed: true, Pointer: func(c *Challenge) any { return &c.Code }},
	{Name: "guess", Followed: true, Pointer: func(c *Challenge) any { return &c.Guess }},
	{Name: "op", Followed: true, Pointer: func(c *Challenge) any { return &c.Op }},
	{Name: "attempts", Followed: true, Pointer: func(c *Challenge) any { return &c.Attempts }},
	{Name: "max", Followed: true, Pointer: func(c *Challenge) any { return &c.Max }},
	{Name: "sentAt", Followed: true, Pointer: func(c *Challenge) any { return (*int64)(&c.SentAt) }},
	{Name: "expiresAt", Followed: true, Pointer: func(c *Challenge) any { return (*int64)(&c.ExpiresAt) }},
	{Name: "ledger", Followed: true, Pointer: func(c *Challenge) any { return &c.LedgerKey }},
	{Name: "mask", Followed: true, Pointer: func(c *Challenge) any { return &c.Mask }},
	{Name: "user", Pointer: func(c *Challenge) any { return &c.User }},
	{Name: "client", Followed: true, Pointer: func(c *Challenge) any { return &c.Client }},
	{Name: "region", Followed: true, Pointer: func(c *Challenge) any { return &c.Region }},
	{Name: "test", Optional: true, Followed: true, Pointer: func(c *Challenge) any { return &c.Test }},
	{Name: "source", Optional: true, Followed: true, Pointer: func(c *Challenge) any { return &c.Source }},
	{Name: "messages", Optional: true, Followed: true, Pointer: func(c *Challenge) any { return &c.Messages }},
	{Name: "g", Optional: true, Followed: true, Pointer: func(c *Challenge) any { return &c.Guard }},
	{Name: "ttl", Pointer: func(c *Challenge) any { return &c.TTL }},
}
