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
	"countersign/pkg/snssender"
)

// table has the sender "sns", which is used where COUNTERSIGN_SENDER names none.
var table = sending.Senders{"sns": openSNS}

// Open adds a sender to s. Its error names every setting of messages that is wrong. A country that does not exist is
// a line in the log only: messages to the other countries go out. A line has the release of the numbering plans; it is
// a warning where they are stale.
func Open(s *start.Service, getenv func(string) string) (*sending.Service, error) {
	if err := s.Config.CheckMessages(languages.Check); err != nil {
		return nil, err
	}
	if err := plan.CheckCountries(s.Config.Countries); err != nil {
		s.Gate.Log.Warn("start", "cause", fmt.Sprintf("%sCOUNTRIES: %v", config.Prefix, err))
	}
	logPlans(s.Gate.Log, s.Now())
	sender, err := table.Open(getenv, "sns")
	if err != nil {
		return nil, err
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
