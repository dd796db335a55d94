"""Rules of the two contracts that docs/openapi.yaml cannot express, for schemathesis."""

import hashlib
import json
import re

import schemathesis
from schemathesis.core.parameters import ParameterLocation

BODY, MOST = ParameterLocation.BODY, 16384


@schemathesis.hook
def map_body(context, body):
    """Replaces three of four valid numbers and ids by existing numbers, and by ids of
    a large range: some requests then meet limits and repeats, and not all do. Values
    that break a rule stay as they are."""
    if not isinstance(body, dict):
        return body
    digest = hashlib.sha256(repr(sorted(body.items(), key=repr)).encode("utf-8", "replace")).digest()
    national = "654%07d" % (int.from_bytes(digest[:4]) % 10_000_000)
    spread = {
        "identityValue": (r"[1-9][0-9]{0,2}-[0-9]{4,14}", "60-" + national),
        "to": (r"\+[1-9][0-9]{4,14}", "+60" + national),
        "authenticationRequestId": (r"MDEDUCT.*", "ID" + digest.hex()[:8]),
    }
    if body.get("authenticationMethod") == "PASSWORD":
        spread["identityValue"] = (spread["identityValue"][0], "60-123450001")  # has a PIN: see generated/check.py
    for name, (form, other) in spread.items():
        value = body.get(name)
        if isinstance(value, str) and re.fullmatch(form, value) and digest[5] % 4:
            body[name] = other
    return body


def code_of(response):
    """Returns the contract's own code in an answer, "" if it has none: the schema check reports that."""
    try:
        answer = json.loads(response.content)
        return answer.get("code") or answer["result"]["resultCode"]
    except (ValueError, AttributeError, KeyError, TypeError):
        return ""


def is_json(request):
    return request.body and request.headers.get("Content-Type", "").startswith("application/json")


@schemathesis.check
def no_fault(ctx, response, case):
    """A healthy server returns no fault. One status 500 belongs to the contract: for
    another channel than SMS there is no sender."""
    code = code_of(response)
    assert code not in ("UNKNOWN_EXCEPTION", "101000"), f"{code} from a healthy server"
    if response.status_code >= 500:
        channel = case.body.get("channel") if isinstance(case.body, dict) else None
        assert code == "101301" and channel in ("call", "voice", "whatsapp"), f"status {response.status_code}"


@schemathesis.check
def body_is_judged(ctx, response, case):
    """A body that breaks the schema is refused as illegal, and a body that keeps to it is not."""
    if case.meta is None or case.method != "POST" or case.path != "/" and "Client-Id" not in response.request.headers:
        return
    code = code_of(response)
    if case.meta.is_negative_at(BODY):
        assert code in ("PARAM_ILLEGAL", "INVALID_PHONE_NUMBER") or code.startswith("10") and response.status_code in (400, 401), f"a bad body got {code}"
    elif case.path != "/" and is_json(response.request) and len(response.request.body) <= MOST:
        # No schema can express these rules.
        beyond = (
            b"must be the otpValue where both are given", b" payment: payee: ", b" passwordValue: must ", b" keyVersion: must be ",
            b" challengeType: must be ", b' authenticationType: must be PAYMENT"', b' authenticationType: must be LOGIN"',
        )
        assert code != "PARAM_ILLEGAL" or any(rule in response.content for rule in beyond), "a good body is illegal"


@schemathesis.check
class reached:
    """Each operation has answered with its main codes, so that the run has tested it."""

    def __init__(self):
        self.codes = {}

    def after_response(self, ctx, response, case):
        codes = self.codes.setdefault(case.path, set())
        codes.add(code_of(response))
        codes.update(name for name in ("PAYMENT_PASSWORD", "challengeKey") if name.encode() in response.content)

    def after_run(self, ctx):
        for path, wanted in {
            "/v1/customers/initAuthentication": {"SUCCESS", "PARAM_ILLEGAL", "INVALID_PHONE_NUMBER", "REPEAT_REQ_INCONSISTENT", "PAYMENT_PASSWORD", "PROCESS_FAIL"},
            "/v1/users/initAuthentication": {"SUCCESS", "PARAM_ILLEGAL", "INVALID_ACCESS_TOKEN"},
            "/v1/security/triggerChallenge": {"SUCCESS", "PARAM_ILLEGAL", "AUTHENTICATION_REQUEST_ID_INVALID", "challengeKey"},
            "/v1/security/setPassword": {"PARAM_ILLEGAL", "AUTHENTICATION_REQUEST_ID_INVALID", "INVALID_PHONE_NUMBER"},
            "/v1/users/verifyAuthentication": {"VERIFY_UNMATCHED", "PARAM_ILLEGAL", "AUTHENTICATION_REQUEST_ID_INVALID"},
            "/v1/security/verifyAuthentication": {"VERIFY_UNMATCHED", "PARAM_ILLEGAL", "AUTHENTICATION_REQUEST_ID_INVALID"},
            "/": {"0", "104001", "104002", "105300", "107111", "101301"},
        }.items():
            missing = wanted - self.codes.get(path, set())
            assert not missing, f"{path} never answered {', '.join(sorted(missing))}"
