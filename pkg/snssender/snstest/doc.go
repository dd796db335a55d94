// Package snstest is a stand-in for SNS on the wire, for tests: a real HTTP
// server on 127.0.0.1 that speaks as much of SNS's query protocol as Publish
// needs, counts requests, keeps what they said and answers as it is told.
//
//	stub := snstest.Start(t)
//	stub.Next(snstest.DropAfterRead(), snstest.Throttled())
//	sender, err := snssender.New(snstest.AWS(), snssender.Config{Endpoint: stub.URL})
//
// What is told with [Server.Next] is for the following requests, one each; all
// others get [Server.Otherwise], which is [Accept] at first.
package snstest
