package functions

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"

	"countersign/pkg/config"
	"countersign/pkg/message"
	"countersign/pkg/message/languages"
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

// pattern compiles the pattern of a parameter.
func (p parameter) pattern() *regexp.Regexp {
	return regexp.MustCompile(unicode.ReplaceAllString(p.AllowedPattern, `\x{$1}`))
}

// unicode is a character as CloudFormation's patterns, Java's, have it. Go's have another form.
var unicode = regexp.MustCompile(`\\u([0-9A-F]{4})`)

// takes reports whether CloudFormation takes a value.
func (p parameter) takes(value string) bool {
	switch {
	case p.MinLength != nil && utf8.RuneCountInString(value) < *p.MinLength,
		p.MaxLength != nil && utf8.RuneCountInString(value) > *p.MaxLength:
		return false
	case p.AllowedValues == nil:
		return p.AllowedPattern == "" || p.pattern().MatchString(value)
	}
	return slices.Contains(p.AllowedValues, any(value))
}

func parameters(t *testing.T) map[string]parameter {
	t.Helper()
	var file struct {
		Parameters map[string]parameter `yaml:"Parameters"`
	}
	readTemplate(t, &file)
	return file.Parameters
}

// Each parameter is bounded. Each has a default, except the countries.
func TestParameters(t *testing.T) {
	for name, p := range parameters(t) {
		bounded := p.AllowedPattern != "" || p.AllowedValues != nil || p.MaxLength != nil ||
			p.MinValue != nil && p.MaxValue != nil
		if !bounded && name != "SpendLimit" { // no amount is too large
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

// A number that CloudFormation takes starts the functions, and a number that it refuses does not: functions start after
// each successful deployment.
func TestNumbersAreBoundedAlike(t *testing.T) {
	all := parameters(t)
	checked := 0
	for variable, value := range globals(t).values() {
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
				t.Errorf("%s=%v starts the functions: %v (%v), want %v as in template.yaml", name, n, !good, err, good)
			}
		}
	}
	if checked < 9 {
		t.Errorf("%d numbers of the template reach the functions, want at least 9", checked)
	}
}

// A parameter that bounds what requests ask for reaches the functions unless it has its default: else each deployment
// would refuse what the contract allows.
func TestDefaultsAreNotSet(t *testing.T) {
	var file struct {
		Conditions map[string]yaml.Node `yaml:"Conditions"`
	}
	readTemplate(t, &file)
	all, variables := parameters(t), globals(t).Variables
	for variable, name := range map[string]string{
		"COUNTERSIGN_DIGITS": "Digits", "COUNTERSIGN_VALIDITY": "ValiditySeconds",
	} {
		value := variables[variable]
		if value.Tag != "!If" || value.Content[2].Value != "" {
			t.Fatalf("%s is set whatever %s is", variable, name)
		}
		not := file.Conditions[value.Content[0].Value]
		if not.Tag != "!Not" || not.Content[0].Tag != "!Equals" {
			t.Fatalf("the condition of %s is no !Not [!Equals [...]]", variable)
		}
		of, is := not.Content[0].Content[0].Value, not.Content[0].Content[1].Value
		if want := fmt.Sprint(all[name].Default); of != name || is != want {
			t.Errorf("%s is left out if %s is %s, want if %s is %s, its default", variable, of, is, name, want)
		}
	}
}

// functionsTake reports whether the functions start with a value, by the parameter that has it.
var functionsTake = map[string]func(value string) bool{
	"SenderId":          snsTakes(func(c *snssender.Config, v string) { c.SenderID = v }),
	"OriginationNumber": snsTakes(func(c *snssender.Config, v string) { c.OriginationNumber = v }),
	"EntityId":          snsTakes(func(c *snssender.Config, v string) { c.EntityID, c.TemplateID = v, v }),
	"TemplateId":        snsTakes(func(c *snssender.Config, v string) { c.EntityID, c.TemplateID = v, v }),
	"MaxPrice":          snsTakes(func(c *snssender.Config, v string) { c.MaxPrice = v }),
	"Language":          languages.Supported,
	"Brand":             takesBrand,
	"AllowedCountries": func(v string) bool {
		countries := map[string]string{"COUNTERSIGN_COUNTRIES": v}
		_, err := config.Load(func(name string) string { return countries[name] })
		return err == nil && v != "" // no country at all
	},
}

func takesBrand(v string) bool { return languages.Check(message.Words{Brand: v}) == nil }

func snsTakes(set func(*snssender.Config, string)) func(string) bool {
	return func(value string) bool {
		var c snssender.Config
		set(&c, value)
		return c.Validate() == nil
	}
}

// The template takes the texts that the functions take, but for some. Only the functions take a brand in another
// alphabet. They alone find a number in a brand that could be a code.
func TestTextsAreBoundedAlike(t *testing.T) {
	all := parameters(t)
	otherwise := []string{"Language=", "Language=EN", "Language=MY", "AllowedCountries=*,MY",
		"Brand=12345", "Brand=1234567890A",
		"Brand=+60123456789", "Brand=1234", "Brand=12345678901234", "Brand=123456789012345", "Brand=1.123456",
		"Brand=00.00000", "Brand=0.00001", "Brand=0.000001", "Brand=0.012345", "Brand=99.99999", "Brand=100.5",
		"Brand=A234567890A", "Brand=A1234567890A", "Brand=" + strings.Repeat("1", 50),
		"Brand=" + strings.Repeat("1", 51)}
	for name, takes := range functionsTake {
		p := all[name]
		for _, value := range append(languages.All(),
			"", "Acme", "AC-ME", "12345", "A234567890A", "1234567890A", "A1234567890A", "A!", "Ä", "+60123456789",
			"1234", "12345678901234", "123456789012345", "0.50", "12", "100.5", "1.123456", ".5",
			"0", "00", "0.0", "00.00000", "0.00001", "0.000001", "0.012345", "00.5", "05", "0.10", "99.99999", "9.",
			"en", "de", "sv", "xx", "EN", "MY", "MY,SG", "MY,", "my", "*", "*,MY", strings.Repeat("1", 50),
			strings.Repeat("1", 51), "a_b", "a b", "1\n",
		) {
			if got := p.takes(value); got != takes(value) && !slices.Contains(otherwise, name+"="+value) {
				t.Errorf("%s=%q: the template takes it: %v, the functions: %v", name, value, got, !got)
			}
		}
	}
}

// The longest brand of the template fits into a message in every language whose text is in the alphabet of SMS, and no
// longer one does. CloudFormation counts each letter once: letters that count twice are left to the functions. The
// template takes the letters of an SMS alone.
func TestBrandIsBoundedAlike(t *testing.T) {
	brands := parameters(t)["Brand"]
	most := *brands.MaxLength
	fits := func(n int) bool {
		w := message.Words{Brand: strings.Repeat("a", n)}
		return !slices.ContainsFunc(languages.All(), func(tag string) bool {
			short, err := languages.In(message.Words{Brand: "a"}, tag)
			if err != nil || short.Longest().Wide {
				return err != nil
			}
			_, err = languages.In(w, tag)
			return err != nil
		})
	}
	if !fits(most) || fits(most+1) {
		t.Errorf("a brand of %d letters, the most of the template, fits: %v; one more letter fits: %v, want false",
			most, fits(most), fits(most+1))
	}
	pattern := brands.pattern() // compiled once for all letters
	for r := range rune(0x10000) {
		got, want := pattern.MatchString("A"+string(r)), !message.Measure("A"+string(r)).Wide && r >= ' '
		if got != want || got && !takesBrand("A"+string(r)+"A") {
			t.Errorf("brand A%c: the template takes it: %v, want %v", r, got, want)
		}
	}
}
