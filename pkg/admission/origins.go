package admission

import (
	"countersign/pkg/clients"
	"countersign/pkg/message"
	"countersign/pkg/otp"
)

// Origins returns what the messages of a client come from, by the country of their number. name is the sender id that
// the client or its request chose; "" is none. The identity, India's ids and the price each come from the first of
// these that has it:
//
//  1. the client's sender of the country, then its sender of all others;
//  2. name, as a sender id that is used where phones show it;
//  3. the deployment's sender of the country, then its sender of all others;
//  4. the settings of the service, which each empty field leaves to it.
//
// A name alone does not state that it is registered. So the deployment's sender of a country goes before the name where
// it is registered: operators there refuse a name that is not, or show it as a fraud.
func (m Messages) Origins(c *clients.Client, name string) otp.Origins {
	return func(region string) otp.Origin {
		var o origin
		o.add(c.Senders, region)
		if o.Identity == "" && o.Name == "" {
			o.Name = name
		}
		if ours := m.Senders[region]; !o.from && ours.Registered && ours.Identity != "" {
			o.Name = ""
		}
		o.add(m.Senders, region)
		return o.Origin
	}
}

// origin is what a message comes from, as far as it is known.
type origin struct {
	otp.Origin
	from bool // the identity is known, or is the service's own
}

// add adds what senders have for a country, where it is not known yet.
func (o *origin) add(senders map[string]clients.Sender, region string) {
	if region != "" {
		if s, ok := senders[region]; ok {
			o.identity(s)
			o.rest(s)
		}
	}
	if s, ok := senders[clients.Everywhere]; ok {
		if s.Service() == "" && message.IsSenderID(s.Identity) { // others have the next identity
			if !o.from && o.Name == "" {
				o.Name = s.Identity
			}
			s.Identity = ""
		}
		o.identity(s)
		o.rest(s)
	}
}

func (o *origin) identity(s clients.Sender) {
	if !o.from && (s.Identity != "" || s.Via != "") {
		o.Identity, o.Service, o.from = s.Identity, s.Service(), true
	}
}

func (o *origin) rest(s clients.Sender) {
	if o.EntityID == "" {
		o.EntityID, o.TemplateID = s.EntityID, s.TemplateID
	}
	if o.MaxPrice == "" {
		o.MaxPrice = s.MaxPrice
	}
}
