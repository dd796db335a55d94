package console

import (
	"maps"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// cssGrounds are the colours below a text that may stand anywhere.
var cssGrounds = []string{"ground", "raised", "sunk"}

// cssTexts are the colours of text by the grounds that they stand on.
var cssTexts = map[string][]string{
	"text":      {"ground", "raised", "sunk", "bubble", "good-ground", "bad-ground", "warn-ground"},
	"quiet":     append(cssGrounds, "bubble"),
	"accent":    append(cssGrounds, "bubble"),
	"on-accent": {"accent"},
	"good":      append(cssGrounds, "good-ground"),
	"bad":       append(cssGrounds, "bad-ground"),
	"warn":      append(cssGrounds, "warn-ground"),
}

// cssLines are the colours of lines that show where something is: a field, or the focus.
var cssLines = map[string][]string{"quiet": cssGrounds, "bad": cssGrounds, "focus": append(cssGrounds, "bubble")}

// cssOrnaments are colours that show nothing.
var cssOrnaments = map[string]bool{"line": true}

var (
	cssComment   = regexp.MustCompile(`(?s)/\*.*?\*/`)
	cssRoot      = regexp.MustCompile(`(?s):root \{(.*?)\}`)
	cssColour    = regexp.MustCompile(`--([a-z-]+): #([0-9a-f]{6})\b`)
	cssAnyColour = regexp.MustCompile(`#[0-9a-fA-F]{3,8}\b|\brgba?\(|\bhsla?\(`)
	cssRule      = regexp.MustCompile(`\{([^{}]*)\}`)
	cssText      = regexp.MustCompile(`(?:^|[;\s])color: var\(--([a-z-]+)\)`)
	cssGround    = regexp.MustCompile(`background(?:-color)?: var\(--([a-z-]+)\)`)
	cssUsed      = regexp.MustCompile(`var\(--([a-z-]+)\)`)
)

// luminance is that of WCAG 2.2, from 0 to 1.
func luminance(t *testing.T, hex string) (sum float64) {
	t.Helper()
	for i, weight := range []float64{0.2126, 0.7152, 0.0722} {
		v, err := strconv.ParseUint(hex[2*i:2*i+2], 16, 8)
		if err != nil {
			t.Fatal(err)
		}
		c := float64(v) / 255
		if c <= 0.04045 {
			sum += weight * c / 12.92
		} else {
			sum += weight * math.Pow((c+0.055)/1.055, 2.4)
		}
	}
	return sum
}

// cssSchemes returns the style sheet without comments, and the colours in light and in dark.
func cssSchemes(t *testing.T) (css string, of map[string]map[string]string) {
	t.Helper()
	text, err := web.ReadFile("web/console.css")
	if err != nil {
		t.Fatal(err)
	}
	css = cssComment.ReplaceAllString(string(text), "")
	blocks := cssRoot.FindAllStringSubmatch(css, -1)
	if len(blocks) != 2 {
		t.Fatalf("console.css has %d blocks of variables, want one for light and one for dark", len(blocks))
	}
	of = map[string]map[string]string{"light": {}, "dark": {}}
	for i, scheme := range []string{"light", "dark"} {
		for _, found := range cssColour.FindAllStringSubmatch(blocks[i][1], -1) {
			of[scheme][found[1]] = found[2]
		}
	}
	return css, of
}

// TestContrast: text has a contrast of 4.5 or more to each ground that it stands on, and lines that show something one
// of 3 or more, in light and in dark.
func TestContrast(t *testing.T) {
	_, of := cssSchemes(t)
	for scheme, colours := range of {
		check := func(pairs map[string][]string, least float64) {
			for upper, lower := range pairs {
				for _, lower := range lower {
					if colours[upper] == "" || colours[lower] == "" {
						t.Fatalf("%s: --%s or --%s is no colour", scheme, upper, lower)
					}
					a, b := luminance(t, colours[upper]), luminance(t, colours[lower])
					if ratio := (max(a, b) + 0.05) / (min(a, b) + 0.05); ratio < least {
						t.Errorf("%s: --%s on --%s: a contrast of %.2f, want %.1f", scheme, upper, lower, ratio, least)
					}
				}
			}
		}
		check(cssTexts, 4.5)
		check(cssLines, 3)
	}
}

// TestColoursAreKnown: each colour has a name, a value in light and in dark, and a place in the pairs above; a rule
// with text and ground has one of these pairs.
func TestColoursAreKnown(t *testing.T) {
	css, of := cssSchemes(t)
	rest := cssRoot.ReplaceAllString(css, "")
	for _, found := range cssAnyColour.FindAllString(rest, -1) {
		t.Errorf("console.css has the colour %s, which has no name", found)
	}
	placed := maps.Clone(cssOrnaments)
	for _, pairs := range []map[string][]string{cssTexts, cssLines} {
		for upper, lower := range pairs {
			placed[upper] = true
			for _, lower := range lower {
				placed[lower] = true
			}
		}
	}
	for name := range of["light"] {
		if of["dark"][name] == "" || !placed[name] {
			t.Errorf("--%s has no value in dark, or no place in the pairs of contrast_test.go", name)
		}
	}
	for _, found := range cssUsed.FindAllStringSubmatch(css, -1) {
		if !strings.Contains(css, "--"+found[1]+": ") {
			t.Errorf("console.css uses --%s, which has no value", found[1])
		}
	}
	for _, rule := range cssRule.FindAllStringSubmatch(rest, -1) {
		upper, lower := cssText.FindStringSubmatch(rule[1]), cssGround.FindStringSubmatch(rule[1])
		if upper == nil || lower == nil {
			continue
		}
		if !slices.Contains(cssTexts[upper[1]], lower[1]) {
			t.Errorf("console.css has --%s on --%s, which is no pair of contrast_test.go", upper[1], lower[1])
		}
	}
}
