// Package receipts reads what AWS reports about messages, and stores it as receipts ([otp.Receipt]).
//
// End User Messaging publishes an event for each change of a message to a topic of SNS. SNS itself writes a line about
// each message to CloudWatch Logs, for the operators who switch that on. Both come twice, in any order, and up to three
// days late. Both hold the number in clear: nothing of it but its mask leaves this package, also not in an error.
//
// The forms are those of
// https://docs.aws.amazon.com/end-user-messaging/latest/userguide/nx-features-messaging-events.html,
// https://docs.aws.amazon.com/sms-voice/latest/userguide/configuration-sets-event-types.html and
// https://docs.aws.amazon.com/sns/latest/dg/sms_stats_cloudwatch.html.
package receipts
