package main

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"

	"countersign/pkg/clients"
	"countersign/pkg/clients/origins"
	"countersign/pkg/config"
	"countersign/pkg/phone/plan"
)

var sendersHelp = texts{
	"senders": "Check what the messages of a deployment to each country come from, and print it as parameters.",
	"senders_of_country": "Countries of the deployment, to find those that need an entry and have none. " +
		"Default: COUNTERSIGN_COUNTRIES.",
	"senders_standard": "OriginationIdentity of the deployment, or with --via=sns its SenderId or OriginationNumber, " +
		"if it has one.",
	"senders_via": "Service of messages without an entry: sns or sms-voice. Default: sms-voice for an ARN or an id.",
	"senders_region": "Region of the stack, to find messages that take an international route from it. Default: " +
		"AWS_REGION.",
	"senders_json": "Print JSON.",
}

// sendersCommand is the command senders.
type sendersCommand struct {
	Sender      []string `sep:"none" placeholder:"COUNTRY=IDENTITY" help:"sender"`
	SendersFile []byte   `type:"filecontent" placeholder:"FILE" help:"senders_file"`
	Country     []string `placeholder:"CC" help:"senders_of_country"`
	Standard    string   `placeholder:"IDENTITY" help:"senders_standard"`
	Via         string   `placeholder:"SERVICE" help:"senders_via"`
	Region      string   `placeholder:"REGION" help:"senders_region"`
	JSON        bool     `name:"json" help:"senders_json"`
}

// sendersAnswer is the result of the command.
type sendersAnswer struct {
	Senders    string   `json:"senders"`    // the parameter Senders
	Identities string   `json:"identities"` // ARNs for the parameter SenderIdentities
	Warnings   []string `json:"warnings"`
}

// mostParameter is the longest value of the parameter Senders.
const mostParameter = 1500

// Run refuses entries from which no message can come, as a deployment cannot: it takes its parameters as they are.
func (c sendersCommand) Run() error {
	senders, err := clientFlags{Sender: c.Sender, SendersFile: c.SendersFile}.senders(nil)
	switch {
	case err != nil:
		return err
	case len(senders) == 0:
		return errors.New("there is no entry: give --sender or --senders-file")
	}
	if err := origins.CheckAll(senders); err != nil {
		return err
	}
	a := sendersAnswer{Senders: parameterOf(senders), Identities: identitiesOf(senders), Warnings: []string{}}
	if n := len(a.Senders); n > mostParameter {
		return fmt.Errorf("the entries have %d characters, and the parameter Senders takes %d: give the names of "+
			"sender ids and the ids of pools in place of ARNs, or give entries to the clients", n, mostParameter)
	}
	gaps, err := c.gaps(senders)
	if err != nil {
		return err
	}
	a.Warnings = append(a.Warnings, gaps...)
	return c.print(a)
}

// gaps returns the countries of the deployment to which messages do not go out as they are meant to.
func (c sendersCommand) gaps(senders map[string]clients.Sender) ([]string, error) {
	countries := c.Country
	if countries == nil {
		cfg, err := config.Load(os.Getenv)
		if err != nil {
			return nil, err
		}
		countries = cfg.Countries
	}
	if err := plan.CheckCountries(countries); err != nil {
		return nil, fmt.Errorf("--country: %w", err)
	}
	standard := clients.Sender{Identity: c.Standard, Via: c.Via}
	if standard.Via == "" {
		if standard.Via = standard.Service(); standard.Via == "" {
			standard.Via = clients.SNS
		}
	}
	if _, possible := plan.Lookup("+" + c.Standard); possible && standard.Via == clients.SNS {
		standard.Identity = "+" + c.Standard // OriginationNumber needs no plus sign
	}
	if c.Standard != "" || c.Via != "" {
		if err := origins.CheckForms(map[string]clients.Sender{"--standard": standard}); err != nil {
			return nil, err
		}
	}
	from := origins.Standard{Sender: standard}
	gaps := origins.Gaps(countries, senders, from)
	if lacking := origins.Permissions(senders, from); lacking != "" {
		gaps = append(gaps, lacking)
	}
	if route := origins.Route(cmp.Or(c.Region, os.Getenv("AWS_REGION")), countries, senders, ""); route != "" {
		gaps = append(gaps, route)
	}
	return gaps, nil
}

func (c sendersCommand) print(a sendersAnswer) error {
	if !c.JSON { // which has the warnings
		for _, w := range a.Warnings {
			warn("%s", w)
		}
	}
	text := "Senders=" + a.Senders
	if strings.ContainsAny(text, ";*") { // which end a command of the shell, or are the names of files
		text = "'" + text + "'"
	}
	if a.Identities != "" {
		text += "\nSenderIdentities=" + a.Identities
	}
	return place{JSON: c.JSON}.answer(a, text)
}

// parameterOf returns entries as the parameter Senders.
func parameterOf(senders map[string]clients.Sender) string {
	var all []string
	for _, country := range slices.Sorted(maps.Keys(senders)) {
		all = append(all, country+"="+origins.Describe(senders[country]))
	}
	return strings.Join(all, ";")
}

// identitiesOf returns the ARNs that entries name. An id or a number has an ARN that AWS shows.
func identitiesOf(senders map[string]clients.Sender) string {
	var all []string
	for _, s := range senders {
		if strings.HasPrefix(s.Identity, "arn:") {
			all = append(all, s.Identity)
		}
	}
	slices.Sort(all)
	return strings.Join(slices.Compact(all), ",")
}
