package signature

// Reason is why a request was refused before its signature counted. It is for the operator's log line; callers learn
// the result code only. The runbook has a row for each, found by its name.
type Reason struct {
	Name string // one word, to filter log lines by
	Rule string // that the request breaks
}

// Error returns the rule. It quotes nothing of a request.
func (r Reason) Error() string { return "signature: " + r.Rule }

// Detail returns the text of a log line: the name, the rule, and facts of this request, if there are any. The facts
// must not be text of the request.
func (r Reason) Detail(facts string) string {
	if facts != "" {
		facts = " (" + facts + ")"
	}
	return r.Name + ": " + r.Rule + facts
}

// Reasons of the header, see [Parse].
var (
	headerLong  = Reason{"header_long", "the header Signature must have at most 4096 bytes"}
	headerParts = Reason{
		"header_parts", "each part of the header must be name=value, with one comma between two parts",
	}
	nameTwice    = Reason{"name_twice", "the header has a name twice, each must be given once"}
	valueMissing = Reason{
		"value_missing", "the header has no signature=, must be algorithm=RSA256,keyVersion=N,signature=VALUE",
	}
	algorithm    = Reason{"algorithm", "algorithm must be RSA256"}
	versionEmpty = Reason{"version_empty", "keyVersion is empty, must name a key or be left out"}
	notEscaped   = Reason{
		"not_escaped", "signature must be percent-encoded: %2B for +, %2F for /, %3D for =",
	}
	plusLost = Reason{
		"plus_lost", "signature has spaces where base64 has +: it must be percent-encoded, %2B for +",
	}
	escapedTwice = Reason{"escaped_twice", "signature is percent-encoded twice, must be once"}
	notBase64    = Reason{"not_base64", "signature must be standard base64 with padding, percent-encoded"}
)

// Reasons of a request to the AMS/DWS contract.
var (
	TimeMissing = Reason{"time_missing", "the request must have the header Request-Time"}
	TimeTwice   = Reason{"time_twice", "the request must have the header Request-Time once"}
	TimeForm    = Reason{
		"time_form", "Request-Time must be 13 digits of milliseconds, or ISO 8601 with an offset",
	}
	TimeFar           = Reason{"time_far", "Request-Time is too far from the service's clock"}
	SignatureMissing  = Reason{"signature_missing", "the request must have the header Signature"}
	SignatureTwice    = Reason{"signature_twice", "the request must have the header Signature once"}
	KeyUnknown        = Reason{"key_unknown", "the client has no key of the keyVersion in the header"}
	Length            = Reason{"length", "the signature is not as long as the client's key"}
	OtherKeyOfClient  = Reason{"other_version", "a key of the client signed, but not the one of the keyVersion"}
	OtherKey          = Reason{"other_key", "no key of the client signed"}
	OtherHash         = Reason{"other_hash", "the client's key signed, but the hash is not SHA-256"}
	OtherPadding      = Reason{"other_padding", "the client's key signed with PSS, must be PKCS #1 v1.5"}
	SignedOtherForm   = Reason{"signed_form", "the client's key signed the right parts in another form"}
	SignedOtherMethod = Reason{"signed_method", "the client's key signed another spelling of the method"}
	SignedOtherURI    = Reason{"signed_path", "the client's key signed another spelling of path and query"}
	SignedOtherClient = Reason{"signed_client", "the client's key signed another Client-Id"}
	SignedOtherTime   = Reason{"signed_time", "the client's key signed another Request-Time"}
	SignedOtherBody   = Reason{"signed_body", "the client's key signed another spelling of the body"}
	SignedOther       = Reason{
		"signed_other", "the client's key signed, but other bytes: a part is another one, or what stands between them",
	}
)

// Reasons of a request to Unimatrix's contract.
var (
	ParamMissing     = Reason{"param_missing", "the query must have the parameter signature"}
	TimestampForm    = Reason{"timestamp_form", "timestamp must be decimal digits, of seconds or milliseconds"}
	TimestampMissing = Reason{"timestamp_missing", "the query must have the parameter timestamp"}
	TimestampFar     = Reason{"timestamp_far", "timestamp is too far from the service's clock"}
	AlgorithmHMAC    = Reason{"algorithm_hmac", "algorithm must be hmac-sha256, in lower case"}
	Nonce            = Reason{"nonce", "nonce must have 8 to 64 characters"}
	NonceUsed        = Reason{"nonce_used", "the nonce came before, and the client uses each nonce once"}
	MACForm          = Reason{"mac_form", "signature must be 64 lower-case hex digits, or 44 characters of base64"}
	NoSecret         = Reason{"no_secret", "the client has no secret"}
	MACOrder         = Reason{"mac_order", "the client's secret signed the parameters in another order than by name"}
	MACEncoding      = Reason{"mac_encoding", "the client's secret signed another encoding of the parameters"}
	MACParams        = Reason{"mac_params", "the client's secret signed other parameters, must be all but signature"}
	MACBody          = Reason{"mac_body", "the client's secret signed the body too, must be the parameters only"}
	MACText          = Reason{"mac_text", "the client's secret signed the right parameters in another form"}
	MACSecret        = Reason{"mac_secret", "the client's secret signed, in another spelling"}
	MACOther         = Reason{
		"mac_other", "another secret signed, or a parameter changed afterwards",
	}
)

// Reasons returns all of them.
func Reasons() []Reason {
	return []Reason{
		headerLong, headerParts, nameTwice, valueMissing, algorithm, versionEmpty, notEscaped, plusLost, escapedTwice,
		notBase64,
		TimeMissing, TimeTwice, TimeForm, TimeFar, SignatureMissing, SignatureTwice, KeyUnknown, Length,
		OtherKeyOfClient, OtherKey, OtherHash, OtherPadding, SignedOtherForm, SignedOtherMethod, SignedOtherURI,
		SignedOtherClient, SignedOtherTime, SignedOtherBody, SignedOther,
		ParamMissing, TimestampForm, TimestampMissing, TimestampFar, AlgorithmHMAC, Nonce, NonceUsed, MACForm, NoSecret,
		MACOrder, MACEncoding, MACParams, MACBody, MACText, MACSecret, MACOther,
	}
}
