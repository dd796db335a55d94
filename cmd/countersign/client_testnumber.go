package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"countersign/pkg/clients"
	"countersign/pkg/clients/profile"
	"countersign/pkg/clients/registry"
	"countersign/pkg/inquiry"
	"countersign/pkg/otp"
	"countersign/pkg/phone"
)

var testNumberHelp = texts{
	"test_numbers":       "Manage the numbers of store reviewers and end-to-end tests: nothing is sent to them.",
	"test_number_add":    "Give a number a fixed code until a day or a time. It works within 30 seconds everywhere.",
	"test_number_list":   "List a client's test numbers. Numbers are masked, and codes are never shown.",
	"test_number_remove": "Make a test number an ordinary number again, within 30 seconds everywhere.",
	"test_code":          "Its code: 4 to 8 digits. Whoever knows it passes for the number.",
	"test_until":         "Its last day in UTC, such as 2026-12-31, or the time of its end: 2026-12-31T18:00:00Z.",
	"really": "Take a number that somebody can have. Its owner gets no codes of this client, and whoever knows the " +
		"code passes for the owner.",
}

type clientTestNumber struct {
	Add    testNumberAdd    `cmd:"" help:"test_number_add"`
	List   testNumberList   `cmd:"" help:"test_number_list"`
	Remove testNumberRemove `cmd:"" help:"test_number_remove"`
}

// Help describes the JSON of the commands.
func (clientTestNumber) Help() string {
	return `With --json, list prints an array of {mask, sealed, until, added}, where sealed is always "sealed". ` +
		`add and remove print the client's record.`
}

// aTestNumber has the flags and the arguments of a command for one test number.
type aTestNumber struct {
	oneClient
	Number string `arg:"" help:"The phone number, +606543216353 or 60-6543216353."`
}

type testNumberAdd struct {
	aTestNumber
	Code   string `required:"" placeholder:"DIGITS" help:"test_code"`
	Until  day    `required:"" placeholder:"DAY|TIME" help:"test_until"`
	Really bool   `help:"really"`
}

// Run adds a test number.
func (c *testNumberAdd) Run(ctx context.Context) error {
	n, err := inquiry.Typed(c.Number)
	if err != nil {
		return err
	}
	if !c.Really && !fictional(n) {
		return fmt.Errorf("somebody can have the number %s: take one of a range for fiction, such as +12025550123 or "+
			"+447700900123, or give --really: then its owner gets no codes of this client, and whoever knows the code "+
			"passes for the owner", n.Mask)
	}
	return c.on(ctx, func(b *books) error {
		if err := b.clients.AddTestNumber(ctx, c.ID, n, otp.Code(c.Code), c.Until.Time); err != nil {
			return err
		}
		r, err := b.clients.Get(ctx, c.ID)
		if err != nil {
			return err
		}
		if want := *cmp.Or(r.Limits.Digits, &b.clients.Defaults.Policy.Digits); want != len(c.Code) {
			warn("the code has %d digits, and other codes of this client have %d: its forms may not take the code",
				len(c.Code), want)
		}
		return c.show(ctx, b, c.ID)
	})
}

type testNumberList struct{ oneClient }

// Run prints the test numbers of a client.
func (c *testNumberList) Run(ctx context.Context) error {
	return c.on(ctx, func(b *books) error {
		r, err := b.clients.Get(ctx, c.ID)
		if err != nil {
			return err
		}
		all := r.TestNumbers
		if all == nil {
			all = []clients.TestNumber{} // [] in JSON, and not null
		}
		rows := [][]string{{"NUMBER", "UNTIL (UTC)", "ADDED"}}
		for _, n := range all {
			rows = append(rows, []string{n.Mask, profile.TestEnd(n, time.Now()), n.Added.Format(time.DateOnly)})
		}
		return c.answer(all, columns(rows...))
	})
}

type testNumberRemove struct{ aTestNumber }

// Run removes a test number.
func (c *testNumberRemove) Run(ctx context.Context) error {
	n, err := inquiry.Typed(c.Number)
	if err != nil {
		return err
	}
	return c.change(ctx, func(g registry.Registry, ctx context.Context, id string) error {
		return g.RemoveTestNumber(ctx, id, phone.Number{E164: n.E164, Mask: n.Mask})
	})
}

// day is a flag: an instant, or a day, which stands for its end in UTC.
type day struct{ time.Time }

// UnmarshalText implements [encoding.TextUnmarshaler], for kong.
func (d *day) UnmarshalText(text []byte) error {
	if at, err := time.Parse(time.DateOnly, string(text)); err == nil {
		d.Time = at.AddDate(0, 0, 1)
		return nil
	}
	at, err := time.Parse(time.RFC3339, string(text))
	if err != nil {
		return errors.New("must be a day such as 2026-12-31, or a time such as 2026-12-31T18:00:00Z")
	}
	d.Time = at.UTC()
	return nil
}
