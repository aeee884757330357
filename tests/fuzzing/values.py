"""Values that nobody types and anybody can send."""

from __future__ import annotations

import json
from random import Random
from typing import Any

NUMBERS = [
    "-1", "0", "9e99", "1e400", "NaN", "Infinity", "-inf", "1_000", "+5", " 7 ", "0x1f", "²",
    "１２", "٣", "1.5", "99999999999999999999", str(2**63), str(2**63 - 1), str(-(2**63) - 1),
    str(2**31), "9" * 5_000, "1" * 4_301,
]  # fmt: skip
TEXTS = [
    "", " ", "\0", "a\0b", "\ud800", "x\udfff", "\u202e", "\ufeff", "😀", "a" * 70_000, "'", '"',
    "%", "%s", "%(name)s", "%00", "\\", "[", "(a+)+$", "{{ name }}", "{% for a in b %}", "{{" * 500,
    "../../etc/passwd", "null", "None", "true", "on", "=1+1", "<script>alert(1)</script>", ",", ";",
    "\r\n", "\u2028", "é\u0301" * 40,
]  # fmt: skip
TIMES = [
    "0000-00-00", "9999-12-31T23:59:59", "0001-01-01", "2026-13-45", "24:00", "99:99", "-1:-1",
    "2026-02-30 25:61", "9999-12-31T23:59:59-14:00", "0001-01-01T00:00+14:00", "1e9", "P1D",
]  # fmt: skip
DOCUMENTS = [
    "[" * 5_000 + "]" * 5_000, '{"a":' * 900 + "1" + "}" * 900, "{}", "[]", '{"": null}', "NaN",
    '{"op": "and", "of": "x"}', '{"kind": "attribute", "name": "a", "value": NaN}', "[null]",
    '{"all": [{"field": "city", "is": 1e999}]}', '"\\ud800"', "1" * 5_000, "{" * 100_000,
    json.dumps({"where": ["x"] * 3_000}),
]  # fmt: skip
#: Encodings that decode no form, or fail in their own way. A server refuses NUL in a header.
CHARSETS = ["idna", "punycode", "utf-7", "utf-16", "rot13", "base64", "hex", "unicode_escape",
            "undefined", "mbcs", "zlib", "nonsense", "a" * 300]  # fmt: skip
LOOKUPS = [
    "regex", "iregex", "in", "isnull", "range", "gt", "contains", "year", "date", "exact__exact",
    "foo", "pk", "search", "len", "0", "contained_by", "has_key", "icontains__gt", "", "_",
]  # fmt: skip
CONTENT_TYPES = [
    "application/json", "text/plain", "multipart/form-data", "multipart/form-data; boundary=",
    "multipart/form-data; boundary=" + "x" * 300, "application/x-www-form-urlencoded; charset=idna",
    "application/xml", "", "/", "a" * 5_000,
]  # fmt: skip


def any_value(random: Random) -> str:
    """Return one of them."""
    return random.choice(random.choice([NUMBERS, NUMBERS, TEXTS, TEXTS, TIMES, DOCUMENTS]))


def any_values(random: Random) -> list[str]:
    """Return the values of a field: mostly one; sometimes none, several or very many."""
    kind = random.random()
    if kind < 0.75:
        return [any_value(random)]
    if kind < 0.8:
        return []
    if kind < 0.97:
        return [any_value(random) for _n in range(random.randint(2, 6))]
    return [str(n) for n in range(random.choice([2_000, 9_000]))]


def mutated(random: Random, values: dict[str, Any], *, most: int = 3) -> dict[str, Any]:
    """Return a form with some fields replaced by hostile values."""
    if not values:
        return {}
    names = random.sample(sorted(values), k=min(len(values), random.randint(1, most)))
    if random.random() < 0.1:
        names = sorted(values)
    return {**values, **{name: any_values(random) for name in names}}
