package smsvoice

import (
	"strings"
	"time"

	"countersign/pkg/otp"

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
	in := &pinpointsmsvoicev2.SendTextMessageInput{
		DestinationPhoneNumber: aws.String(m.To.E164()),
		MessageBody:            aws.String(m.Text),
		// One-time codes are transactional: delivery before price.
		MessageType:            types.MessageTypeTransactional,
		OriginationIdentity:    aws.String(c.origin(m)),
		TimeToLive:             aws.Int32(seconds(m.Life)),
		ConfigurationSetName:   given(c.ConfigurationSet),
		ProtectConfigurationId: given(c.ProtectConfiguration),
		MaxPrice:               given(decimal(c.MaxPrice)),
	}
	if c.EntityID != "" && m.Region == "IN" {
		in.DestinationCountryParameters = map[string]string{
			string(types.DestinationCountryParameterKeyInEntityId):   c.EntityID,
			string(types.DestinationCountryParameterKeyInTemplateId): c.TemplateID,
		}
	}
	return in
}

// origin returns what m comes from.
func (c Config) origin(m otp.Message) string {
	if ShowsName(m.Region, m.From) {
		return m.From
	}
	return c.OriginationIdentity
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
