"""Counts texts, a JSON string a line, by smsutil: encoding, units and parts a line."""

import json
import sys

import smsutil

for line in sys.stdin:
    got = smsutil.split(json.loads(line))
    wide = got.encoding != "gsm0338"
    print("UCS-2" if wide else "GSM-7", got.total_bytes // (2 if wide else 1), len(got.parts), sep="\t")
