"""Drives Unimatrix's SDK for Python: one call a process, its outcome as one line of JSON."""

import importlib.metadata
import json
import os
import sys

import uni


def call(action, params):
    key_id, secret, endpoint = os.environ["KEY_ID"], os.environ.get("KEY_SECRET"), os.environ["ENDPOINT"]
    # docs
    client = uni.UniClient(key_id, secret, endpoint)
    # docs
    try:
        answer = getattr(client.otp, action)(params)
    except uni.UniException as e:
        return {"error": str(e), "requestId": e.request_id}
    return {"data": answer.data, "valid": getattr(answer, "valid", None), "requestId": answer.request_id}


if sys.argv[1] == "version":
    print(json.dumps({"version": importlib.metadata.version("uni-sdk")}))
else:
    print(json.dumps(call(sys.argv[1], json.loads(sys.argv[2]))))
