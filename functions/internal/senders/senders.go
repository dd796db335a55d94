// Package senders has the table of senders that the functions can use. It is apart from package start because function
// verify must not link a sender.
package senders

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"countersign/functions/internal/start"
	"countersign/pkg/awsclient"
	"countersign/pkg/clients"
	"countersign/pkg/clients/origins"
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
	sns      = clients.SNS
	smsVoice = clients.SMSVoice
)

var table = sending.Senders{sns: openSNS, smsVoice: openSMSVoice}

// chosen returns the sender of messages that name none.
func chosen(getenv func(string) string) string {
	return sending.Chosen(getenv, standard(getenv))
}

// standard returns the sender where the setting names none: the other one than that of the fallover, else the one that
// has something to send from.
func standard(getenv func(string) string) string {
	switch config.Get(getenv, "FALLOVER") {
	case sns:
		return smsVoice
	case smsVoice:
		return sns
	}
	if config.Get(getenv, "ORIGINATION_IDENTITY") != "" {
		return smsVoice
	}
	return sns
}

// Open adds a sender to s. Its error names every setting of messages that is wrong. A country that does not exist is
// a line in the log only: messages to the other countries go out. The same holds for a country to which messages do not
// go out as they are meant to, see [origins.Gaps]: the rules of countries change, and those of a newer version must not
// stop a deployment. A line has the release of the numbering plans; it is a warning where they are stale.
func Open(s *start.Service, getenv func(string) string) (*sending.Service, error) {
	if err := s.Config.CheckMessages(languages.Check); err != nil {
		return nil, err
	}
	if err := plan.CheckCountries(s.Config.Countries); err != nil {
		s.Gate.Log.Warn("start", "cause", fmt.Sprintf("%sCOUNTRIES: %v", config.Prefix, err))
	}
	logPlans(s.Gate.Log, s.Now())
	byCountry, err := senders(getenv)
	if err != nil {
		return nil, err
	}
	router, err := table.Route(getenv, standard(getenv))
	if err != nil {
		return nil, err
	}
	from := settings(getenv, router)
	gaps := origins.Gaps(s.Config.Countries, byCountry, from)
	if route := origins.Route(getenv("AWS_REGION"), s.Config.Countries, byCountry, from.EntityID); route != "" {
		gaps = append(gaps, route)
	}
	for _, gap := range gaps {
		s.Gate.Log.Warn("start", "cause", config.Prefix+"SENDERS: "+gap)
	}
	sender, err := fallOver(getenv, router, s.Now)
	if err != nil {
		return nil, err
	}
	svc := sending.New(s.Service, sender)
	svc.Messages.Senders = byCountry
	svc.ReadAhead(s.Challenges)
	if s.Config.Receipts {
		svc.ReadReceipts(s.Challenges)
	}
	return svc, nil
}

// senders reads the deployment's senders by country, and the settings of the services that they name.
func senders(getenv func(string) string) (map[string]clients.Sender, error) {
	all, err := origins.ParseAll(config.Get(getenv, "SENDERS"))
	if err == nil {
		err = origins.CheckForms(all)
	}
	if err != nil {
		return nil, fmt.Errorf("%sSENDERS: %w", config.Prefix, err)
	}
	named := map[string]bool{}
	for _, s := range all {
		named[s.Service()] = true
	}
	var errs []error
	if named[sns] {
		errs = append(errs, settingErrors(snsConfig(getenv).Validate()))
	}
	if named[smsVoice] {
		errs = append(errs, settingErrors(smsVoiceConfig(getenv).Validate()))
	}
	return all, errors.Join(errs...)
}

// settings are what messages come from where no entry has an identity.
func settings(getenv func(string) string, router *sending.Router) origins.Standard {
	name := router.Standard()
	from := clients.Sender{Via: name, EntityID: config.Get(getenv, "ENTITY_ID")}
	switch name {
	case sns:
		from.Identity = cmp.Or(config.Get(getenv, "SENDER_ID"), config.Get(getenv, "ORIGINATION_NUMBER"))
	case smsVoice:
		from.Identity = config.Get(getenv, "ORIGINATION_IDENTITY")
	}
	return origins.Standard{Sender: from}
}

func logPlans(log *slog.Logger, now time.Time) {
	level := slog.LevelInfo
	if plan.Stale(now) {
		level = slog.LevelWarn
	}
	log.Log(context.Background(), level, "numbering plans", "release", plan.Release())
}

func snsConfig(getenv func(string) string) snssender.Config {
	return snssender.Config{
		SenderID:          config.Get(getenv, "SENDER_ID"),
		OriginationNumber: config.Get(getenv, "ORIGINATION_NUMBER"),
		MaxPrice:          config.Get(getenv, "MAX_PRICE"),
		EntityID:          config.Get(getenv, "ENTITY_ID"),
		TemplateID:        config.Get(getenv, "TEMPLATE_ID"),
		Endpoint:          getenv("AWS_ENDPOINT_URL_SNS"),
		OpenAhead:         chosen(getenv) == sns,
	}
}

func openSNS(getenv func(string) string) (otp.Sender, error) {
	sender, err := snssender.New(awsclient.FromEnvironment(getenv), snsConfig(getenv))
	if err != nil {
		return nil, settingErrors(err)
	}
	return sender, nil
}

func smsVoiceConfig(getenv func(string) string) smsvoice.Config {
	standard := chosen(getenv) == smsVoice
	return smsvoice.Config{
		OriginationIdentity:  config.Get(getenv, "ORIGINATION_IDENTITY"),
		ByMessage:            !standard,
		ConfigurationSet:     config.Get(getenv, "CONFIGURATION_SET"),
		ProtectConfiguration: config.Get(getenv, "PROTECT_CONFIGURATION"),
		MaxPrice:             config.Get(getenv, "MAX_PRICE"),
		EntityID:             config.Get(getenv, "ENTITY_ID"),
		TemplateID:           config.Get(getenv, "TEMPLATE_ID"),
		MessageFeedback:      config.Get(getenv, "MESSAGE_FEEDBACK") == "yes",
		Endpoint:             getenv("AWS_ENDPOINT_URL_PINPOINT_SMS_VOICE_V2"),
		OpenAhead:            standard,
	}
}

func openSMSVoice(getenv func(string) string) (otp.Sender, error) {
	sender, err := smsvoice.New(awsclient.FromEnvironment(getenv), smsVoiceConfig(getenv))
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
