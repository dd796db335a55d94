package senders

import (
	"errors"
	"fmt"
	"time"

	"countersign/pkg/config"
	"countersign/pkg/fallover"
	"countersign/pkg/otp"
	"countersign/pkg/service/sending"
)

// fallOver adds the second service to a router, where COUNTERSIGN_FALLOVER names one. Its error names each setting with
// which messages could not fall over, or would go to somebody who must not get them. The router opens the second
// service at the first message for it.
func fallOver(getenv func(string) string, router *sending.Router, now func() time.Time) (otp.Sender, error) {
	second := config.Get(getenv, "FALLOVER")
	first := router.Standard()
	var errs []error
	switch second {
	case "":
		return router, nil
	case first:
		errs = append(errs, wrong(second, "the other service than COUNTERSIGN_SENDER: one that refuses a message "+
			"refuses it again"))
	case sns:
		errs = append(errs, settingErrors(snsConfig(getenv).Validate()))
		if config.Get(getenv, "PROTECT_CONFIGURATION") != "" {
			errs = append(errs, wrong(second, "empty where COUNTERSIGN_PROTECT_CONFIGURATION is set, which SNS cannot "+
				"apply: make it the account's default, and leave that setting empty"))
		}
	case smsVoice:
		c := smsVoiceConfig(getenv)
		c.ByMessage = false // what falls over has no identity of its own
		errs = append(errs, settingErrors(c.Validate()))
	default:
		errs = append(errs, wrong(second, "one of: "+smsVoice+", "+sns))
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	through := func(name string) fallover.Service { return fallover.Service{Name: name, Sender: router} }
	return fallover.New(through(first), through(second), now), nil
}

func wrong(value, want string) error {
	return fmt.Errorf("%sFALLOVER is %q, must be %s", config.Prefix, value, want)
}
