package snssender_test

import (
	"errors"
	"fmt"

	"countersign/pkg/awsclient"
	"countersign/pkg/snssender"
)

// The wiring of a Lambda: os.Getenv stands where the example has a map.
func ExampleNew() {
	env := map[string]string{
		"AWS_REGION":            "eu-west-1",
		"AWS_ACCESS_KEY_ID":     "AKIDEXAMPLE",
		"AWS_SECRET_ACCESS_KEY": "secret",
	}
	cfg := awsclient.FromEnvironment(func(name string) string { return env[name] })
	_, err := snssender.New(cfg, snssender.Config{SenderID: "Acme Inc"})
	fmt.Println(err)
	// Output: sns: SenderID is "Acme Inc", must be 1 to 11 letters, digits and hyphens with at least one letter
}

// An alarm is raised for errors that the operator must mend, and not for a bad number.
func ExampleError() {
	var err error = fmt.Errorf("init: %w", &snssender.Error{
		Sender: "sns", Code: "AuthorizationError", Status: 403, Operator: true, Reason: "not allowed",
	})
	var e *snssender.Error
	if errors.As(err, &e) && e.Operator {
		fmt.Println("alarm:", e)
	}
	// Output: alarm: sns: AuthorizationError: not allowed (HTTP 403)
}
