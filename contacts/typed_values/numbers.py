"""Reading numbers as people write them: 1,200, １５００, 1 300, 1.5E+03, ￥1800, 80%, 1.2万."""

from __future__ import annotations

import re
from decimal import Decimal

from contacts.typed_values.characters import plain

#: The most characters of a number.
LONGEST = 40
#: Numbers are below this: above it a number of two decimals is no longer exact.
LARGEST = 10**15
_SIGNED = re.compile(
    r"(?P<sign>[+-]?)\s?(?P<currency>[¥$€£]?)\s?(?P<sign2>[+-]?)(?P<body>[0-9.,' ]+?)"
    r"(?P<exponent>[eE][+-]?[0-9]{1,3})?\s?(?P<unit>[万亿]?)\s?(?P<suffix>%|元|¥|\$|€|£)?",
)
# A comma before exactly three digits groups thousands, unless nothing stands before it but 0. Any
# other single comma is a decimal comma. A single point is a decimal point.
_FORMS = (
    (re.compile(r"[0-9]+(\.[0-9]*)?|\.[0-9]+"), "", "."),
    (re.compile(r"[1-9][0-9]{0,2}(,[0-9]{3})+(\.[0-9]*)?"), ",", "."),
    (re.compile(r"[1-9][0-9]{0,2}( [0-9]{3})+(\.[0-9]*)?"), " ", "."),
    (re.compile(r"[1-9][0-9]{0,2}('[0-9]{3})+(\.[0-9]*)?"), "'", "."),
    (re.compile(r"[1-9][0-9]{0,2}(\.[0-9]{3})+,[0-9]+"), ".", ","),
    (re.compile(r"[1-9][0-9]{0,2}(\.[0-9]{3}){2,}"), ".", ","),
    (re.compile(r"[1-9][0-9]{0,2}( [0-9]{3})+,[0-9]+"), " ", ","),
    (re.compile(r"[0-9]*,[0-9]+"), "", ","),
)
_UNITS = {"": Decimal(1), "万": Decimal(10_000), "亿": Decimal(100_000_000)}


def read_number(text: str) -> int | float | None:
    """Return the number that a text means; None if the text is not a number.

    Percentages are fractions: 80% is 0.8. Refused are nan, inf, and texts with 16 or more digits
    before the point.
    """
    if len(text) > LONGEST:
        return None
    found = _SIGNED.fullmatch(plain(text))
    if found is None or (found["sign"] and found["sign2"]):
        return None
    digits = _digits(found["body"].strip())
    if digits is None:
        return None
    number = Decimal(digits + (found["exponent"] or "")) * _UNITS[found["unit"]]
    if found["suffix"] == "%":
        number /= 100
    if "-" in (found["sign"], found["sign2"]):
        number = -number
    if abs(number) >= LARGEST:
        return None
    return int(number) if number == number.to_integral_value() else float(number)


def _digits(body: str) -> str | None:
    """Return digits with a decimal point and without groups."""
    for form, group, point in _FORMS:
        if form.fullmatch(body):
            return (body.replace(group, "") if group else body).replace(point, ".")
    return None


def looks_like_a_code(text: str) -> bool:
    """Return whether digits are probably an identifier: they are long or have a leading zero."""
    digits = plain(text)
    return digits.isdigit() and (len(digits) >= 11 or (len(digits) > 1 and digits[0] == "0"))
