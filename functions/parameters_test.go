package functions

import (
	"regexp"
	"strconv"
	"strings"
	"testing"

	"go.yaml.in/yaml/v4"

	"countersign/pkg/config"
	"countersign/pkg/message"
	"countersign/pkg/snssender"
)

// parameter is one of the template's parameters.
type parameter struct {
	Type           string   `yaml:"Type"`
	Default        any      `yaml:"Default"`
	AllowedPattern string   `yaml:"AllowedPattern"`
	AllowedValues  []any    `yaml:"AllowedValues"`
	MinValue       *float64 `yaml:"MinValue"`
	MaxValue       *float64 `yaml:"MaxValue"`
	MinLength      *int     `yaml:"MinLength"`
	MaxLength      *int     `yaml:"MaxLength"`
}

// takes reports whether CloudFormation would take a value.
func (p parameter) takes(value string) bool {
	switch {
	case p.MinLength != nil && len(value) < *p.MinLength, p.MaxLength != nil && len(value) > *p.MaxLength:
		return false
	case p.AllowedValues == nil:
		return p.AllowedPattern == "" || regexp.MustCompile(p.AllowedPattern).MatchString(value)
	}
	for _, v := range p.AllowedValues {
		if v == value {
			return true
		}
	}
	return false
}

func parameters(t *testing.T) (all map[string]parameter, variables map[string]string) {
	t.Helper()
	var file struct {
		Parameters map[string]parameter `yaml:"Parameters"`
		Globals    struct {
			Function struct {
				Environment struct {
					Variables map[string]yaml.Node `yaml:"Variables"`
				} `yaml:"Environment"`
			} `yaml:"Function"`
		} `yaml:"Globals"`
	}
	readTemplate(t, &file)
	variables = map[string]string{}
	for name, value := range file.Globals.Function.Environment.Variables {
		variables[name] = first(value).Value
	}
	return file.Parameters, variables
}

// Each parameter is bounded, and has a default but for the countries.
func TestParameters(t *testing.T) {
	all, _ := parameters(t)
	for name, p := range all {
		bounded := p.AllowedPattern != "" || p.AllowedValues != nil || p.MaxLength != nil ||
			p.MinValue != nil && p.MaxValue != nil
		if !bounded && name != "SpendLimit" { // which knows no most
			t.Errorf("%s is not bounded", name)
		}
		if (p.Default == nil) != (name == "AllowedCountries") {
			t.Errorf("%s has the default %v", name, p.Default)
		}
		if p.Type == "String" && p.Default != nil && !p.takes(p.Default.(string)) {
			t.Errorf("%s does not take its own default %q", name, p.Default)
		}
	}
}

// What CloudFormation takes is what the functions take: a deployment that ends well
// has functions that start.
func TestNumbersAreBoundedAlike(t *testing.T) {
	all, variables := parameters(t)
	checked := 0
	for variable, value := range variables {
		name := regexp.MustCompile(`[A-Z]\w+`).FindString(value) // of Digits, or ${ValiditySeconds}s
		p := all[name]
		if p.Type != "Number" {
			continue
		}
		checked++
		starts := func(n float64) error {
			number := strconv.FormatFloat(n, 'f', -1, 64)
			_, err := config.Load(func(v string) string {
				switch v {
				case variable:
					return strings.NewReplacer("${"+name+"}", number, name, number).Replace(value)
				case "COUNTERSIGN_PER_DAY": // which bounds those of an hour
					return "20"
				case "COUNTERSIGN_PER_HOUR":
					return "1"
				}
				return ""
			})
			return err
		}
		for n, good := range map[float64]bool{*p.MinValue: true, *p.MaxValue: true, *p.MinValue - 1: false,
			*p.MaxValue + 1: false} {
			if err := starts(n); (err == nil) != good {
				t.Errorf("%s=%v: the functions say %v", name, n, err)
			}
		}
	}
	if checked < 9 {
		t.Errorf("%d numbers of the template reach the functions", checked)
	}
}

func TestTextsAreBoundedAlike(t *testing.T) {
	all, _ := parameters(t)
	sns := func(set func(*snssender.Config, string)) func(string) bool {
		return func(value string) bool {
			var c snssender.Config
			set(&c, value)
			return c.Validate() == nil
		}
	}
	narrower := map[string]bool{
		"Language=":             true,
		"Language=EN":           true,
		"AllowedCountries=*,MY": true,
	} // the functions would do
	for name, takes := range map[string]func(string) bool{
		"SenderId":          sns(func(c *snssender.Config, v string) { c.SenderID = v }),
		"OriginationNumber": sns(func(c *snssender.Config, v string) { c.OriginationNumber = v }),
		"EntityId":          sns(func(c *snssender.Config, v string) { c.EntityID, c.TemplateID = v, v }),
		"TemplateId":        sns(func(c *snssender.Config, v string) { c.EntityID, c.TemplateID = v, v }),
		"MaxPrice":          sns(func(c *snssender.Config, v string) { c.MaxPrice = v }),
		"Language":          func(v string) bool { _, err := message.Text("Brand", v); return err == nil },
		"AllowedCountries": func(v string) bool {
			countries := map[string]string{"COUNTERSIGN_COUNTRIES": v}
			_, err := config.Load(func(name string) string { return countries[name] })
			return err == nil && v != "" // which is none at all
		},
	} {
		p := all[name]
		for _, value := range []string{
			"", "Acme", "AC-ME", "12345", "A234567890A", "1234567890A", "A1234567890A", "A!", "Ä", "+60123456789",
			"1234", "12345678901234", "123456789012345", "0.50", "12", "100.5", "1.123456", ".5",
			"en", "de", "sv", "xx", "EN", "MY", "MY,SG", "MY,", "my", "*", "*,MY", strings.Repeat("1", 50),
			strings.Repeat("1", 51), "a_b", "a b", "1\n",
		} {
			if got := p.takes(value); got != takes(value) && !narrower[name+"="+value] {
				t.Errorf("%s=%q: the template says %v, the functions %v", name, value, got, !got)
			}
		}
	}
	// Letters that count twice are left to the functions: CloudFormation counts each once.
	brand := all["Brand"]
	fits := func(n int) bool { return message.CheckBrand(strings.Repeat("a", n)) == nil }
	if n := *brand.MaxLength; !fits(n) || fits(n+1) {
		for n = 1; fits(n + 1); n++ {
		}
		t.Errorf(
			"a brand may have %d characters in the template, and fits in every language with %d",
			*brand.MaxLength,
			n,
		)
	}
}
