package config

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"countersign/pkg/gateway"
	"countersign/pkg/otp"
)

// The functions of this file read a value into a field of [Config]. Their error has the
// allowed form, such as "a whole number".

func number(field func(*Config) *int) func(*Config, string) error {
	return func(c *Config, value string) (err error) {
		if *field(c), err = strconv.Atoi(value); err != nil {
			return errors.New("a whole number")
		}
		return nil
	}
}

func between(least, most int, field func(*Config) *int) func(*Config, string) error {
	return func(c *Config, value string) error {
		n, err := strconv.Atoi(value)
		if err != nil || n < least || n > most {
			return fmt.Errorf("a whole number from %d to %d", least, most)
		}
		*field(c) = n
		return nil
	}
}

func duration(field func(*Config) *time.Duration) func(*Config, string) error {
	return func(c *Config, value string) error {
		d, err := time.ParseDuration(value)
		if err != nil || d%time.Second != 0 {
			return errors.New(`whole seconds with their unit, such as "300s", "5m" or "24h"`)
		}
		*field(c) = d
		return nil
	}
}

func text(field func(*Config) *string) func(*Config, string) error {
	return func(c *Config, value string) error {
		*field(c) = value
		return nil
	}
}

func yes(field func(*Config) *bool) func(*Config, string) error {
	return func(c *Config, value string) error {
		if *field(c) = value == "yes"; value != "yes" && value != "no" {
			return errors.New("yes or no")
		}
		return nil
	}
}

func setPrefixes(c *Config, value string) (err error) {
	c.Prefixes, err = gateway.ParsePrefixes(value)
	return err
}

func setNumberPerDay(c *Config, value string) (err error) {
	c.NumberPerDay, err = strconv.Atoi(value)
	if err != nil || c.NumberPerDay < 0 || c.NumberPerDay > otp.MaxNumberPerDay {
		return fmt.Errorf("a whole number of 0 to %d", otp.MaxNumberPerDay)
	}
	return nil
}

func setCountries(c *Config, value string) error {
	if value == "" {
		return nil
	}
	countries := strings.Split(value, ",")
	for i, s := range countries {
		s = strings.TrimSpace(s)
		if s != "*" && (len(s) != 2 || s[0] < 'A' || s[0] > 'Z' || s[1] < 'A' || s[1] > 'Z') {
			return errors.New(`upper-case ISO 3166-1 codes such as "MY,GB", or "*" for all, separated by commas`)
		}
		countries[i] = s
	}
	slices.Sort(countries)
	c.Countries = slices.Compact(countries)
	return nil
}
