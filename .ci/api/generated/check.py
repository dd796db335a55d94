"""Calls every API of a server with the client that openapi-python-client makes of docs/openapi.yaml.

Usage: check.py URL, with the generated package otp_client and its folder in PYTHONPATH.
"""

import base64
import json
import subprocess
import sys
import tempfile
import urllib.request
from urllib.parse import quote

from otp_client import Client, models
from otp_client.api.amsdws import (
    init_customer_authentication,
    init_user_authentication,
    set_password,
    trigger_challenge,
    verify_security_authentication,
    verify_user_authentication,
)
from otp_client.api.unimatrix import otp

url = sys.argv[1]
TOKEN = "281010033AB2F588D14B43238637264FCA5AAF35xxxx"


def code(number):
    """Returns the code of the newest message to a number."""
    with urllib.request.urlopen(f"{url}/_dev/messages?to={quote(number)}") as answer:
        return json.load(answer)[0]["code"]


def call(api, of_type, body, **more):
    """Calls an API and returns its answer, which must have the type."""
    got = api.sync(client=client, body=body, **more)
    assert isinstance(got, of_type), f"{api.__name__}: {got!r} is no {of_type.__name__}"
    return got


client = Client(base_url=url, raise_on_unexpected_status=True)
merchant = {"client_id": "merchant"}


def bill(amount):
    return models.PaymentType0(amount, models.PaymentType0Currency.EUR, "Acme Shop")


init = models.CustomerInitRequest(
    authentication_request_id="py-1", authentication_method=models.CustomerInitRequestAuthenticationMethod.OTP,
    authentication_type=models.CustomerInitRequestAuthenticationType.SMS,
    identity_type="MOBILENO", identity_value="60-123450001",
    env=models.CustomerInitRequestEnvType0.from_dict({"language": "in_ID", "timeZoneOffset": -480, "browserInfo": {}}),
    payment=bill("10.50"),
)
sent = call(init_customer_authentication, models.CustomerInitSent, init, **merchant)
assert sent.result.result_code == "SUCCESS" and sent.action_form.challenge_type == "sms"
again = call(trigger_challenge, models.TriggerSent, models.TriggerRequest(challenge_id=sent.authentication_id), **merchant)
assert again.action_form.challenge_render_value == sent.action_form.challenge_render_value


def typed(text, amount="10.50"):
    return models.UserVerifyRequest("OTP", "py-1", text, payment=bill(amount))


right = code("+60123450001")
wrong = call(verify_user_authentication, models.Wrong, typed("0" if right != "0" else "1"), **merchant)
assert wrong.is_passed is False and wrong.result.result_code == "VERIFY_UNMATCHED"
assert call(verify_user_authentication, models.Wrong, typed(right, "99.50"), **merchant).is_passed is False
assert call(verify_user_authentication, models.Right, typed(right), **merchant).is_passed is True
over = call(verify_user_authentication, models.UserVerifyUndecided, typed(right), **merchant)
assert over.result.result_code == "AUTHENTICATION_REQUEST_ID_INVALID"



def sealed(challenge, password, key):
    """Returns a password as it is sent, encrypted by openssl."""
    pem = "-----BEGIN PUBLIC KEY-----\n" + key.public_key + "\n-----END PUBLIC KEY-----\n"
    with tempfile.NamedTemporaryFile("w", suffix=".pem") as file:
        file.write(pem)
        file.flush()
        made = subprocess.run(
            ["openssl", "pkeyutl", "-encrypt", "-pubin", "-inkey", file.name, "-pkeyopt", "rsa_padding_mode:oaep",
             "-pkeyopt", "rsa_oaep_md:sha256", "-pkeyopt", "rsa_mgf1_md:sha256"],
            input=f"{challenge}.{password}".encode(), capture_output=True, check=True,
        )
    return base64.b64encode(made.stdout).decode()


# A code that passed, and confirms no payment, proves the number: a PIN may be set, which then takes the place of a code.
PIN = "482915"
init.authentication_request_id, init.payment = "py-5", None
proof = call(init_customer_authentication, models.CustomerInitSent, init, **merchant).authentication_id
proving = models.UserVerifyRequest("OTP", "py-5", code("+60123450001"))
assert call(verify_user_authentication, models.Right, proving, **merchant).is_passed is True
first = call(trigger_challenge, models.TriggerKey,
             models.TriggerRequest(challenge_id=proof, authentication_method="PASSWORD"), **merchant)
setting = models.SetPasswordRequest(
    authentication_id=proof, authentication_type=models.SetPasswordRequestAuthenticationType.PAYMENT,
    identity_type="MOBILENO", identity_value="60-123450001", password_value=sealed(proof, PIN, first.challenge_key),
)
stored = call(set_password, models.SetPasswordAnswer, setting, **merchant)
assert isinstance(stored.result, models.Success), stored
asked = call(init_customer_authentication, models.CustomerInitAsked, models.CustomerInitRequest(
    "py-4", models.CustomerInitRequestAuthenticationMethod.PASSWORD, models.CustomerInitRequestAuthenticationType.PAYMENT,
    "MOBILENO", "60-123450001",
), **merchant)
assert asked.action_form.challenge_type == "PAYMENT_PASSWORD"
key = call(trigger_challenge, models.TriggerKey,
           models.TriggerRequest(challenge_id=asked.authentication_id), **merchant).challenge_key
for password, answer in (("482916", models.Wrong), (PIN, models.Right)):
    guess = models.SecurityVerifyRequest("py-4", authentication_id=asked.authentication_id)
    guess.challenge_data = models.SecurityVerifyRequestChallengeDataType0(
        challenge_type="PAYMENT_PASSWORD", password_value=sealed(asked.authentication_id, password, key),
        key_version=key.key_version,
    )
    call(verify_security_authentication, answer, guess, **merchant)

user = models.UserInitRequest("OTP", "py-2", models.UserInitRequestAuthenticationChannelType.SMS, "WALLET_TOKEN", TOKEN)
started = call(init_user_authentication, models.UserInitAnswer, user, **merchant)
assert isinstance(started.result, models.Success), started
security = models.SecurityVerifyRequest("py-2", authentication_value=code("+60123456789"))
assert call(verify_security_authentication, models.Right, security, **merchant).is_passed is True
assert call(verify_security_authentication, models.SecurityVerifyUndecided, security, **merchant).result.result_status == "F"
bad = models.CustomerInitRequest(
    "py-3", models.CustomerInitRequestAuthenticationMethod.OTP, models.CustomerInitRequestAuthenticationType.SMS,
    "MOBILENO", "60-06543216353",
)
refused = call(init_customer_authentication, models.CustomerInitNotSent, bad, **merchant)
assert refused.result.result_code == "INVALID_PHONE_NUMBER"

# The key of simple mode is in the query, and is no parameter but a security scheme.
client = Client(base_url=url, raise_on_unexpected_status=True, httpx_args={"params": {"accessKeyId": sys.argv[2]}})
to = "+60123450002"
message = call(otp, models.SendAnswer, models.SendRequest(to=to, digits=8), action=models.OtpAction.OTP_SEND)
assert message.data.to == to and message.data.count == 1
checked = call(otp, models.VerifyAnswer, models.VerifyRequest(to, code(to)), action=models.OtpAction.OTP_VERIFY)
assert checked.data.valid is True
checked = call(otp, models.VerifyAnswer, models.VerifyRequest(to, "1234"), action=models.OtpAction.OTP_VERIFY)
assert checked.data.valid is False
assert call(otp, models.Refusal, models.SendRequest(to="+601"), action=models.OtpAction.OTP_SEND).code == "107111"
print("the generated client for Python called every API")
