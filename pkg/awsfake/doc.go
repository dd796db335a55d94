// Package awsfake has fakes of the AWS services that Countersign calls: [SNS], [SMSVoice] (End User Messaging SMS),
// [EventBridge] and [Secret] (Secrets Manager). Each is an [http.Handler] that speaks as much of the protocol as
// Countersign needs. Stand-ins on a laptop serve them as they are. DynamoDB has no fake: a real engine stands in for
// it, see package dynamostore/engine.
//
// In a test a [Server] runs a fake on 127.0.0.1, counts its requests, and can misbehave:
//
//	sns := awsfake.StartSNS(t)
//	sns.Next(awsfake.DropAfter(), awsfake.FailSNS(http.StatusTooManyRequests, "Throttled"))
//
// The answers given to [Server.Next] are for the following requests, one each. All other requests get that of
// [Server.Otherwise], which is [Serve] at first.
package awsfake
