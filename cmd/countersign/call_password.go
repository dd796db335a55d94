package main

import (
	"context"
	"errors"
	"strings"

	"countersign/pkg/ams/amsclient"
)

var callPasswordHelp = texts{
	"call_method": "otp, or password: send nothing, and ask for a password or the key for one.",
	"call_kind":   "Kind of the password: payment or login.",
	"call_typed": "Check a password, which is typed without an echo or comes from the standard input in one line. " +
		"The key that it is encrypted to is asked for first. It needs --authentication-id.",
	"call_set": "Set a password of a number whose code has just passed. It is typed twice without an echo, or " +
		"comes from the standard input in one line. The key that it is encrypted to is asked for first.",
	"call_proof": "authenticationId of the init whose code passed.",
}

// password checks a password.
func (c *callVerify) password(ctx context.Context) error {
	switch {
	case c.Code != "":
		return errors.New("a password is no argument, which all users of this machine can see: type it, or give it " +
			"by the standard input")
	case c.AuthenticationID == "":
		return errors.New("--password needs --authentication-id, the one in the init's answer")
	}
	typed, err := typedPassword(ctx, "password", false)
	if err != nil {
		return err
	}
	return c.send(ctx, func(ctx context.Context, client *amsclient.Client) (amsclient.Answer, error) {
		return client.VerifyPassword(ctx, amsclient.VerifyPasswordRequest{
			AuthenticationRequestID: c.ID, AuthenticationID: c.AuthenticationID, Password: string(typed),
		})
	})
}

type callSetPassword struct {
	caller
	AuthenticationID string `required:"" placeholder:"ID" help:"call_proof"`
	Kind             string `enum:"payment,login" default:"payment" help:"call_kind"`
	Number           string `arg:"" help:"+606543216353, or 60-6543216353 as it is sent."`
}

// Run sets a password.
func (c *callSetPassword) Run(ctx context.Context) error {
	number, err := phoneNumber(c.Number)
	if err != nil {
		return err
	}
	typed, err := typedPassword(ctx, c.Kind+" password", true)
	if err != nil {
		return err
	}
	return c.send(ctx, func(ctx context.Context, client *amsclient.Client) (amsclient.Answer, error) {
		return client.SetPassword(ctx, amsclient.SetPasswordRequest{
			AuthenticationID: c.AuthenticationID, AuthenticationType: strings.ToUpper(c.Kind),
			IdentityType: "MOBILENO", IdentityValue: number, Password: string(typed),
		})
	})
}
