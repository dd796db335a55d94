package console

// tryField is a field of the forms, as the template shows it.
type tryField struct {
	Name, Label string
	Hint        string // "" for none
	Kind        string // type of the input; "" has none
	Mode        string // inputmode
	Complete    string // autocomplete
	Only        string // the contract that has it; "" for both

	ID, Value, Error string
	Focus            bool // the page begins here
}

// carried reports whether the second form has the value of the first one without showing it.
func (f tryField) carried() bool {
	switch f.Name {
	case "do", "code", "form", "access-key", "request-id", "authentication-id":
		return false
	}
	return true
}

// tryFields are all fields of the forms. Those without a label are no inputs that a person types into.
var tryFields = []tryField{
	{Name: "do"},
	{Name: "form"},
	{Name: "contract"},
	{Name: "client", Label: "Client", Kind: "text"},
	{Name: "access-key", Label: "Access key", Kind: "password", Complete: "off", Only: contractUnimatrix,
		Hint: "Not for demo. It is not kept: type it for each call."},
	{Name: "number", Label: "Number", Kind: "text", Mode: "tel", Complete: "tel",
		Hint: "With its calling code, as people write it: +60 6543-216353."},
	{Name: "request-id", Label: "authenticationRequestId", Kind: "text", Complete: "off", Only: contractAMS,
		Hint: "The same id again sends no second message."},
	{Name: "authentication-id", Label: "authenticationId", Kind: "text", Complete: "off", Only: contractAMS,
		Hint: "Of the answer. Send again takes it."},
	{Name: "intent", Label: "Intent", Kind: "text", Complete: "off", Only: contractUnimatrix,
		Hint: "Keeps the codes of one number apart."},
	{Name: "language", Label: "Language", Kind: "text", Complete: "off", Only: contractAMS,
		Hint: "Of the message, such as de or zh-TW. Without it: the client's."},
	{Name: "amount", Label: "Amount", Kind: "text", Mode: "decimal", Complete: "off",
		Hint: "The code then confirms a payment: 10.50."},
	{Name: "currency", Label: "Currency", Kind: "text", Complete: "off", Hint: "Such as EUR."},
	{Name: "payee", Label: "Payee", Kind: "text", Complete: "off", Hint: "As the person knows it."},
	{Name: "code", Label: "Code", Kind: "text", Mode: "numeric", Complete: "one-time-code"},
}
