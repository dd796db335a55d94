"""Writes 100,000 random texts, a JSON string a line: python3 texts.py SEED."""

import json
import random
import sys

BASIC = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
EXTENSION = "\f^{}\\[~]|€"


def other(chance):
    """A character of any plane, but for the escape and surrogates."""
    while True:
        r = chance.choice(
            (
                chance.randrange(0x20, 0x250),
                chance.randrange(0x370, 0x3000),
                chance.randrange(0x3000, 0x10000),
                chance.randrange(0x10000, 0x110000),
                0x1F600 + chance.randrange(0x50),
                ord(chance.choice("`çóáíúâêôãõ\u00a0\u200d\ufe0f")),
            )
        )
        if not 0xD800 <= r <= 0xDFFF and r != 0x1B:
            return chr(r)


def text(chance):
    """A text whose length is often that of one part, or of several, and a little beside it."""
    edge = chance.choice((1, 35, 67, 70, 134, 153, 160, 201, 306, 459))
    length = max(1, edge + chance.randrange(-4, 5)) if chance.random() < 0.7 else chance.randrange(1, 500)
    extension = chance.choice((0, 0, 0.02, 0.3, 1))
    wide = chance.choice((0, 0, 0, 0.01, 0.5, 1))
    out = chance.choices(BASIC, k=length)
    if extension:
        out = [chance.choice(EXTENSION) if chance.random() < extension else c for c in out]
    if wide:
        out = [other(chance) if chance.random() < wide else c for c in out]
    return "".join(out)


chance = random.Random(int(sys.argv[1]))
for _ in range(100_000):
    print(json.dumps(text(chance)))
