package console

// sentWords are those of a message that was accepted.
var sentWords = verdict{Mark: "good", Word: "Sent", Text: "The message was accepted. Type the code that it has."}

// noAnswer are the words for a call that had no answer.
var noAnswer = verdict{Mark: "warn", Word: "No answer", Code: "none", Text: "The server did not answer in time, so " +
	"that the outcome is not known. Its log has the reason."}

// wordsAMS are the results of the AMS/DWS contract at verify, and the refusals of all its APIs.
var wordsAMS = map[string]verdict{
	"SUCCESS": {Mark: "good", Word: "Passed", Text: "The code is right, and is used up now. New id starts again."},
	"VERIFY_UNMATCHED": {Mark: "bad", Word: "Wrong code", Text: "The code is not that of the message, or not for " +
		"this payment. Guesses are left: try again."},
	"VERIFY_TIMES_EXCEED_LIMIT": {Mark: "bad", Word: "Locked", Text: "All guesses are used. The challenge is " +
		"locked: no code passes any more, not even the right one. New id starts again."},
	"AUTHENTICATION_REQUEST_ID_INVALID": {Mark: "bad", Word: "No live code", Text: "No live challenge has this id: " +
		"it is unknown, expired or used. New id starts again."},
	"TIMES_EXCEED_LIMIT": {Mark: "warn", Word: "Refused by a limit", Text: "Nothing was sent: it is too soon " +
		"after the last message to this number, the guard has no room, or the client's messages of the day are used " +
		"up. The page of the challenge has the time of the next message. Then take a new id."},
	"SEND_TIMES_EXCEED_LIMIT": {Mark: "warn", Word: "Refused by a limit", Text: "The messages to this number are " +
		"used up for the hour or the day, or the number is paused. Nothing was sent. countersign number clear " +
		"forgets them."},
	"REPEAT_REQ_INCONSISTENT": {Mark: "bad", Word: "Refused", Text: "This id was used before with another number, " +
		"method, type or payment. Nothing was sent. Take a new id."},
	"INVALID_PHONE_NUMBER": {Mark: "bad", Word: "Refused", Text: "The number cannot exist, is not as sure as the " +
		"client asks, or is not written as the contract wants it. Nothing was sent."},
	"ACCESS_DENIED": {Mark: "bad", Word: "Refused", Text: "The client may not send to this country or line, or not " +
		"call this API or from here. The page of the client has what it may."},
	"PROCESS_FAIL": {Mark: "bad", Word: "Failed", Text: "The sender refused the message for good, or a further one " +
		"is of no use."},
	"UNKNOWN_EXCEPTION": {Mark: "warn", Word: "Not known", Text: "The outcome is not known, and the terminal of " +
		"this program has the reason. Call again with the same id and the same fields."},
	"REQUEST_TRAFFIC_EXCEED_LIMIT": {Mark: "warn", Word: "Refused by the rate", Text: "The client made too many " +
		"requests in this minute. Wait a minute, and call again with the same id."},
	"PARAM_ILLEGAL": {Mark: "bad", Word: "Refused", Text: "A field of the request breaks a rule, and no " +
		"guess is used."},
	"INVALID_SIGNATURE":    {Mark: "bad", Word: "Refused", Text: badSignature},
	"SIGNATURE_INVALID":    {Mark: "bad", Word: "Refused", Text: badSignature},
	"KEY_NOT_FOUND":        {Mark: "bad", Word: "Refused", Text: badSignature},
	"INVALID_CLIENT":       {Mark: "bad", Word: "Refused", Text: "The client is unknown or disabled."},
	"CLIENT_INVALID":       {Mark: "bad", Word: "Refused", Text: "The client is unknown or disabled."},
	"METHOD_NOT_SUPPORTED": {Mark: "bad", Word: "Refused", Text: "The contract takes POST only."},
}

const badSignature = "The signature is not by a key of the client's record. The key in the folder may be an older " +
	"one: countersign client show prints the versions."

// wordsUnimatrix are the results of the Unimatrix contract but for success.
var wordsUnimatrix = map[string]verdict{
	"101000": {Mark: "warn", Word: "Not known", Text: "The outcome is not known, and the terminal of this program " +
		"has the reason. The message may have gone out."},
	"101301": {Mark: "bad", Word: "Refused", Text: "There is a sender of SMS only."},
	"101303": {Mark: "bad", Word: "Failed", Text: "The sender refused the message for good, or a further one is of " +
		"no use."},
	"104001": {Mark: "bad", Word: "Refused", Text: "A required field is missing."},
	"104002": {Mark: "bad", Word: "Refused", Text: "A field of the request breaks a rule, and no guess is used. A " +
		"server that is started with --verbose names it in its terminal."},
	"104003": {Mark: "bad", Word: "Refused", Text: "The client may not use a field of the request."},
	"104110": {Mark: "bad", Word: "Refused", Text: "The access key is missing."},
	"104111": {Mark: "bad", Word: "Refused", Text: "No active client has this access key."},
	"104200": {Mark: "bad", Word: "Refused", Text: "The client signs its requests, and the signature is missing."},
	"104201": {Mark: "bad", Word: "Refused", Text: "The signature is wrong, or its nonce came before. Is the access " +
		"key one of this client?"},
	"104202": {Mark: "bad", Word: "Refused", Text: "The timestamp of the signature is too old or too new."},
	"105001": {Mark: "bad", Word: "Refused", Text: "The client may not call this API. countersign client show " +
		"prints what it may."},
	"105100": {Mark: "bad", Word: "Refused", Text: "The client may not call from this machine. countersign client " +
		"show prints its networks."},
	"105300": {Mark: "warn", Word: "Refused by a limit", Text: "Nothing was sent: it is too soon after the " +
		"last message, the messages to this number or those of the client's day are used up, or the guard has no " +
		"room."},
	"107111": {Mark: "bad", Word: "Refused", Text: "The number cannot exist, is not as sure as the client asks, or " +
		"the client may not send to its country or line. Nothing was sent."},
}
