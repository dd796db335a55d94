// Package senders has the table of senders that the functions can use. It is apart from package start because function
// verify must not link a sender.
package senders

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"countersign/functions/internal/start"
	"countersign/pkg/awsclient"
	"countersign/pkg/config"
	"countersign/pkg/message/languages"
	"countersign/pkg/otp"
	"countersign/pkg/phone/plan"
	"countersign/pkg/service/sending"
	"countersign/pkg/smsvoice"
	"countersign/pkg/snssender"
)

// The senders. Where COUNTERSIGN_SENDER names none, it is sns until the operator gives the other one something to send
// from.
const (
	sns      = "sns"
	smsVoice = "sms-voice"
)

var table = sending.Senders{sns: openSNS, smsVoice: openSMSVoice}

func standard(getenv func(string) string) string {
	if config.Get(getenv, "ORIGINATION_IDENTITY") != "" {
		return smsVoice
	}
	return sns
}

// Open adds a sender to s. Its error names every setting of messages that is wrong. A country that does not exist is
// a line in the log only: messages to the other countries go out. The same holds for a country to which the sender can
// send nothing. A line has the release of the numbering plans; it is
// a warning where they are stale.
func Open(s *start.Service, getenv func(string) string) (*sending.Service, error) {
	if err := s.Config.CheckMessages(languages.Check); err != nil {
		return nil, err
	}
	if err := plan.CheckCountries(s.Config.Countries); err != nil {
		s.Gate.Log.Warn("start", "cause", fmt.Sprintf("%sCOUNTRIES: %v", config.Prefix, err))
	}
	logPlans(s.Gate.Log, s.Now())
	sender, err := table.Open(getenv, standard(getenv))
	if err != nil {
		return nil, err
	}
	if voice, ok := sender.(*smsvoice.Sender); ok {
		if err := voice.CheckCountries(s.Config.Countries); err != nil {
			s.Gate.Log.Warn("start", "cause", fmt.Sprintf("%sORIGINATION_IDENTITY: %v", config.Prefix, err))
		}
	}
	return sending.New(s.Service, sender), nil
}

func logPlans(log *slog.Logger, now time.Time) {
	level := slog.LevelInfo
	if plan.Stale(now) {
		level = slog.LevelWarn
	}
	log.Log(context.Background(), level, "numbering plans", "release", plan.Release())
}

func openSNS(getenv func(string) string) (otp.Sender, error) {
	sender, err := snssender.New(awsclient.FromEnvironment(getenv), snssender.Config{
		SenderID:          config.Get(getenv, "SENDER_ID"),
		OriginationNumber: config.Get(getenv, "ORIGINATION_NUMBER"),
		MaxPrice:          config.Get(getenv, "MAX_PRICE"),
		EntityID:          config.Get(getenv, "ENTITY_ID"),
		TemplateID:        config.Get(getenv, "TEMPLATE_ID"),
		Endpoint:          getenv("AWS_ENDPOINT_URL_SNS"),
		OpenAhead:         true,
	})
	if err != nil {
		return nil, settingErrors(err)
	}
	return sender, nil
}

func openSMSVoice(getenv func(string) string) (otp.Sender, error) {
	sender, err := smsvoice.New(awsclient.FromEnvironment(getenv), smsvoice.Config{
		OriginationIdentity:  config.Get(getenv, "ORIGINATION_IDENTITY"),
		ConfigurationSet:     config.Get(getenv, "CONFIGURATION_SET"),
		ProtectConfiguration: config.Get(getenv, "PROTECT_CONFIGURATION"),
		MaxPrice:             config.Get(getenv, "MAX_PRICE"),
		EntityID:             config.Get(getenv, "ENTITY_ID"),
		TemplateID:           config.Get(getenv, "TEMPLATE_ID"),
		MessageFeedback:      config.Get(getenv, "MESSAGE_FEEDBACK") == "yes",
		Endpoint:             getenv("AWS_ENDPOINT_URL_PINPOINT_SMS_VOICE_V2"),
		OpenAhead:            true,
	})
	if err != nil {
		return nil, settingErrors(err)
	}
	return sender, nil
}

// settingErrors gives the errors of a sender's configuration the names of the settings, and leaves out values that
// are hidden.
func settingErrors(err error) error {
	switch e := err.(type) {
	case interface{ Unwrap() []error }:
		var errs []error
		for _, one := range e.Unwrap() {
			errs = append(errs, settingErrors(one))
		}
		return errors.Join(errs...)
	case *awsclient.ConfigError:
		if s, ok := config.OfField(e.Field); ok {
			return s.Wrong(e.Value, e.Want)
		}
	}
	return err
}
