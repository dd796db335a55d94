// Package smsvoice sends one-time codes as SMS through AWS End User Messaging SMS, whose API is "SMS and Voice, version
// 2". It is the only user of that service's SDK package.
//
// Start with [New], whose [Sender] is an otp.Sender. It promises what package snssender promises of SNS: one request on
// the wire for each [Sender.Send], whatever happens to it; an answer within [Timeout]; and no text of the service's
// errors outside the package, because the service quotes the number. The table in classify.go has every refusal.
//
// Unlike SNS, this service refuses at once what it will not deliver: a number that opted out, a price above
// [Config].MaxPrice, a country that is blocked, a spend limit that is used up. It also gives a message up once its code
// is over (TimeToLive). Accepted still means that the service took the message, and not that it arrived.
//
// A request has no Context: nothing reads the events that would carry it back.
//
// Package awsfake has a fake of the service for tests.
package smsvoice
