// Package snssender sends one-time codes as SMS through Amazon SNS. It is the
// only user of SNS's SDK package.
//
// Start with [New], whose [Sender] is an otp.Sender. It promises:
//
//   - One request on the wire for each [Sender.Send], whatever happens to it. SNS does not recognise a repeated
//     message, so every repeat is one more SMS.
//   - An answer within [Timeout].
//   - Every answer is classified by the table in classify.go. An answer that is not in it is otp.MaybeSent.
//   - No message text of SNS's errors leaves the package, because SNS quotes the number: [Error] has the code of the
//     error and a remedy of our own.
//
// Accepted means that SNS took the message, and no more. Only CloudWatch shows whether it arrived, in the log group
// sns/<region>/<account>/DirectPublishToPhoneNumber/Failure: a number may have opted out, the price may be above
// [Config].MaxPrice, the monthly limit may be spent, or a carrier may refuse it.
//
// Package awsfake has a fake of SNS for tests.
package snssender
