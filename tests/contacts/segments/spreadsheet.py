"""What a filter of a spreadsheet finds: conditions evaluated in Python, one person at a time."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from contacts.segments.subjects import NO_WORDS, YES_WORDS
from contacts.typed_values.dates import read_date
from contacts.typed_values.numbers import read_number
from contacts.typed_values.types import ValueType, read_value

_LETTERS = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "abcdefghijklmnopqrstuvwxyz")


def meets(
    tree: Any, person: Any, *, types: Mapping[str, ValueType], lists: Any, today: date
) -> Any:
    """Return whether a person meets a condition; None if that is unknown.

    Args:
        tree: the condition.
        person: the contact.
        types: the types of the attributes.
        lists: the sets of the contacts' ids, by id of the list.
        today: the day.
    """

    def ask(part: Any) -> Any:
        return meets(part, person, types=types, lists=lists, today=today)

    if "not" in tree:
        found = ask(tree["not"])
        return None if found is None else not found
    if "all" in tree or "any" in tree:
        word = "all" if "all" in tree else "any"
        found = [ask(part) for part in tree[word]]
        decisive = word == "any"
        if decisive in found:
            return decisive
        return None if None in found else not decisive
    if tree["kind"] == "list":
        known = [number for number in tree["lists"] if number in lists]
        if any(person.pk in lists[number] for number in known):
            return True
        return False if len(known) == len(tree["lists"]) else None
    if tree["kind"] == "name":
        return _compare(person.name, ValueType(), tree, today)
    value = person.attributes.get(tree["name"])
    return _compare(value, types.get(tree["name"], ValueType()), tree, today)


def _compare(value: Any, value_type: ValueType, node: Mapping[str, Any], today: date) -> bool:
    comparison: str = node["is"]
    wanted: Any = node.get("value")
    text = "" if value is None else str(value)
    small = text.translate(_LETTERS)
    if comparison == "empty":
        return not text
    if comparison == "filled":
        return bool(text)
    if comparison == "not_equals":
        return not _compare(value, value_type, {**node, "is": "equals"}, today)
    if comparison in ("equals", "one_of"):
        wanted = wanted if isinstance(wanted, list) else [wanted]
        if value_type.is_read:
            read = read_value(value_type, value)
            return read is not None and any(
                _same(read, read_value(value_type, one)) for one in wanted
            )
        return text in wanted
    if comparison == "contains":
        return wanted.translate(_LETTERS) in small
    if comparison == "starts_with":
        return small.startswith(wanted.translate(_LETTERS))
    if comparison == "ends_with":
        return small.endswith(wanted.translate(_LETTERS))
    if comparison in ("yes", "no"):
        if value_type.kind == "yes_no":
            return bool(read_value(value_type, value) is (comparison == "yes"))
        return small in (YES_WORDS if comparison == "yes" else NO_WORDS)
    if comparison in ("above", "at_least", "below", "at_most", "between"):
        limits = wanted if isinstance(wanted, list) else [wanted]
        return _ordered(value, value_type, comparison, limits)
    day = _date(value, value_type)
    return day is not None and _on_days(day, node, today)


def _same(one: Any, other: Any) -> bool:
    return bool(one[:10] == other[:10] if isinstance(one, str) else one == other)


def _ordered(value: Any, value_type: ValueType, comparison: str, limits: list[str]) -> bool:
    if value_type.kind == "date" or (
        value_type.kind != "number" and read_number(limits[0]) is None
    ):
        found: Any = _date(value, value_type)
        ends: Any = [date.fromisoformat((read_date(limit) or "")[:10]) for limit in limits]
    else:
        found, ends = _number(value, value_type), [read_number(limit) for limit in limits]
    if found is None:
        return False
    if comparison == "between":
        return bool(ends[0] <= found <= ends[1])
    return bool(
        {
            "above": found > ends[0],
            "at_least": found >= ends[0],
            "below": found < ends[0],
            "at_most": found <= ends[0],
        }[comparison]
    )


def _number(value: Any, value_type: ValueType) -> Any:
    if value_type.kind == "number":
        return read_value(value_type, value)
    text = str(value)
    is_number = re.fullmatch(r"-?[0-9]+(\.[0-9]+)?", text, re.ASCII) and len(text) <= 25
    return float(text) if is_number else None


def _date(value: Any, value_type: ValueType) -> date | None:
    if value_type.kind == "date":
        read = read_value(value_type, value)
        return date.fromisoformat(str(read)[:10]) if read is not None else None
    if not re.match(r"[0-9]{4}-[0-9]{2}-[0-9]{2}([T ]|\Z)", str(value), re.ASCII):
        return None
    try:
        return date.fromisoformat(str(value)[:10])
    except ValueError:
        return None


def _on_days(day: date, node: Mapping[str, Any], today: date) -> bool:
    comparison = node["is"]
    if comparison == "in_last":
        return today - timedelta(days=node["days"]) <= day <= today
    if comparison == "in_next":
        return today <= day <= today + timedelta(days=node["days"])
    if comparison in ("older_than", "younger_than"):
        birthday = _in_year(day, day.year + node["years"])
        return birthday < today if comparison == "older_than" else birthday > today
    first = today - timedelta(days=today.weekday() if comparison == "birthday_this_week" else 0)
    last = first + timedelta(days=6) if comparison == "birthday_this_week" else today
    if comparison == "birthday":
        last = today + timedelta(days=node["days"])
    years = range(first.year, last.year + 1)
    return any(first <= _in_year(day, year) <= last for year in years)


def _in_year(day: date, year: int) -> date:
    """Return a birthday in a year: on 28 February in place of a missing 29th."""
    try:
        return day.replace(year=year)
    except ValueError:
        return date(year, 2, 28)
