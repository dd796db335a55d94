package signature

import (
	"strconv"
	"strings"
	"time"

	"countersign/pkg/pattern"
)

// Forms of a time: all those that Alipay's pages show and its SDKs in Go, Java, Python, PHP and .NET send,
// which differ. The patterns have the ranges that package time does not check: those of an offset, and ASCII
// digits. They are compiled when they are first needed, not while a function starts.
var (
	millis = pattern.Matches(`^[0-9]{13}$`)
	iso    = pattern.Matches(`^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?` +
		`(Z|[+-]([01][0-9]|2[0-3]):?[0-5][0-9])$`)
)

// ParseTime reads a Request-Time or response-time, exact to the nanosecond and in UTC: 13 digits, which are
// milliseconds since 1970, or ISO 8601 with seconds, up to 9 fraction digits, and Z, +hh:mm or +hhmm. ok is
// false for everything else: another form, a date or time that does not exist, a leap second, other text
// around it. ParseTime does not compare the time with a clock.
func ParseTime(s string) (t time.Time, ok bool) {
	if millis(s) {
		ms, err := strconv.ParseInt(s, 10, 64)
		return time.UnixMilli(ms).UTC(), err == nil
	}
	if !iso(s) {
		return time.Time{}, false
	}
	layout := "2006-01-02T15:04:05Z0700" // a fraction is read whether or not the layout has one
	if strings.Count(s, ":") == 3 {
		layout = "2006-01-02T15:04:05Z07:00"
	}
	t, err := time.ParseInLocation(layout, s, time.UTC)
	return t.UTC(), err == nil
}
