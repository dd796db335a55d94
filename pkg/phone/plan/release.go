package plan

import "time"

// MaxAge is the age from which on the metadata is called stale. Upstream has a release
// every two weeks. A plan that changed since then refuses the numbers of real people.
const MaxAge = 180 * 24 * time.Hour

// Release returns the source, version and date of the metadata, as one text.
func Release() string { return Source + " " + Version + " of " + Date }

// Stale reports whether the metadata is older than [MaxAge].
func Stale(now time.Time) bool {
	released, err := time.Parse(time.DateOnly, Date)
	return err != nil || now.Sub(released) > MaxAge
}
