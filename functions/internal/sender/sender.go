// Package sender makes the SNS sender of the functions that send. It is apart
// from package start so that verify does not link SNS.
package sender

import (
	"countersign/pkg/config"
	"countersign/pkg/snssender"
)

// Open reads the environment. The error names every setting that is wrong.
func Open(getenv func(string) string) (*snssender.Sender, error) {
	return snssender.New(snssender.FromEnvironment(getenv), snssender.Config{
		SenderID:          getenv(config.Prefix + "SENDER_ID"),
		OriginationNumber: getenv(config.Prefix + "ORIGINATION_NUMBER"),
		MaxPrice:          getenv(config.Prefix + "MAX_PRICE"),
		EntityID:          getenv(config.Prefix + "ENTITY_ID"),
		TemplateID:        getenv(config.Prefix + "TEMPLATE_ID"),
		Endpoint:          getenv("AWS_ENDPOINT_URL_SNS"),
	})
}
