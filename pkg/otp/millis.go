package otp

import "time"

// Millis is an instant in milliseconds since the Unix epoch, UTC: the unit in
// which every store keeps and compares time.
type Millis int64

// MillisOf truncates t to the millisecond.
func MillisOf(t time.Time) Millis { return Millis(t.UnixMilli()) }

// Add returns the instant d later (earlier when d is negative), d truncated to
// the millisecond.
func (m Millis) Add(d time.Duration) Millis { return m + Millis(d.Milliseconds()) }

// Sub returns m - n.
func (m Millis) Sub(n Millis) time.Duration { return time.Duration(m-n) * time.Millisecond }

// Time returns the instant as a time.Time in UTC.
func (m Millis) Time() time.Time { return time.UnixMilli(int64(m)).UTC() }

// Hour returns the hour of the instant since the epoch, in which the guard counts.
func (m Millis) Hour() int64 { return int64(m) / time.Hour.Milliseconds() }

// Seconds returns the instant in whole seconds, rounded up. TTL attributes have this
// unit, and a TTL must not be over before its instant.
func (m Millis) Seconds() int64 { return (int64(m) + 999) / 1000 }
