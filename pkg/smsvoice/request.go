package smsvoice

import (
	"cmp"
	"strings"
	"time"

	"countersign/pkg/otp"
	"countersign/pkg/smsrules"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/pinpointsmsvoicev2"
	"github.com/aws/aws-sdk-go-v2/service/pinpointsmsvoicev2/types"
)

// The service's bounds of TimeToLive.
const (
	leastLife = 5 * time.Second
	mostLife  = 72 * time.Hour
)

// request returns the request for m.
func (c Config) request(m otp.Message) *pinpointsmsvoicev2.SendTextMessageInput {
	c = c.from(m)
	in := &pinpointsmsvoicev2.SendTextMessageInput{
		DestinationPhoneNumber: aws.String(m.To.E164()),
		MessageBody:            aws.String(m.Text),
		// One-time codes are transactional: delivery before price.
		MessageType:            types.MessageTypeTransactional,
		OriginationIdentity:    given(c.OriginationIdentity),
		TimeToLive:             aws.Int32(seconds(m.Life)),
		ConfigurationSetName:   given(c.ConfigurationSet),
		ProtectConfigurationId: given(c.ProtectConfiguration),
		MaxPrice:               given(decimal(c.MaxPrice)),
		Context:                reference(m),
	}
	if c.MessageFeedback {
		in.MessageFeedbackEnabled = aws.Bool(true)
	}
	if c.EntityID != "" && c.TemplateID != "" && m.Region == "IN" {
		in.DestinationCountryParameters = map[string]string{
			string(types.DestinationCountryParameterKeyInEntityId):   c.EntityID,
			string(types.DestinationCountryParameterKeyInTemplateId): c.TemplateID,
		}
	}
	return in
}

// reference returns what the service returns with each event of m, so that a receipt names its challenge. The service
// takes no spaces in it, so the id of a client with other letters than visible ASCII is a digest.
func reference(m otp.Message) map[string]string {
	if m.Client == "" || m.AuthID == "" {
		return nil
	}
	return map[string]string{otp.ContextClient: otp.ClientReference(m.Client), otp.ContextAuthID: m.AuthID}
}

// from returns the configuration with what the origin of m has in place of its own.
func (c Config) from(m otp.Message) Config {
	o := m.Origin
	c.OriginationIdentity = cmp.Or(o.Identity, c.OriginationIdentity)
	if smsrules.ShowsName(m.Region, o.Name) {
		c.OriginationIdentity = o.Name
	}
	if o.EntityID != "" { // the configuration's template is of another entity
		c.EntityID, c.TemplateID = o.EntityID, ""
	}
	c.TemplateID = cmp.Or(o.TemplateID, c.TemplateID)
	c.MaxPrice = cmp.Or(o.MaxPrice, c.MaxPrice)
	return c
}

// seconds returns the TimeToLive of a message whose code has life left. It ends at or before the code does, unless that
// is too soon for the service.
func seconds(life time.Duration) int32 {
	return int32(min(max(life, leastLife), mostLife) / time.Second) // #nosec G115 -- at most 259,200
}

// decimal returns a price in the service's form, which has always a point: "1" is "1.0".
func decimal(price string) string {
	if price == "" || strings.Contains(price, ".") {
		return price
	}
	return price + ".0"
}

// given returns nil for a field that is not set.
func given(value string) *string {
	if value == "" {
		return nil
	}
	return &value
}
