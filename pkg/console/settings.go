package console

import (
	"cmp"
	"net/http"
	"regexp"
	"strings"

	"countersign/pkg/config"
	"countersign/pkg/config/inforce"
	"countersign/pkg/phone"
)

// settingsPage is the content of the page of settings.
type settingsPage struct {
	Local bool // a server on this machine
	Given bool // only settings that have a value of their own
	Rows  []settingRow
	Names string // beginning of all variables
}

// settingRow is a setting.
type settingRow struct {
	inforce.Setting
	Shown    string // the value, without what must not be seen
	From     string
	Template string // parameter of template.yaml
}

// settings shows the settings in force, and where each value comes from.
func (c *Console) settings(w http.ResponseWriter, r *http.Request) {
	p := settingsPage{Local: c.Local != nil, Given: r.URL.Query().Get("show") == "given", Names: config.Prefix}
	for _, s := range c.Process.Settings() {
		if p.Given && (s.Origin == inforce.FromDefault || s.Origin == inforce.Unused && !s.Ignored) {
			continue
		}
		p.Rows = append(p.Rows, settingRow{
			Setting: s, Shown: shownValue(s), From: origin(s), Template: strings.TrimPrefix(s.Template, "-"),
		})
	}
	c.show(w, r, http.StatusOK, "settings.html", "/console/settings", "Settings", p)
}

// origin is where a value comes from, in words.
func origin(s inforce.Setting) string {
	switch s.Origin {
	case inforce.FromFlag:
		return "flag " + s.Flag
	case inforce.FromEnvironment:
		return "environment variable"
	case inforce.FromProcess:
		return "default of the local server"
	case inforce.Fixed:
		return "fixed in the local server"
	case inforce.Unused:
		return "not used by this process"
	}
	return "default"
}

// shownValue is a value without numbers, and without the user of an address. A hidden one is left out.
func shownValue(s inforce.Setting) string {
	switch {
	case s.Hidden && (s.Origin == inforce.FromEnvironment || s.Origin == inforce.FromFlag):
		return "set, and not shown"
	case s.Origin == inforce.Unused:
		return ""
	}
	if shown := withoutUser(s.Value); shown != s.Value {
		return shown
	}
	return maskedNumbers(s.Value)
}

// numberLike finds what may be the number that messages come from, such as in the entry US=+12025550123.
var numberLike = regexp.MustCompile(`\+?[0-9]{7,15}`)

// maskedNumbers returns a text with masks in place of numbers. A part of a longer word, such as of an ARN, is none.
func maskedNumbers(text string) string {
	var masked strings.Builder
	end := 0
	for _, at := range numberLike.FindAllStringIndex(text, -1) {
		before, number, behind := text[:at[0]], text[at[0]:at[1]], text[at[1]:]
		masked.WriteString(text[end:at[0]])
		end = at[1]
		if before != "" && !strings.ContainsAny(before[len(before)-1:], "=,; \"'(") ||
			behind != "" && !strings.ContainsAny(behind[:1], ",; \"').:") {
			masked.WriteString(number)
			continue
		}
		masked.WriteString(cmp.Or(phone.MaskE164("+"+strings.TrimPrefix(number, "+")), "***"))
	}
	return masked.String() + text[end:]
}

// markdownLink finds a link of Markdown. Pages of documents are no pages of the console.
var markdownLink = regexp.MustCompile(`\[([^\]]*)\]\([^)]*\)`)

// plain returns a line of Markdown as text.
func plain(line string) string {
	return strings.ReplaceAll(markdownLink.ReplaceAllString(line, "$1"), "`", "")
}
