// Package snssender sends one-time codes as SMS through Amazon SNS. It is the
// only user of SNS's SDK package.
//
// Start with [New], whose [Sender] is an otp.Sender. What it promises:
//
//   - One request on the wire for each [Sender.Send], whatever happens to it.
//     SNS does not recognise a repeated message, so every repeat is one more SMS.
//   - An answer within [Timeout].
//   - Every answer is classified by the table in classify.go; what is not in it
//     is otp.MaybeSent.
//   - Nothing that SNS said in words leaves the package, because SNS quotes the
//     number: [Error] holds the code of the error and a remedy of our own.
//
// Accepted means that SNS took the message and no more. Whether it arrived (a
// number that opted out, a price above [Config].MaxPrice, a spent monthly limit,
// a carrier's refusal) is told in CloudWatch only, in the log group
// sns/<region>/<account>/DirectPublishToPhoneNumber/Failure.
//
// Package awsfake has a fake of SNS for tests.
package snssender
