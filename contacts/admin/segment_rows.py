"""A segment's conditions as rows of a form, and the rows as conditions.

A row has a subject, a comparison and a value; all or any of the rows must be met. Only conditions
that rows express completely become rows. Others stay text, so that opening and saving a segment
never changes its meaning.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

#: The comparisons of texts, by their names in `contacts.segments.conditions`.
TEXT = (
    "equals",
    "not_equals",
    "contains",
    "starts_with",
    "one_of",
    "above",
    "below",
    "filled",
    "empty",
)
#: The comparisons without a value.
VALUELESS = ("filled", "empty", "ever", "never", "yes", "no")
#: The comparisons that need a number of days. "not_within" stands for the JSON
#: {"not": {..., "is": "less_than"}}.
DAYS = ("less_than", "more_than", "not_within")

#: Subject -> (its label, its comparisons).
WHATS: dict[str, tuple[Any, tuple[str, ...]]] = {
    "attribute": (_("attribute"), TEXT),
    "name": (_("name"), TEXT),
    "list": (_("in one of the lists"), ("yes", "no")),
    "friend_of": (_("friend of one of the accounts"), ("yes", "no")),
    "last_written": (_("last written to"), ("less_than", "not_within", "more_than", "never")),
    "replied": (
        _("wrote to one of the accounts"),
        ("ever", "less_than", "not_within", "more_than", "never"),
    ),
    "never_reached": (_("has messages, none of them sent"), ("yes", "no")),
    "known_since": (_("became a contact"), ("less_than", "more_than")),
    "suppressed": (_("suppressed everywhere"), ("yes", "no")),
}
#: Comparison -> its label.
COMPARISONS: dict[str, Any] = {
    "equals": _("is"),
    "not_equals": _("is not"),
    "contains": _("contains"),
    "starts_with": _("begins with"),
    "one_of": _("is one of (separated by commas)"),
    "above": _("is more than (a number)"),
    "below": _("is less than (a number)"),
    "filled": _("is known"),
    "empty": _("is not known"),
    "yes": _("yes"),
    "no": _("no"),
    "less_than": _("within the last … days"),
    "not_within": _("not within the last … days, or never"),
    "more_than": _("longer ago than … days"),
    "ever": _("ever"),
    "never": _("never"),
}


@dataclass(frozen=True, slots=True)
class Row:
    """One condition in a form.

    Attributes:
        what: the subject, a key of WHATS.
        comparison: a key of COMPARISONS.
        name: the name of the attribute, if the subject is one.
        value: the text in the field: a text, texts or UINs separated by commas, or a number of
            days.
        lists: ids of lists.
    """

    what: str
    comparison: str
    name: str = ""
    value: str = ""
    lists: tuple[int, ...] = ()


def rows_of(conditions: Any) -> tuple[str, list[Row]] | None:
    """Return a segment's JSON as ("all" or "any", rows), None if rows cannot express it."""
    if not conditions:
        return "all", []
    if not isinstance(conditions, Mapping):
        return None
    for word in ("all", "any"):
        parts = conditions.get(word)
        if set(conditions) == {word} and isinstance(parts, list):
            rows = [_row_of(part) for part in parts]
            found = [row for row in rows if row is not None]
            return (word, found) if found and len(found) == len(rows) else None
    row = _row_of(conditions)
    return None if row is None else ("all", [row])


def conditions_of(word: str, rows: Sequence[Row]) -> dict[str, Any]:
    """Return the JSON of rows; without rows it is empty and selects nobody.

    Args:
        word: "all" or "any".
        rows: the conditions.

    Raises:
        ValueError: a value that must be a number is not one.
    """
    return {word: [_node_of(row) for row in rows]} if rows else {}


def split_values(text: str) -> list[str]:
    """Return the values of a text, separated by ASCII or Chinese commas."""
    parts = text.replace("，", ",").replace("、", ",").split(",")
    return [part.strip() for part in parts if part.strip()]


def _node_of(row: Row) -> dict[str, Any]:
    node: dict[str, Any] = {"kind": row.what}
    if row.what in ("attribute", "name"):
        if row.what == "attribute":
            node["name"] = row.name
        node["is"] = row.comparison
        if row.comparison not in VALUELESS:
            is_many = row.comparison == "one_of"
            node["value"] = split_values(row.value) if is_many else row.value
        return node
    if row.what in ("last_written", "replied", "known_since"):
        is_negated = row.comparison == "not_within"
        node["is"] = "less_than" if is_negated else row.comparison
        if row.comparison in DAYS:
            node["days"] = int(row.value)
        return {"not": node} if is_negated else node
    if row.what == "list":
        node["lists"] = list(row.lists)
    if row.what == "friend_of":
        node["accounts"] = [int(uin) for uin in split_values(row.value)]
    return {"not": node} if row.comparison == "no" else node


def _row_of(node: Any) -> Row | None:
    if not isinstance(node, Mapping):
        return None
    inner, comparison = node, "yes"
    if set(node) == {"not"} and isinstance(node["not"], Mapping):
        inner, comparison = node["not"], "no"
    what = inner.get("kind")
    if what not in WHATS:
        return None
    if "yes" not in WHATS[what][1]:
        comparison = str(inner.get("is", _usual(what)))
        if inner is not node:
            comparison = {"less_than": "not_within"}.get(comparison, "")
    row = Row(
        what=what,
        comparison=comparison,
        name=str(inner.get("name", "")),
        value=_typed(inner),
        lists=tuple(n for n in _listed(inner, "lists") if type(n) is int),
    )
    return row if _is_same(row, node) else None


def _usual(what: str) -> str:
    """Return the default comparison of a subject."""
    if what in ("attribute", "name"):
        return "equals"
    return "ever" if what == "replied" else "less_than"


def _typed(node: Mapping[str, Any]) -> str:
    if "value" in node:
        value = node["value"]
        return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    if "days" in node:
        return str(node["days"])
    return ", ".join(map(str, _listed(node, "accounts")))


def _listed(node: Mapping[str, Any], key: str) -> list[Any]:
    found = node.get(key)
    return found if isinstance(found, list) else []


def _is_same(row: Row, node: Mapping[str, Any]) -> bool:
    """Return whether the row's JSON has the meaning of the JSON it was made from."""
    try:
        again = _node_of(row)
    except ValueError:
        return False
    return row.comparison in WHATS[row.what][1] and _plain(again) == _plain(node)


def _plain(node: Any) -> Any:
    """Return JSON in a normal form: with the default comparison, and numbers as text."""
    if not isinstance(node, Mapping):
        return node
    if "not" in node:
        return {"not": _plain(node["not"])}
    plain = dict(node)
    if plain.get("kind") in ("attribute", "name"):
        plain.setdefault("is", "equals")
        value = plain.get("value")
        if isinstance(value, int | float) and not isinstance(value, bool):
            plain["value"] = str(value)
        if isinstance(value, list):
            plain["value"] = [str(item) for item in value]
    elif plain.get("kind") in ("known_since", "replied"):
        plain.setdefault("is", _usual(plain["kind"]))
    return plain
