package awssender

import "countersign/pkg/otp"

// The meanings that the services share.
var (
	BadKeys = Rule{Delivery: otp.Refused, Operator: true,
		Reason: "the AWS credentials or the signature are not valid; check keys, region and the clock of this machine"}
	// Busy is not sent, and a repeat may be. The answer is U, as for an unclear one, because the number has no fault.
	Busy = Rule{Delivery: otp.MaybeSent, Operator: false, NotSent: true,
		Reason: "too many messages at once, this one was not sent; ask AWS for a higher rate if this goes on"}
	Stale = Rule{Delivery: otp.MaybeSent, Operator: true,
		Reason: "the credentials or the request were too old; refresh the credentials and check the " +
			"clock of this machine"}
	// Unknown is also for a refusal that does not come as one.
	Unknown = Rule{Delivery: otp.MaybeSent, Operator: false,
		Reason: "an answer that this version does not know; look the code up and add it to classify.go"}
)
