package dynamostore

// For the tests outside the package, which use dynamotest, which uses this package.
var (
	Definition     = definition
	TimeToLive     = timeToLive
	WriteChallenge = writeChallenge
	ReadChallenge  = readChallenge
	ReadNumber     = readNumber
)
