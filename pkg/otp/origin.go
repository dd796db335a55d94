package otp

// Origin is what a message comes from, and what goes with it. A sender uses its own configuration for each field that
// is empty, so that the zero value leaves all to the sender.
type Origin struct {
	// Service is the name of the service that sends the message, in a process that has several.
	Service string
	// Identity is what the message comes from, such as a pool, a phone number or a sender id.
	Identity string
	// Name is a sender id that goes before Identity where the phones of a country show such names.
	Name string
	// EntityID and TemplateID are the ids of the text's registration, for the country that wants them.
	EntityID, TemplateID string
	MaxPrice             string // the most that the message may cost, in USD
}

// Origins returns the origin of messages to a country, ISO 3166-1 alpha-2; "" is one that is not known. nil leaves all
// to the sender.
type Origins func(region string) Origin

// of returns the origin of messages to a country.
func (o Origins) of(region string) Origin {
	if o == nil {
		return Origin{}
	}
	return o(region)
}
