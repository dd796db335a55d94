package dynamostore

import "countersign/pkg/otp"

// For the tests outside the package, which use dynamotest, which uses this package.
var (
	Definition     = definition
	TimeToLive     = timeToLive
	WriteChallenge = writeChallenge
	ReadNumber     = readNumber
)

// Codec is the codec of a list of fields.
type Codec []otp.Field

func (c Codec) Write(of *otp.Challenge) image           { return codec(c).write(of) }
func (c Codec) Read(item image) (*otp.Challenge, error) { return codec(c).read(item) }
