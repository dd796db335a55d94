package ams

import (
	"fmt"
	"strings"
	"time"

	"countersign/pkg/signature"
)

// requestTime returns the value of Request-Time. rule is the rule that it breaks before its signature counts, and
// reason the same for the log: it was sent once, and is not empty. Payload 2.0 joins repeated lines by commas, which no
// form of ours has.
func requestTime(lines []string) (sent string, reason signature.Reason, rule string) {
	switch {
	case len(lines) == 0:
		return "", signature.TimeMissing, "is required"
	case len(lines) > 1, list(lines[0]):
		return "", signature.TimeTwice, "must be given once"
	case strings.Trim(lines[0], " \t") == "":
		return "", signature.TimeMissing, "is required, and must not be empty"
	case strings.Contains(lines[0], ","):
		return "", signature.TimeForm, timeForm(lines[0])
	}
	return lines[0], reason, ""
}

// list reports whether a value is several times joined by commas.
func list(value string) bool {
	parts := strings.Split(value, ",")
	for _, part := range parts {
		if _, ok := signature.ParseTime(strings.Trim(part, " \t")); ok {
			return len(parts) > 1
		}
	}
	return false
}

// timeForm returns the rule that a Request-Time breaks which is in no form of ours, and the form that it seems to have.
func timeForm(sent string) string {
	const rule = "must be 13 digits of milliseconds, or ISO 8601 with an offset"
	digits := len(sent) > 0 && strings.Trim(sent, "0123456789") == ""
	switch _, iso := signature.ParseTime(strings.Replace(strings.Trim(sent, " \t"), " ", "T", 1) + "Z"); {
	case digits && len(sent) == 10:
		return rule + ": 10 digits are seconds"
	case digits && len(sent) > 13:
		return rule + ": more than 13 digits are microseconds or nanoseconds"
	case iso:
		return rule + ": the offset is missing, such as Z or +08:00"
	case strings.Contains(sent, ","), strings.HasSuffix(sent, " GMT"):
		return rule + ": dates with the names of days and months are not read"
	}
	return rule
}

// far states for the log how far a time is from our clock.
func far(off, window time.Duration) string {
	where := "behind"
	if off < 0 {
		where = "ahead of"
	}
	return fmt.Sprintf("%d seconds %s it, at most %d", int64(off.Abs().Round(time.Second)/time.Second), where,
		int64(window/time.Second))
}
