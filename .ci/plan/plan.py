"""The bridge to libphonenumber, by its port for Python, which follows upstream every two weeks.

    plan.py generate WHEEL  writes the metadata as Go, for pkg/phone/plan/codes_gen.go
    plan.py examples        writes upstream's example of each type of line in each region, and
                            numbers that can be dialled within an area only
    plan.py sample SEED     writes numbers at the edges of each pattern, and random ones

The last two write one line for each number, with what upstream answers: the number, whether it
is possible ("local" within an area only), whether it is valid, its type, its region, and the main
region of its calling code.
"""

import random
import re
import sys
import zipfile
from re import _constants as ops, _parser as parser

import phonenumbers as upstream
from phonenumbers import PhoneNumberType as types
from phonenumbers.phonemetadata import PhoneMetadata

# The types in the order in which upstream asks for them.
OTHER = ["toll_free", "shared_cost", "voip", "personal_number", "pager", "uan", "voicemail"]
TYPES = ["premium_rate", *OTHER, "fixed_line", "mobile"]
PREFIX = 3  # digits of a number by which an unknown range is compared with the known ones


def plans():
    """Each calling code with its regions, the main one first."""
    for code, regions in sorted(upstream.COUNTRY_CODE_TO_REGION_CODE.items(), key=lambda item: str(item[0])):
        yield code, [PhoneMetadata.metadata_for_region_or_calling_code(code, region) for region in regions]


def pattern(desc):
    """The pattern of a type of line, or "" if the region has no such line."""
    if desc is None or not desc.national_number_pattern or desc.national_number_pattern == "NA":
        return ""
    return "" if -1 in desc.possible_length else desc.national_number_pattern


def beginnings(tree, length):
    """The first digits of all numbers that a pattern matches, at most length of them."""
    texts = {""}
    for op, arg in tree:
        if all(len(text) == length for text in texts):
            break
        if op is ops.LITERAL:
            parts = {chr(arg)}
        elif op is ops.IN:
            parts = set(digits(arg))
        elif op is ops.SUBPATTERN:
            parts = beginnings(arg[3], length)
        elif op is ops.BRANCH:
            parts = set().union(*(beginnings(branch, length) for branch in arg[1]))
        elif op is ops.MAX_REPEAT:
            low, high, inner = arg
            one, parts, reached = beginnings(inner, length), set(), {""}
            for n in range(min(high, max(low, length)) + 1):
                if n >= low:
                    parts |= reached
                reached = {(a + b)[:length] for a in reached for b in one}
        elif op is ops.AT:
            continue
        else:
            raise ValueError(f"{op} in a pattern")
        texts = {(a + b)[:length] for a in texts for b in parts}
    return texts


def digits(members):
    """The digits of a set in a pattern, such as [2-46]."""
    for op, arg in members:
        if op is ops.LITERAL:
            yield chr(arg)
        elif op is ops.RANGE:
            yield from map(chr, range(arg[0], arg[1] + 1))
        elif (op, arg) == (ops.CATEGORY, ops.CATEGORY_DIGIT):
            yield from "0123456789"
        else:
            raise ValueError(f"{op} in a set")


def premium_only(regions):
    """The beginnings of premium lines that no other line of a calling code has.

    Where regions share a code, one digit is enough: an unknown range is in none of their plans, and
    is compared with the nearest ranges that are.
    """
    only = set()
    for length in range(1 if len(regions) > 1 else PREFIX, PREFIX + 1):
        found = {"premium": set(), "other": set()}
        for region in regions:
            for name in TYPES:
                if text := pattern(getattr(region, name)):
                    kind = "premium" if name == "premium_rate" else "other"
                    found[kind] |= beginnings(parser.parse(text), length)
        only |= {text for text in found["premium"] - found["other"] if len(text) == length}
    for length in range(PREFIX - 1, 0, -1):  # 890 to 899 are 89
        for text in {text[:length] for text in only if len(text) > length}:
            if only >= {text + digit for digit in "0123456789"}:
                only.add(text)
    return sorted(text for text in only if not any(text[:n] in only for n in range(1, len(text))))


def go_lengths(lengths):
    if any(not 1 <= n <= 17 for n in lengths):
        raise ValueError(f"{lengths} are no lengths of numbers")
    return f"{sum(1 << n for n in lengths):#x}"


def go_line(desc):
    text = pattern(desc)
    return f"{{{go_lengths(desc.possible_length)}, `{text}`}}" if text else ""


def go_region(region):
    if not pattern(region.general_desc):
        raise ValueError(f"{region.id} has no pattern of all its numbers")
    yield f'{{id: "{region.id}",'
    if region.leading_digits:
        yield f"leading: `{region.leading_digits}`,"
    if region.same_mobile_and_fixed_line_pattern:
        yield "same: true,"
    yield f"\ngeneral: line{go_line(region.general_desc)},"
    if line := go_line(region.premium_rate):
        yield f"\npremium: line{line},"
    names = ["toll", "shared", "voip", "personal", "pager", "uan", "voicemail"]
    for name, line in [*zip(names, (getattr(region, name) for name in OTHER), strict=True),
                       ("fixed", region.fixed_line), ("mobile", region.mobile)]:
        if text := go_line(line):
            yield f"\n{name}: line{text},"
    yield "},\n"


def generate(date):
    yield f"""// Code generated by make plan from upstream's metadata. DO NOT EDIT.

// The metadata is that of libphonenumber, Copyright (C) The Libphonenumber Authors,
// Apache License 2.0.

package plan

// Source is where the metadata comes from, Version its release, and Date the day of that release.
const (
	Source  = "PyPI phonenumbers"
	Version = "{upstream.__version__}"
	Date    = "{date}"
)

// codes are sorted by number. All of it is constant: the linker lays it out, and process
// start does no work for it.
var codes = []code{{
"""
    for number, regions in plans():
        main = regions[0]
        general = main.general_desc
        yield f'{{number: "{number}", national: {go_lengths(general.possible_length)},'
        if main.national_prefix_for_parsing:
            yield f"prefix: `{main.national_prefix_for_parsing}`,"
        if main.national_prefix_transform_rule:
            rule = re.sub(r"\\(\d)", r"${\1}", main.national_prefix_transform_rule)
            yield f"transform: `{rule}`,"
        if costly := premium_only(regions):
            yield f'\ncostly: "{" ".join(costly)}",\n'
        yield "regions: []region{\n" + "".join(part for region in regions for part in go_region(region)) + "}},\n"
    yield "}\n"


def released(wheel):
    """The day on which a package was built, which is the date of its newest file."""
    return "{:04}-{:02}-{:02}".format(*max(file.date_time for file in zipfile.ZipFile(wheel).infolist()))


E164 = re.compile(r"\+[1-9][0-9]{4,14}")


def answer(number):
    """The line of one number."""
    try:
        if not E164.fullmatch(number):
            raise ValueError
        n = upstream.parse(number)
        if upstream.format_number(n, upstream.PhoneNumberFormat.E164) != number:
            raise ValueError
    except (ValueError, upstream.NumberParseException):
        return f"{number}\tno"
    reason = upstream.is_possible_number_with_reason(n)
    if reason == upstream.ValidationResult.IS_POSSIBLE_LOCAL_ONLY:
        return f"{number}\tlocal"
    if reason != upstream.ValidationResult.IS_POSSIBLE:
        return f"{number}\tno"
    valid = "valid" if upstream.is_valid_number(n) else "-"
    line = types.to_string(upstream.number_type(n)).lower()
    region = upstream.region_code_for_number(n) or "-"
    return f"{number}\tpossible\t{valid}\t{line}\t{region}\t{upstream.region_code_for_country_code(n.country_code)}"


def examples():
    for code, regions in plans():
        for region in regions:
            for name in TYPES:
                desc = getattr(region, name)
                if pattern(desc) and desc.example_number:
                    yield f"+{code}{desc.example_number}"
        for length in regions[0].general_desc.possible_length_local_only:
            yield f"+{code}{'23456789'[:length]}"


def matching(tree, pick):
    """A number that a pattern matches. pick chooses among the digits and branches at each place."""
    text = ""
    for op, arg in tree:
        if op is ops.LITERAL:
            text += chr(arg)
        elif op is ops.IN:
            text += pick(sorted(digits(arg)))
        elif op is ops.SUBPATTERN:
            text += matching(arg[3], pick)
        elif op is ops.BRANCH:
            text += matching(pick(arg[1]), pick)
        elif op is ops.MAX_REPEAT:
            low, high, inner = arg
            text += "".join(matching(inner, pick) for _ in range(pick(list(range(low, min(high, low + 9) + 1)))))
    return text


def near(number, rng):
    """A number and its neighbours: a digit one step away, fewer and more digits, digits in front."""
    yield number
    at = rng.randrange(len(number))
    yield number[:at] + str((int(number[at]) + rng.choice((1, 9))) % 10) + number[at + 1:]
    yield number[:-rng.choice((1, 1, 2, 3, 4))]
    yield number + "".join(rng.choice("0123456789") for _ in range(rng.choice((1, 1, 2, 3))))
    yield rng.choice(("0", "1", "8", "00", "01", "06", "9", "15", "44")) + number


def sample(rng):
    def edge(choices):
        return rng.choice((choices[0], choices[-1], rng.choice(choices)))

    for code, regions in plans():
        for region in regions:
            for name in ["general_desc", *TYPES]:
                if text := pattern(getattr(region, name)):
                    tree = parser.parse(text)
                    for _ in range(6):
                        for national in near(matching(tree, edge), rng):
                            yield f"+{code}{national}"
        for length in range(1, 16):
            for _ in range(4):
                yield f"+{code}" + "".join(rng.choice("0123456789") for _ in range(length))
    for code in range(1000):
        yield f"+{code}" + "".join(rng.choice("0123456789") for _ in range(rng.randrange(4, 12)))


def main():
    match sys.argv[1:]:
        case ["generate", wheel]:
            sys.stdout.writelines(generate(released(wheel)))
        case ["examples"]:
            print(*map(answer, examples()), sep="\n")
        case ["sample", seed]:
            print(*map(answer, sample(random.Random(int(seed)))), sep="\n")
        case _:
            sys.exit(__doc__)


main()
