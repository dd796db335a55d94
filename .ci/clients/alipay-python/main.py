"""Drives Alipay's SDK for Python: one call a process, its outcome as one line of JSON."""

import importlib.metadata
import json
import os
import socket
import sys

from com.alipay.ams.api.default_alipay_client import DefaultAlipayClient
from com.alipay.ams.api.request.alipay_request import AlipayRequest


class Request(AlipayRequest):
    """A request of any API. The SDK's own two classes for users/ fail in their constructor."""

    def __init__(self, path, **fields):
        super().__init__(path)
        self.fields = fields

    def to_ams_json(self):
        return json.dumps(self.fields, indent=3)  # as the SDK's own classes write it


def dial_the_test_server():
    """The SDK dials port 443 of the host in its URL. The host is made up: it is the test's own."""
    host, port = os.environ["DIAL"].rsplit(":", 1)
    dial = socket.create_connection

    def create_connection(address, *args, **kwargs):
        if address != ("countersign.test", 443):
            raise OSError("the SDK dials %s:%s, expected its gateway" % address)
        return dial((host, int(port)), *args, **kwargs)

    socket.create_connection = create_connection


def request(api, request_id, value):
    if api == "init":
        return Request(
            "/ams/api/v1/customers/initAuthentication",
            authenticationRequestId=request_id,
            authenticationMethod="OTP",
            authenticationType="SMS",
            identityType="MOBILENO",
            identityValue=value,
        )
    if api == "users-init":
        return Request(
            "/ams/api/v1/users/initAuthentication",
            authenticationType="OTP",
            authenticationRequestId=request_id,
            authenticationChannelType="SMS",
            userIdentityType="WALLET_TOKEN",
            userIdentityValue=value,
        )
    return Request(
        "/ams/api/v1/users/verifyAuthentication",
        authenticationType="OTP",
        authenticationRequestId=request_id,
        authenticationValue=value,
    )


def call(api, request_id, value):
    gateway, client_id = os.environ["GATEWAY"], os.environ["CLIENT_ID"]
    private_key, server_key = os.environ["PRIVATE_KEY"], os.environ["SERVER_KEY"]
    # docs
    client = DefaultAlipayClient(gateway, client_id, private_key, server_key)
    # docs
    try:
        answer = json.loads(client.execute(request(api, request_id, value)))
    except Exception as e:
        return {"error": str(e)}
    return {
        "code": answer["result"]["resultCode"],
        "passed": answer.get("isPassed", False),
        "authenticationId": answer.get("authenticationId", ""),
    }


if sys.argv[1] == "version":
    out = {"version": importlib.metadata.version("global-open-sdk-python")}
else:
    dial_the_test_server()
    out = call(*sys.argv[1:])
print(json.dumps(out))
