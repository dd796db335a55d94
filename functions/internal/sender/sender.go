// Package sender makes what sends codes over SNS. It is apart from package start so
// that verify links neither SNS nor phone metadata.
package sender

import (
	"fmt"

	"countersign/functions/internal/start"
	"countersign/pkg/config"
	"countersign/pkg/otp"
	"countersign/pkg/phone/plan"
	"countersign/pkg/snssender"
	"countersign/pkg/telemetry"
)

// Issuer reads the settings of a service that sends. The error names every setting
// that is wrong.
func Issuer(s *start.Service, getenv func(string) string) (otp.Issuer, error) {
	if err := s.Config.CheckMessages(); err != nil {
		return otp.Issuer{}, err
	}
	if err := plan.CheckCountries(s.Config.Countries); err != nil { // the others are served all the same
		s.Gate.Log.Warn("start", "cause", fmt.Sprintf("%sCOUNTRIES: %v", config.Prefix, err))
	}
	sms, err := snssender.New(snssender.FromEnvironment(getenv), snssender.Config{
		SenderID:          getenv(config.Prefix + "SENDER_ID"),
		OriginationNumber: getenv(config.Prefix + "ORIGINATION_NUMBER"),
		MaxPrice:          getenv(config.Prefix + "MAX_PRICE"),
		EntityID:          getenv(config.Prefix + "ENTITY_ID"),
		TemplateID:        getenv(config.Prefix + "TEMPLATE_ID"),
		Endpoint:          getenv("AWS_ENDPOINT_URL_SNS"),
	})
	if err != nil {
		return otp.Issuer{}, err
	}
	return otp.Issuer{
		Challenges: s.Store, Ledgers: s.Store, Sender: telemetry.Sender{Sender: sms, Now: s.Now},
		Keys: s.Keys, Now: s.Now, Rand: s.Rand,
	}, nil
}
